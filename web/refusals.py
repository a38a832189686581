"""Why a move is refused, in the reader's words: one text for each condition of cases/conditions.py."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from cases.errors import MoveRefused

REFUSALS: dict[str, Any] = {
    "M00.1": _l("文字太长。"),
    "M00.2": _l("这件事的最后改动比现在的时间还晚，请校准时钟。"),
    "M00.3": _l("这件事现在不在您的单位。"),
    "M00.4": _l("照片只能和办理记事或反馈一起交。"),
    "M00.5": _l("时钟不能往回拨。"),
    "M00.6": _l("照片要是不超过12兆的JPEG、PNG或WebP图片。"),
    "M03.1": _l("请选承办单位。"),
    "M03.2": _l("没有这个办理时限。"),
    "M03.3": _l("这个单位已经在办这件事。"),
    "M05.1": _l("退单要写明原因。"),
    "M05.2": _l("退单要在派单后两个工作日内。"),
    "M05.3": _l("督办员已经裁定由您的单位办理，不能再退。"),
    "M06.1": _l("第三次退单要由督办员裁定。"),
    "M06.2": _l("这个单位不在用。"),
    "M07.1": _l("申请延期要写明原因。"),
    "M07.2": _l("期限已过，不能再申请延期。"),
    "M07.3": _l("延期只能申请一次。"),
    "M07.4": _l("延期是1到10个工作日。"),
    "M08.1": _l("没有等待答复的延期申请。"),
    "M08.2": _l("同意的天数不能比申请的多。"),
    "M09.1": _l("没有等待答复的延期申请。"),
    "M10.1": _l("请选要加派的单位。"),
    "M10.2": _l("这个单位已经在办这件事。"),
    "M10.3": _l("这部分的工作日数不对。"),
    "M11.1": _l("请写记事或附上照片。"),
    "M11.2": _l("时限已停或已过，不能再记为等待市民。"),
    "M11.3": _l("只有工作台的人员能设保密。"),
    "M12.1": _l("请写记事。"),
    "M12.2": _l("只有承办单位能记为等待市民。"),
    "M12.3": _l("只有工作台的人员能设保密。"),
    "M15.1": _l("请写给市民的答复。"),
    "M18.1": _l("请写给市民的答复。"),
    "M19.1": _l("这件事还没有单位办过，不能重办。"),
    "M19.2": _l("办结超过30天，要由督办员决定重办。"),
    "M20.1": _l("挂账要写明原因。"),
    "M20.2": _l("复查日期要在今天以后、180天以内。"),
    "M25.1": _l("办结超过30天，要由督办员重新打开。"),
    "M26.1": _l("请写要并入的受理编号。"),
    "M26.2": _l("那件事自己已经并入别的事项。"),
}


def refused(error: MoveRefused) -> str:
    """The reader's sentence, with the rule that forbids it."""
    known = REFUSALS.get(error.rule)
    why = str(known) if known is not None else _("这件事现在的状态或您的岗位不能这样做。")
    return _("%(why)s（规则 %(rule)s）", why=why, rule=error.rule)

"""The prompts: heard, measured, replaced by somebody's recording, and brought back to ours."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from hotline import logs, prompt_desk
from ivr.prompts import LONGEST_SECONDS, PromptError
from web.access import May, needs, sure, wiring

log = logs.get(__name__)
blueprint = Blueprint("prompts", __name__)

LARGEST_FORM = prompt_desk.LARGEST + 64 * 1024
_PROMPT = "<string(maxlength=64):prompt>"


@blueprint.get("/prompts")
@needs(May.SET_PROMPTS)
def page() -> ResponseReturnValue:
    return _page()


@blueprint.get(f"/prompts/{_PROMPT}")
@needs(May.SET_PROMPTS)
def play(prompt: str) -> ResponseReturnValue:
    path = prompt_desk.sound_of(wiring(), prompt)
    if path is None:
        abort(404)
    return send_file(path, mimetype="audio/wav", conditional=True, max_age=0)


@blueprint.post(f"/prompts/{_PROMPT}")
@needs(May.SET_PROMPTS)
@sure
def replace(prompt: str) -> ResponseReturnValue:
    """`file`: a WAV."""
    if prompt not in {each.name for each in prompt_desk.heard(wiring())}:
        abort(404)
    file = request.files.get("file")
    content = file.stream.read(prompt_desk.LARGEST + 1) if file else b""
    try:
        found = prompt_desk.replace(wiring(), prompt, content, current_user.username, _address())
    except PromptError as error:
        log.info("a recording was not taken for a prompt", why=str(error))
        seconds = f"{LONGEST_SECONDS:g}"
        problem = _("没有换：要一个能读的WAV录音，有人声，剪掉静音后不超过%(seconds)s秒。", seconds=seconds)
        return _page(problem=problem, at=prompt), 422
    flash(
        _(
            "已换上：%(seconds)s秒，%(level)s分贝。下一个来电就听到新的。",
            seconds=found.seconds,
            level=found.level,
        )
    )
    return redirect(url_for("prompts.page", _anchor=prompt))


@blueprint.post(f"/prompts/{_PROMPT}/ours")
@needs(May.SET_PROMPTS)
@sure
def restore(prompt: str) -> ResponseReturnValue:
    if prompt not in {each.name for each in prompt_desk.heard(wiring())}:
        abort(404)
    try:
        prompt_desk.restore(wiring(), prompt, current_user.username, _address())
    except PromptError as error:
        log.error("a prompt could not be made", why=str(error))
        return _page(problem=_("没有做成，原来的还在用。"), at=prompt), 500
    flash(_("已换回自带的提示音。"))
    return redirect(url_for("prompts.page", _anchor=prompt))


def _page(**shown: str) -> str:
    return render_template(
        "prompts.html", prompts=prompt_desk.heard(wiring()), longest=LONGEST_SECONDS, **shown
    )


def _address() -> str:
    return request.remote_addr or ""

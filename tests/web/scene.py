"""A believable morning of the hotline, told in facts, for tests and pictures. Its numbers are invented."""

from __future__ import annotations

import array
import math
import random
import wave
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from cases import facts, intake
from cases.model import Case, Recording, Unit
from cases.states import CaseState, Kind, Priority, Role, Sector, UnitType
from cases.users import add_user
from hotline.wiring import Wiring

PASSWORD = "long enough 7"
_RATE = 8000
_GLYPH_SECONDS = 0.28


@dataclass(frozen=True)
class Said:
    text: str
    matter: str
    above: str
    kind: Kind
    sector: Sector
    unit: str
    place: dict[str, Any]
    why: str


_GOVERNMENT, _MARKET, _SOCIETY = Sector.GOVERNMENT, Sector.MARKET, Sector.SOCIETY
SAID = (
    Said(
        "昭阳街道解放路十二号的下水道堵了三天了，污水都流到路上，臭得很，没有人管",
        "下水道堵塞", "供水排水", Kind.COMPLAINT, _GOVERNMENT, "市政管理处",
        {"township": "昭阳街道", "road": "解放路", "number": "12号"}, "下水道堵了",
    ),
    Said(
        "水北这边的路灯坏了好几个晚上，黑漆漆的，老人都不敢出门",
        "路灯不亮", "市容环卫", Kind.HELP, _GOVERNMENT, "市政管理处",
        {"township": "水北", "ambiguous": True}, "路灯坏了",
    ),
    Said(
        "我家的热水器漏水，想找个师傅来修一下，多少钱",
        "家电维修", "家政与维修服务", Kind.HELP, _MARKET, "示例家电维修行",
        {"township": "通泰街道", "road": "熙春路"}, "热水器漏水",
    ),
    Said(
        "请问老人家办高龄补贴要带什么证件，到哪里办",
        "高龄补贴", "民政救助", Kind.CONSULTATION, _GOVERNMENT, "民政", {}, "高龄补贴",
    ),
    Said(
        "楼下的烧烤摊天天吵到半夜两点，孩子马上要高考了，请你们来管一管",
        "夜间噪音", "噪音扰民", Kind.COMPLAINT, _GOVERNMENT, "城监大队",
        {"township": "晒口街道", "poi": "新城小区"}, "吵到半夜",
    ),
    Said(
        "小区门口的井盖不见了，刚才有个小孩差点掉下去",
        "井盖缺失", "道路交通", Kind.REPORT, _GOVERNMENT, "市政管理处",
        {"township": "昭阳街道", "road": "五四路"}, "井盖不见了",
    ),
    Said(
        "我在工地做了四个月，老板一直不给工资，打电话也不接",
        "拖欠工资", "劳动社保", Kind.COMPLAINT, _GOVERNMENT, "劳动社保", {"township": "城郊镇"}, "不给工资",
    ),
    Said(
        "隔壁把杂物堆在楼道里，说了几次都不听，想请人来调解",
        "楼道占用", "邻里纠纷", Kind.HELP, _SOCIETY, "昭阳街道",
        {"township": "昭阳街道", "poi": "华光小区"}, "杂物堆在楼道",
    ),
)  # fmt: skip
WAYS = ("key", "key", "refer", "direct", "redirect", "key", "attended", "key")


class Scene:
    """Tells calls into one database; recordings go to the wiring's folder."""

    def __init__(self, wiring: Wiring, now: datetime) -> None:
        self.wiring, self.now = wiring, now
        self._random = random.Random(110)  # noqa: S311 - a picture
        self._calls = 0

    # ------------------------------------------------------------ people
    def person(self, role: Role, username: str = "", **fields: Any) -> str:
        """Somebody who may log in with PASSWORD; answers the username."""
        name = username or f"{role}1"
        fields.setdefault("must_change_password", False)
        with self.wiring.unit_of_work() as unit:
            add_user(unit.session, name, role, PASSWORD, self.now, "system", **fields)
            unit.commit()
        return name

    def unit(self, name: str) -> int:
        with self.wiring.unit_of_work() as unit:
            row = _unit(unit.session, name)
            unit.commit()
            return row.id

    # ------------------------------------------------------------ calls
    def call(
        self, ago: float, *, way: str = "key", desk: str | None = "desk1", caller: str | None = None
    ) -> str:
        """A call that began `ago` seconds before now and goes on; answers its id."""
        self._calls += 1
        call_id, at = facts.new_id(), self.now - timedelta(seconds=ago)
        self.tell(
            facts.CallStarted(
                call_id=call_id, at=at, linked_id=f"1796000000.{self._calls}", channel="PJSIP/police-trunk-1",
                caller=f"1380000{1000 + self._calls * 37}" if caller is None else caller, way_in=way,
                desk=None if way == "direct" else desk, transferred_at=at,
            ),
            facts.CallAnswered(call_id=call_id, at=at + timedelta(seconds=0.2)),
        )  # fmt: skip
        return call_id

    def records(self, call_id: str, ago: float, said: str = "") -> str:
        """The caller speaks since `ago`; with what is said, the recording has ended."""
        recording_id, at = facts.new_id(), self.now - timedelta(seconds=ago)
        path = f"{at:%Y/%m/%d}/{recording_id}.wav"
        self.tell(
            facts.RecordingStarted(call_id=call_id, at=at, recording_id=recording_id, path=path),
        )
        if said:
            seconds = 1 + len(said) * _GLYPH_SECONDS
            self._wav(self.wiring.settings.recordings / path, seconds)
            ended = facts.RecordingEnded(
                call_id=call_id, at=at + timedelta(seconds=seconds), recording_id=recording_id,
                ended_by="key", seconds=seconds, spoken_seconds=seconds - 1,
            )  # fmt: skip
            self.tell(ended)
        return recording_id

    def case(self, ago: float, said: Said = SAID[0], *, words: bool = True, sort: bool = True,
             way: str = "key", **fields: Any) -> str:  # fmt: skip
        """A message that became a case; answers its number."""
        call_id = self.call(ago, way=way, desk=fields.pop("desk", "desk1"), caller=fields.pop("caller", None))
        recording_id = self.records(call_id, ago - 9, said.text)
        with self.wiring.unit_of_work() as unit:
            number = intake.reserve_numbers(unit.session, 1)[0]
            unit.commit()
        end = self.now - timedelta(seconds=ago - 11 - len(said.text) * _GLYPH_SECONDS)
        opened = facts.CaseOpened(
            call_id=call_id, at=end, number=number, tracking_code="ABC234", recording_id=recording_id,
            danger=fields.get("danger", False),
        )  # fmt: skip
        ended = facts.CallEnded(call_id=call_id, at=end + timedelta(seconds=9), outcome="message")
        self.tell(opened, ended)
        self.peaks(recording_id)
        if words:
            self.transcribe(recording_id, said.text)
        if words and sort:
            self.sort(number, said, **fields)
        return number

    def gives_up(self, ago: float, **values: Any) -> str:
        """Hung up before a word: a call-back stands."""
        call_id = self.call(ago, **values)
        ended = self.now - timedelta(seconds=ago - 5)
        self.tell(facts.CallEnded(call_id=call_id, at=ended, outcome="hung_up"))
        return call_id

    def comes_back(self, ago: float, reason: str = "danger", heard: str = "", answered_by: str = "") -> str:
        call_id, at = self.call(ago + 20), self.now - timedelta(seconds=ago)
        self.tell(facts.HandedBack(call_id=call_id, at=at, reason=reason, heard=heard))
        if answered_by:
            self.tell(
                facts.DeskAnswered(call_id=call_id, at=at + timedelta(seconds=4), desk=answered_by),
                facts.CallEnded(call_id=call_id, at=at + timedelta(seconds=90), outcome="back_to_110"),
            )
        return call_id

    # ------------------------------------------------------------ what the worker does
    def transcribe(self, recording_id: str, text: str) -> None:
        with self.wiring.unit_of_work() as unit:
            span, me = timedelta(minutes=1), "scene"
            claimed = intake.claim_transcript(unit.session, me, self.now, span, recording_id=recording_id)
            assert claimed is not None
            words = [
                {
                    "word": sign,
                    "start": 0.4 + place * _GLYPH_SECONDS,
                    "end": 0.4 + (place + 1) * _GLYPH_SECONDS,
                    "confidence": 0.55 if place % 13 == 5 else 0.97,
                }
                for place, sign in enumerate(text)
            ]
            intake.finish_transcript(
                unit.session, claimed.id, me, self.now, text=text, words=words, model="embedded"
            )
            unit.commit()
        self.wiring.bell.nudge()

    def sort(self, number: str, said: Said, **fields: Any) -> None:
        """As the router and people leave it; `fields` are columns."""
        with self.wiring.unit_of_work() as unit:
            case = unit.session.scalars(select(Case).where(Case.number == number)).one()
            case.matter, case.matter_path, case.kind, case.sector = (
                said.matter, [said.above, said.matter], said.kind, said.sector,
            )  # fmt: skip
            case.place, case.unsure = dict(said.place), bool(said.place.get("ambiguous"))
            case.reasons = [{"text": said.why, "why": "事项"}]
            case.unit_id = _unit(unit.session, said.unit).id
            case.state = fields.pop("state", CaseState.SORTED)
            for name, value in fields.items():
                setattr(case, name, value)
            unit.commit()

    def peaks(self, recording_id: str) -> None:
        with self.wiring.unit_of_work() as unit:
            row = unit.session.get_one(Recording, recording_id)
            row.peaks = [self._peak(k) for k in range(320)]
            unit.commit()

    def _peak(self, place: int) -> float:
        pause = 0.15 if place % 47 < 9 else 1
        return round(abs(math.sin(place / 5.3)) * (0.35 + 0.65 * self._random.random()) * pause, 3)

    def tell(self, *told: facts.Fact) -> None:
        """Written, and the screens nudged, as the ledger does it."""
        with self.wiring.unit_of_work() as unit:
            for fact in told:
                intake.record(unit.session, fact)
            unit.commit()
        self.wiring.bell.nudge()

    def _wav(self, path: Path, seconds: float) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        one = [int(7000 * math.sin(2 * math.pi * 210 * k / _RATE)) for k in range(_RATE // 10)]
        samples = array.array("h", one * int(seconds * 10))
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(_RATE)
            file.writeframes(samples.tobytes())


def _unit(session: Session, name: str) -> Unit:
    found = session.scalars(select(Unit).where(Unit.name == name)).first()
    if found is None:
        found = Unit(code=name, name=name, type=UnitType.DEPARTMENT, sector=Sector.GOVERNMENT)
        session.add(found)
        session.flush()
    return found


def morning(scene: Scene) -> None:
    """A full screen: calls on the line, cases in every state, call-backs, callers who came back."""
    states = (
        CaseState.DISPATCHED, CaseState.SIGNED, CaseState.IN_PROGRESS, CaseState.REPORTED,
        CaseState.COMPLETED, CaseState.RETURNED, CaseState.SUSPENDED,
    )  # fmt: skip
    for place, state in enumerate(states):
        scene.case(9000 - place * 700, SAID[place], way=WAYS[place], state=state)
    for place, said in enumerate(SAID):
        urgent = {"danger": True, "priority": Priority.EMERGENCY} if place == 5 else {}
        scene.case(2500 - place * 290, said, way=WAYS[place], desk=f"desk{1 + place % 2}", **urgent)
    scene.case(150, SAID[4], words=False, way="refer")
    scene.gives_up(4200, way="key")
    scene.gives_up(700, way="direct")
    waited = scene.call(1500, way="key")
    at = scene.now - timedelta(seconds=1450)
    scene.tell(
        facts.CallBackPromised(call_id=waited, at=at, reason="no_agent"),
        facts.CallEnded(call_id=waited, at=at, outcome="hung_up"),
    )
    scene.comes_back(5200, "key", answered_by="desk1")
    scene.comes_back(12, "danger", heard="着火 三楼 有人")
    talking = scene.call(190, desk="desk2")
    scene.tell(facts.AgentConnected(call_id=talking, at=scene.now - timedelta(seconds=150), agent="agent2"))
    scene.records(scene.call(34), 20)
    scene.call(6, way="direct")

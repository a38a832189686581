"""The rows of a day's cases: every move, dispatches, answers, fees, and the clocks of what is open."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cases.citizen_states import SurveyState, SurveyWay
from cases.model import Assignment, Case, CaseEvent, Fee, Survey, Watch
from cases.rules import WORKING_DAYS
from cases.states import CaseState, FeeState, Priority, Sector
from hotline.history.chances import MESSAGE, WAYS, Calls, Column, Work, work_of
from hotline.history.city import SeedCity

WHO = "history"
_SIGNS = np.array(list("23456789ABCDEFGHJKLMNPQRSTUVWXYZ"))
_CODE = 6
_ROADS = ("解放路", "熙春路", "五四路", "八一路", "李纲路", "建设路", "中山路", "人民路", "东关街")
_HOUR = 3600
_NO = -1
_MOVES: tuple[tuple[str, str, CaseState | None, CaseState, str], ...] = (
    ("accept", "M01", None, CaseState.ACCEPTED, ""),
    ("sort", "M02", CaseState.ACCEPTED, CaseState.SORTED, ""),
    ("dispatch", "M03", CaseState.SORTED, CaseState.DISPATCHED, ""),
    ("sign", "M04", CaseState.DISPATCHED, CaseState.SIGNED, ""),
    ("report", "M15", CaseState.SIGNED, CaseState.REPORTED, ""),
    ("complete", "M17", CaseState.REPORTED, CaseState.COMPLETED, ""),
    ("archive", "M29", CaseState.COMPLETED, CaseState.ARCHIVED, ""),
)
STATES = np.array([each[3].value for each in _MOVES])
Put = Callable[..., None]
"""(row, count, **columns)"""


@dataclass(frozen=True)
class Numbers:
    """What the day's cases are called."""

    first_id: int
    numbers: Sequence[str]


@dataclass(frozen=True)
class Frame:
    """What is the same for the whole past. `end`: nothing after it has happened yet."""

    city: SeedCity
    due: Column
    yellow: Column
    first: int
    end: int
    desks: Sequence[str]
    seed: int


class CaseRows:
    """Writes the cases of a day after another."""

    def __init__(self, put: Put, frame: Frame) -> None:
        self._put, self._frame = put, frame

    def day(
        self, chance: np.random.Generator, calls: Calls, at: Column, ids: list[str], named: Numbers
    ) -> None:
        frame, count = self._frame, len(at)
        if not count:
            return
        city = frame.city
        chosen = chance.choice(len(city.matters), count, p=city.weights)
        matters = [city.matters[each] for each in chosen.tolist()]
        place_of = {each: place for place, each in enumerate(city.classes)}
        classes = np.array([place_of[each.deadline_class] for each in matters])
        opened = calls.answered[at] + 8
        day = np.minimum((opened - frame.first) // 86_400, len(frame.due) - 1)
        work = work_of(chance, opened, frame.due[day, classes])
        given = np.clip((work.dispatched - frame.first) // 86_400, 0, len(frame.due) - 1)
        due = np.maximum(frame.due[given, classes], work.dispatched)
        yellow = np.clip(frame.yellow[given, classes], work.dispatched, due)
        units = np.array([each.units[n % len(each.units)] for n, each in enumerate(matters)])
        danger = calls.danger[at]
        stage = _stages(work, opened, danger, frame.end)
        case_ids = np.arange(named.first_id, named.first_id + count)
        cases = _Cases(case_ids, opened, work, due, yellow, units, stage, danger)
        self._case_rows(chance, calls, at, ids, named, matters, cases)
        self._events(cases)
        self._assigned(chance, cases, matters)
        self._answered(cases)
        self._fees(chance, cases, matters)
        self._watched(cases)

    def _case_rows(
        self,
        chance: np.random.Generator,
        calls: Calls,
        at: Column,
        ids: list[str],
        named: Numbers,
        matters: list[Any],
        cases: _Cases,
    ) -> None:
        count, work, stage = len(at), cases.work, cases.stage
        town = chance.integers(0, len(self._frame.city.townships), count).tolist()
        places = [json.dumps({"township": each}, ensure_ascii=False) for each in self._frame.city.townships]
        road = chance.integers(0, len(_ROADS), count).tolist()
        number = chance.integers(1, 300, count).tolist()
        said = [
            f"{_ROADS[r]}{n}号{each.name}的事,请派人来看看"
            for r, n, each in zip(road, number, matters, strict=True)
        ]
        messages = calls.outcome[at] == MESSAGE
        paths = {each.code: json.dumps(each.path, ensure_ascii=False) for each in self._frame.city.matters}
        code = chance.integers(0, len(_SIGNS), (count, _CODE))
        last = np.minimum(cases.stage_times()[np.arange(count), np.maximum(stage, 0)], self._frame.end)
        handed = cases.danger
        state = np.where(handed, CaseState.HANDED_BACK.value, STATES[stage])
        known = stage >= 2
        self._put(
            Case,
            count,
            id=cases.ids,
            number=list(named.numbers),
            tracking_code=_SIGNS[code].reshape(-1).view(f"U{_CODE}"),
            state=state,
            version=stage + 1,
            opened_at=cases.opened,
            changed_at=np.where(handed, cases.opened + 60, last),
            caller=callers(calls.caller[at]),
            way_in=np.array(WAYS)[calls.way[at]],
            desk=[self._frame.desks[each] for each in calls.desk[at].tolist()],
            recording_id=[
                ids[each] if m else None for each, m in zip(at.tolist(), messages.tolist(), strict=True)
            ],
            text=said,
            matter=[each.name for each in matters],
            matter_path=[paths[each.code] for each in matters],
            kind=[each.kind.value for each in matters],
            sector=[each.sector.value for each in matters],
            place=[places[each] for each in town],
            unit_id=cases.known(cases.units, known),
            priority=np.where(handed, Priority.EMERGENCY.value, Priority.NORMAL.value),
            deadline_class=[each.deadline_class for each in matters],
            danger=self._flags(cases.danger),
            unsure=self._flags(work.unsure),
            due_at=np.where(known, cases.due, _NO),
            yellow_at=np.where(known, cases.yellow, _NO),
            dispatched_at=np.where(known, work.dispatched, _NO),
            completed_at=np.where(stage >= 5, work.completed, _NO),
            closed_at=np.where(stage >= 6, work.archived, np.where(handed, cases.opened + 60, _NO)),
            return_count=((work.returned >= 0) & known).astype(int),
            followed_up_at=work.sorted,
            told_at=cases.opened,
        )

    def _flags(self, of: Column) -> list[Any]:
        return [int(each) for each in of.tolist()]

    def _events(self, cases: _Cases) -> None:
        """Every move that has happened; what came back was dispatched twice."""
        times, work, end = cases.stage_times(), cases.work, self._frame.end
        for place, (move, rule, before, after, reason) in enumerate(_MOVES):
            at, rule_id, source = times[:, place], rule, before
            if move == "dispatch":
                at = np.where(work.returned >= 0, work.first_dispatched, at)
            happened = (cases.stage >= place) | ((move == "dispatch") & (at <= end) & ~cases.danger)
            self._moved(cases, happened, at, move, rule_id, source, after, place + 1, reason)
        back = (work.returned >= 0) & ~cases.danger
        self._moved(
            cases, back & (work.returned <= end), work.returned, "return", "M05",
            CaseState.DISPATCHED, CaseState.RETURNED, 3, "不属于本单位职责",
        )  # fmt: skip
        self._moved(
            cases, back & (work.dispatched <= end), work.dispatched, "rule", "M06",
            CaseState.RETURNED, CaseState.DISPATCHED, 3, "",
        )  # fmt: skip
        self._moved(
            cases, cases.danger, cases.opened + 60, "to-110", "M28",
            CaseState.ACCEPTED, CaseState.HANDED_BACK, 2, "",
        )  # fmt: skip

    def _moved(
        self, cases: _Cases, which: Column, at: Column, move: str, rule: str,
        before: CaseState | None, after: CaseState, version: int, reason: str,
    ) -> None:  # fmt: skip
        rows = np.flatnonzero(which)
        self._put(
            CaseEvent, len(rows), case_id=cases.ids[rows], at=at[rows], who=WHO, move=move, rule=rule,
            from_state=before.value if before else None, to_state=after.value, reason=reason, version=version,
        )  # fmt: skip

    def _assigned(self, chance: np.random.Generator, cases: _Cases, matters: list[Any]) -> None:
        work, end, stage = cases.work, self._frame.end, cases.stage
        rows = np.flatnonzero(stage >= 2)
        reported = np.where(stage >= 4, work.reported, _NO)[rows]
        ended = np.where(stage >= 5, work.completed, _NO)[rows]
        self._put(
            Assignment,
            len(rows),
            case_id=cases.ids[rows],
            unit_id=cases.units[rows],
            main=1,
            state=STATES[np.minimum(stage[rows], 5)],
            by=WHO,
            redo=0,
            dispatched_at=work.dispatched[rows],
            working_days=[WORKING_DAYS[matters[each].deadline_class] for each in rows.tolist()],
            due_at=cases.due[rows],
            yellow_at=cases.yellow[rows],
            signed_at=np.where(stage[rows] >= 3, work.signed[rows], _NO),
            reported_at=reported,
            final=0,
            ended_at=ended,
            ended_by=[None if each < 0 else "complete" for each in ended.tolist()],
        )
        sent_back = np.flatnonzero((work.returned >= 0) & (work.returned <= end) & ~cases.danger)
        ruled = work.dispatched[sent_back] <= end
        others = np.array(self._frame.city.units)
        self._put(
            Assignment,
            len(sent_back),
            case_id=cases.ids[sent_back],
            unit_id=others[chance.integers(0, len(others), len(sent_back))],
            main=1,
            state=CaseState.DISPATCHED.value,
            by=WHO,
            redo=0,
            dispatched_at=work.first_dispatched[sent_back],
            working_days=[WORKING_DAYS[matters[each].deadline_class] for each in sent_back.tolist()],
            due_at=cases.work.due[sent_back],
            yellow_at=cases.work.due[sent_back],
            returned_at=work.returned[sent_back],
            return_upheld=[1 if each else None for each in ruled.tolist()],
            final=0,
            ended_at=work.returned[sent_back],
            ended_by="return",
        )

    def _answered(self, cases: _Cases) -> None:
        rows = np.flatnonzero((cases.stage >= 5) & (cases.work.answer > 0))
        at = cases.work.completed[rows]
        answer = cases.work.answer[rows]
        self._put(
            Survey,
            len(rows),
            case_id=cases.ids[rows],
            round=1,
            unit_id=cases.units[rows],
            state=SurveyState.ANSWERED.value,
            planned_at=cases.work.reported[rows],
            tries=1,
            called_at=at - 60,
            way=SurveyWay.CALL.value,
            answer=answer,
            answered_at=at,
            answered_by="citizen",
            settled_at=at,
        )

    def _fees(self, chance: np.random.Generator, cases: _Cases, matters: list[Any]) -> None:
        market = np.array([each.sector == Sector.MARKET for each in matters], dtype=bool)
        rows = np.flatnonzero(market & (cases.stage >= 5))
        reference = chance.integers(6, 40, len(rows)) * 1000
        price = reference * 9 // 10
        free = chance.random(len(rows)) < 0.12
        self._put(
            Fee,
            len(rows),
            case_id=cases.ids[rows],
            turn=0,
            unit_id=cases.units[rows],
            state=FeeState.BILLED.value,
            quantity=1,
            reference_fen=reference,
            discount_fen=reference - price,
            price_fen=price,
            citizen_fen=np.where(free, 0, price),
            government_fen=np.where(free, price, 0),
            made_at=cases.work.dispatched[rows],
            billed_at=cases.work.completed[rows],
        )

    def _watched(self, cases: _Cases) -> None:
        """What is open is read by the supervision's next run, as after any move."""
        rows = np.flatnonzero((cases.stage < 6) & ~cases.danger)
        since = np.minimum(cases.stage_times()[rows, np.maximum(cases.stage[rows], 0)], self._frame.end)
        self._put(
            Watch, len(rows), case_id=cases.ids[rows], assignment_id=0, since=since,
            marked_at=since, round=1, next_at=since,
        )  # fmt: skip


@dataclass(frozen=True)
class _Cases:
    """A day's cases. `stage`: how many of the usual moves were made, less one."""

    ids: Column
    opened: Column
    work: Work
    due: Column
    yellow: Column
    units: Column
    stage: Column
    danger: Column

    def stage_times(self) -> Column:
        return _times(self.work, self.opened)

    @staticmethod
    def known(of: Column, where: Column) -> list[Any]:
        return [
            each if is_known else None for each, is_known in zip(of.tolist(), where.tolist(), strict=True)
        ]


def _times(work: Work, opened: Column) -> Column:
    return np.stack(
        [opened, work.sorted, work.dispatched, work.signed, work.reported, work.completed, work.archived],
        axis=1,
    )


def _stages(work: Work, opened: Column, danger: Column, end: int) -> Column:
    """A case of danger went back to 110 and stays there."""
    reached = (_times(work, opened) <= end).sum(axis=1) - 1
    return np.where(danger, 0, np.maximum(reached, 0))


def callers(people: Column) -> list[str]:
    """Numbers that nobody has: 138 0000 … in order of who rings most."""
    return [f"1380{each % 10_000_000:07d}" for each in people.tolist()]

"""From chances to rows: calls, messages, cases with every move, dispatches, answers, fees."""

from __future__ import annotations

from typing import Any

import numpy as np

from cases.model import (
    Assignment,
    Call,
    CallBack,
    Case,
    CaseEvent,
    DeskNote,
    Fee,
    Recording,
    Survey,
    Transcript,
    Watch,
)
from cases.once import table
from cases.states import (
    CallBackReason,
    CallBackState,
    RecordingState,
    TranscriptState,
)
from hotline.history.bulk import Bulk
from hotline.history.case_rows import WHO, CaseRows, Frame, Numbers, callers
from hotline.history.chances import FAILED, MESSAGE, OUTCOMES, WAYS, Calls

DOOR = "agi"
TABLES = [
    table(each)
    for each in (
        Case,
        Call,
        Recording,
        Transcript,
        CaseEvent,
        Assignment,
        Survey,
        Fee,
        CallBack,
        DeskNote,
        Watch,
    )
]


class Rows:
    """Writes a day after another."""

    def __init__(self, bulk: Bulk, frame: Frame) -> None:
        self._bulk, self._frame = bulk, frame
        self._cases = CaseRows(self._put, frame)
        self._placed = 0
        self.written = 0

    def day(self, chance: np.random.Generator, calls: Calls, named: Numbers) -> None:
        """Cases first: the calls refer to them."""
        count = len(calls)
        ids = [
            f"{self._frame.seed & 0xFFFFFFFF:08x}-0000-4000-8000-{self._placed + n:012x}"
            for n in range(count)
        ]
        self._placed += count
        with_case = np.flatnonzero(calls.has_case)
        case_of: list[int | None] = [None] * count
        for place, at in enumerate(with_case.tolist()):
            case_of[at] = named.first_id + place
        self._cases.day(chance, calls, with_case, ids, named)
        self._calls(calls, ids, case_of)
        self._messages(chance, calls, ids)
        self._promises(calls, ids, case_of)

    def _put(self, row: Any, count: int, **columns: Any) -> None:
        self.written += self._bulk.put(table(row), count, columns)

    # ------------------------------------------------------------ calls
    def _calls(self, calls: Calls, ids: list[str], case_of: list[int | None]) -> None:
        frame = self._frame
        desks = [frame.desks[each] for each in calls.desk.tolist()]
        self._put(
            Call,
            len(calls),
            id=ids,
            linked_id=ids,
            door=DOOR,
            caller=callers(calls.caller),
            did="110",
            way_in=np.array(WAYS)[calls.way],
            desk=desks,
            transferred_at=calls.started,
            started_at=calls.started,
            answered_at=calls.answered,
            ended_at=calls.ended,
            outcome=np.array(OUTCOMES)[calls.outcome],
            case_id=case_of,
        )

    def _messages(self, chance: np.random.Generator, calls: Calls, ids: list[str]) -> None:
        """Their files are gone, and the rows say so; their words are there."""
        at = np.flatnonzero(calls.outcome == MESSAGE)
        of = [ids[each] for each in at.tolist()]
        ended, started = calls.ended[at], calls.answered[at]
        odd = chance.random(len(at))
        state = np.where(odd < 0.02, TranscriptState.SET_ASIDE, TranscriptState.DONE)
        late = np.where(chance.random(len(at)) < 0.7, 1, 3 + chance.exponential(40, len(at))).astype(np.int64)
        self._put(
            Recording,
            len(at),
            id=of,
            call_id=of,
            path=[f"history/{each}.wav" for each in of],
            state=RecordingState.MISSING.value,
            started_at=started,
            ended_at=ended,
            seconds=(ended - started).astype(float),
        )
        self._put(
            Transcript,
            len(at),
            recording_id=of,
            state=state.astype(str),
            created_at=ended,
            finished_at=ended + late,
            tries=1,
            bell="silent",
        )

    def _promises(self, calls: Calls, ids: list[str], case_of: list[int | None]) -> None:
        """Who hung up early or met a fault is called back; who was in danger went back to 110."""
        lost = np.flatnonzero((calls.answered < 0) | (calls.outcome == FAILED))
        fault = calls.outcome[lost] == FAILED
        self._put(
            CallBack,
            len(lost),
            call_id=[ids[each] for each in lost.tolist()],
            case_id=[case_of[each] for each in lost.tolist()],
            caller=callers(calls.caller[lost]),
            reason=np.where(fault, CallBackReason.FAULT.value, CallBackReason.HUNG_UP_EARLY.value),
            state=CallBackState.DONE.value,
            created_at=calls.ended[lost],
            done_at=calls.ended[lost] + 1800,
            done_by=WHO,
        )
        back = np.flatnonzero(calls.danger)
        self._put(
            DeskNote,
            len(back),
            call_id=[ids[each] for each in back.tolist()],
            created_at=calls.ended[back] - 10,
            reason="danger",
            answered_by=[self._frame.desks[each] for each in calls.desk[back].tolist()],
            answered_at=calls.ended[back],
        )

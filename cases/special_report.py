"""专报件: what stands in the document. Of the citizen only what the leaders need: no name, no number."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy import and_, func, not_, select
from sqlalchemy.orm import Session

from cases.evidence import evidence_of
from cases.model import Case, CaseEvent, LoadedCity, ReceptionDay, ReceptionItem, SpecialReport, Unit
from cases.opening import SYSTEM
from cases.rules import Rules
from cases.states import Move

_TOLD = frozenset(
    {
        *(Move.ACCEPT, Move.DISPATCH, Move.RETURN, Move.RULE, Move.ADD_UNIT, Move.GRANT_EXTENSION),
        *(Move.REPORT, Move.REDO, Move.SUSPEND, Move.RESUME, Move.REOPEN, Move.SUPERVISE),
        *(Move.RECEPTION_DAY, Move.SPECIAL_REPORT, Move.COMPLETE),
    }
)
"""Moves that a leader needs to know of; signing, notes and reminders are not among them."""
_MOST_STEPS = 40
# Telephone and identity numbers, in any writing a transcript may have.
_NUMBERS = re.compile(r"[0-9０-９](?:[ \-—]?[0-9０-９]){4,}[xX]?|[零〇一二三四五六七八九幺两]{7,}")


def number_of(year: int, serial: int) -> str:
    """As it is written on the paper."""
    return f"民生110专报〔{year}〕{serial}号"


def without_numbers(text: str) -> str:
    """The words with every longer number hidden."""
    return _NUMBERS.sub("＊＊＊", text)


def reports(session: Session, before: int | None = None, limit: int = 50) -> list[dict[str, Any]]:
    """Newest first: `id`, `title`, `number`, `matter`, `unit`, `made`, `request`, `instructed`."""
    wanted = (
        select(SpecialReport, Case.number, Case.matter, Unit.name)
        .join(Case, SpecialReport.case_id == Case.id)
        .outerjoin(Unit, Case.unit_id == Unit.id)
        .order_by(SpecialReport.id.desc())
        .limit(limit)
    )
    if before is not None:
        wanted = wanted.where(SpecialReport.id < before)
    return [
        {
            "id": row.id,
            "title": number_of(row.year, row.serial),
            "number": number,
            "matter": matter,
            "unit": unit,
            "made": row.made_at,
            "request": row.request,
            "instructed": row.instructed_at,
        }
        for row, number, matter, unit in session.execute(wanted)
    ]


def document(session: Session, report_id: int, rules: Rules) -> dict[str, Any] | None:
    """All of one report, ready to be set on paper; None: there is none.

    `title`, `number`, `opened`, `kind`, `matter`, `place`, `unit`, `head`, `due`, `text`, `people`,
    `returns`, `redos`, `supervisions`, `steps` [{"at", "move", "who", "reason", "unit"}], `reception`
    (its day or None), `difficulty`, `request`, `made`, `made_by`, `instruction`, `instructed_by`,
    `instructed`.
    """
    report = session.get(SpecialReport, report_id)
    if report is None:
        return None
    case = session.get_one(Case, report.case_id)
    unit = session.get(Unit, case.unit_id) if case.unit_id is not None else None
    people = evidence_of(session, [case])[case.id]["people"]["count"]
    return {
        **_of_case(case),
        "id": report.id,
        "title": number_of(report.year, report.serial),
        "unit": unit.name if unit else None,
        "head": unit.detail.get("head") if unit else None,
        "people": people,
        "supervisions": _supervisions(session, case.id),
        "steps": _steps(session, case.id),
        "reception": _reception(session, report),
        "difficulty": report.difficulty,
        "request": report.request,
        "made": report.made_at,
        "made_by": report.made_by,
        "instruction": report.instruction,
        "instructed_by": report.instructed_by,
        "instructed": report.instructed_at,
        "zone": rules.zone,
    }


def _of_case(case: Case) -> dict[str, Any]:
    """Who asked for confidence is not to be found out by the place or by the words."""
    place: Mapping[str, Any] = case.place
    if case.confidential:
        place = {"township": place.get("township")}
    return {
        "number": case.number,
        "opened": case.opened_at,
        "kind": case.kind,
        "matter": " / ".join(map(str, case.matter_path)) or case.matter,
        "place": place,
        "due": case.due_at,
        "confidential": case.confidential,
        "text": "" if case.confidential else without_numbers(case.text),
        "returns": case.return_count,
        "redos": case.redo_count,
    }


def _steps(session: Session, case_id: int) -> list[dict[str, Any]]:
    by_itself = and_(CaseEvent.move == Move.SUPERVISE, CaseEvent.who == SYSTEM)
    told = and_(CaseEvent.move.in_(_TOLD), not_(by_itself))
    wanted = select(CaseEvent).where(CaseEvent.case_id == case_id, told)
    rows = session.scalars(wanted.order_by(CaseEvent.id.desc()).limit(_MOST_STEPS)).all()
    return [
        {
            "at": row.at,
            "move": row.move,
            "who": row.who,
            "reason": without_numbers(row.reason),
            "unit": row.detail.get("unit"),
        }
        for row in reversed(rows)
    ]


def _supervisions(session: Session, case_id: int) -> int:
    counted = select(func.count()).where(CaseEvent.case_id == case_id, CaseEvent.move == Move.SUPERVISE)
    return session.scalar(counted) or 0


def _reception(session: Session, report: SpecialReport) -> dict[str, Any] | None:
    wanted = (
        select(ReceptionDay.held_on, ReceptionItem.leader)
        .join(ReceptionItem, ReceptionItem.day_id == ReceptionDay.id)
        .where(ReceptionItem.id == report.item_id)
    )
    found = session.execute(wanted).first()
    return {"held_on": found[0], "leader": found[1]} if found else None


def city_name(session: Session) -> str:
    """Of the city file that was loaded last; empty while there is none."""
    newest = select(LoadedCity.name).order_by(LoadedCity.loaded_at.desc()).limit(1)
    return session.scalar(newest) or ""

"""Finding cases: words, numbers, parts of a caller's number, and filters, together. The read side.

What is asked is a value (`Asked`) that stands in an address; a page goes on by the number of its last case.
How the words are kept: cases/grams.py; when: cases/indexing.py; why so: docs/decisions/0022.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    and_,
    bindparam,
    cast,
    column,
    exists,
    func,
    literal_column,
    or_,
    select,
    table,
    union,
)
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.orm import Session, aliased
from sqlalchemy.types import String

from cases import grams, numbers
from cases.deadlines import Colour
from cases.indexing import documents
from cases.model import Assignment, Case, CaseSearch, Matter, Unindexed, Unit
from cases.queries import FAMILIES, case_rows
from cases.showing import case_line
from cases.states import CaseState, Kind, Sector, UnitType
from cases.viewing import has_part

LONGEST_QUERY = 400
_FRESH = 500
"""So many changes that are younger than the index are looked at themselves. A new case has about five."""
_CLOSED = FAMILIES["closed"]
_WORDS = table("case_words", column("rowid"))


@dataclass(frozen=True)
class Asked:
    """What is looked for; every part narrows it. `unit`: a code."""

    words: str = ""
    family: str | None = None
    state: CaseState | None = None
    unit: str | None = None
    matter: str | None = None
    township: str | None = None
    kind: Kind | None = None
    sector: Sector | None = None
    colour: Colour | None = None
    since: datetime | None = None
    until: datetime | None = None
    """Opened at or after `since`, and before `until`."""
    danger: bool = False


@dataclass(frozen=True)
class Own:
    """Whose cases may be found: all, those of a unit, or those that a desk passed on."""

    unit_id: int | None = None
    desk: str | None = None
    callers: bool = False
    """Whether callers' numbers may be looked for."""


class Place(NamedTuple):
    """Where a page ended."""

    id: int
    opened_at: datetime


def search(
    session: Session,
    asked: Asked,
    own: Own,
    now: datetime,
    *,
    limit: int = 50,
    before: str | None = None,
) -> list[dict[str, Any]]:
    """The cases that are asked for, newest first, each as `case_line` shows it. Two queries a page, five
    while words are younger than the index; one more on the pages that go on.

    `before`: the number of the last case of the page before. Words are found in any order; digits are
    also a case's number, or a part of the caller's when `own` allows that. Any text is a query; one
    of signs that count for nothing finds nothing. Raises KeyError for an unknown family.
    """
    last = _place(session, before)
    if before is not None and last is None:
        return []
    filters = [*_filters(asked, now), *([Case.desk == own.desk] if own.desk is not None else [])]
    terms = grams.terms(asked.words[:LONGEST_QUERY], callers=own.callers)
    if terms:
        return _by_words(session, asked, own, filters, terms, last, limit)
    if asked.words.strip():
        return []
    if own.unit_id is not None:
        wanted = _of_unit(own.unit_id, filters, last, limit)
    else:
        wanted = _newest(case_rows().where(*filters), last)
    return [case_line(*row) for row in session.execute(wanted.limit(limit))]


def number_asked(words: str) -> str | None:
    """The case number that these words can be, as somebody reads it out; None when they are none."""
    signs = "".join(sign for sign in words[:LONGEST_QUERY] if sign not in " -　")
    return signs if numbers.check(signs) else None


def _place(session: Session, before: str | None) -> Place | None:
    """Where the page before ended."""
    if before is None:
        return None
    row = session.execute(select(Case.id, Case.opened_at).where(Case.number == before)).first()
    return Place(row.id, row.opened_at) if row else None


def _newest(wanted: Any, last: Place | None) -> Any:
    wanted = wanted.order_by(Case.opened_at.desc(), Case.id.desc())
    if last is None:
        return wanted
    # Said twice: the index is entered by the first.
    older = or_(Case.opened_at < last.opened_at, Case.id < last.id)
    return wanted.where(Case.opened_at <= last.opened_at, older)


def _of_unit(unit_id: int, filters: Sequence[Any], last: Place | None, limit: int) -> Any:
    """Those that name it and those of which it has a part: each by its own index, the newest first."""
    named = select(Case.id).where(Case.unit_id == unit_id, *filters).order_by(Case.id.desc())
    parts = select(Assignment.case_id).join(Case, Case.id == Assignment.case_id).distinct()
    parts = parts.where(has_part(unit_id), *filters).order_by(Assignment.case_id.desc())
    if last is not None:
        named, parts = named.where(Case.id < last.id), parts.where(Assignment.case_id < last.id)
    both = union(*(select(each.limit(limit).subquery()) for each in (named, parts)))
    return case_rows().where(Case.id.in_(both)).order_by(Case.id.desc())


def count_open(session: Session) -> dict[str, int]:
    """How many cases each family has; of the closed, which only become more, none is counted. One query."""
    families = {name: states for name, states in FAMILIES.items() if states is not _CLOSED}
    wanted = [state for states in families.values() for state in states]
    by_state = select(Case.state, func.count()).where(Case.state.in_(wanted)).group_by(Case.state)
    counted = dict(session.execute(by_state).all())
    return {name: sum(counted.get(state, 0) for state in states) for name, states in families.items()}


def choices(session: Session) -> dict[str, Any]:
    """What there is to narrow by: `units` (`code`, `name`), `townships` (names), `matters` (names of the
    second level by the first), and `known`, all their names. Two queries.
    """
    first = aliased(Matter)
    wanted = select(first.name, Matter.name).join(first, Matter.parent_id == first.id)
    matters: dict[str, list[str]] = {}
    for above, name in session.execute(wanted.order_by(first.id, Matter.id)):
        matters.setdefault(above, []).append(name)
    units = session.execute(select(Unit.code, Unit.name, Unit.type).order_by(Unit.id)).all()
    return {
        "units": [{"code": unit.code, "name": unit.name} for unit in units],
        "townships": [unit.name for unit in units if unit.type == UnitType.TOWNSHIP],
        "matters": matters,
        "known": {name for names in matters.values() for name in names},
    }


# ---------------------------------------------------------------- the words


def _by_words(
    session: Session,
    asked: Asked,
    own: Own,
    filters: list[Any],
    terms: Sequence[Sequence[grams.Phrase]],
    last: Place | None,
    limit: int,
) -> list[dict[str, Any]]:
    if own.unit_id is not None:
        # Asked case by case: a list of all it ever had would be made for each page.
        part = exists().where(Assignment.case_id == Case.id, has_part(own.unit_id))
        filters = [*filters, or_(Case.unit_id == own.unit_id, part)]
    wanted = case_rows().where(*filters)
    number = number_asked(asked.words) if last is None else None
    row = session.execute(wanted.where(Case.number == number)).first() if number else None
    if row is not None:
        return [case_line(*row)]
    fresh = session.scalars(select(Unindexed.case_id).order_by(Unindexed.id.desc()).limit(_FRESH)).all()
    narrowed = asked != Asked(asked.words)
    indexed = _indexed(session, wanted, terms, last, narrowed).limit(limit)
    found = [tuple(row) for row in session.execute(indexed) if row[0].id not in fresh]
    if fresh:
        found += _unindexed(session, wanted, terms, [each for each in fresh if not last or each < last.id])
    found.sort(key=lambda row: -row[0].id)
    return [case_line(*row) for row in found[:limit]]


def _indexed(
    session: Session, wanted: Any, terms: Sequence[Sequence[grams.Phrase]], last: Place | None, narrowed: bool
) -> Any:
    """By the index, newest first: in the order of their ids both databases give them without sorting many."""
    if session.connection().dialect.name == "sqlite":
        return _indexed_fts5(wanted, _fts5(terms), last, narrowed)
    # A literal, so that the planner knows how common the words are.
    query = cast(bindparam("words", _tsquery(terms), String(), literal_execute=True), TSQUERY)
    joined = wanted.join(CaseSearch, CaseSearch.case_id == Case.id)
    joined = joined.where(CaseSearch.words.op("@@")(query)).order_by(CaseSearch.case_id.desc())
    if last is None:
        return joined
    # Said of both, so that neither is walked from its newest row on to meet the other.
    return joined.where(CaseSearch.case_id < last.id, Case.id < last.id)


def _indexed_fts5(wanted: Any, query: str, last: Place | None, narrowed: bool) -> Any:
    # A sign + keeps SQLite from going by that side.
    rowid: ColumnElement[int] = literal_column("case_words.rowid")
    hits: ColumnElement[bool] = literal_column("case_words").op("MATCH")(bindparam("words", query, String()))
    if last is not None:
        hits = and_(hits, rowid < last.id)
    if narrowed:
        # Few cases and many hits: the hits are gathered once, the cases found by their own index.
        of_words = select(rowid).select_from(_WORDS).where(hits)
        return wanted.where(literal_column('+"case".id').in_(of_words)).order_by(Case.id.desc())
    joined = wanted.join(_WORDS, Case.id == literal_column("+case_words.rowid"))
    return joined.where(hits).order_by(rowid.desc())


def _fts5(terms: Sequence[Sequence[grams.Phrase]]) -> str:
    """`("路灯 灯坏" OR "_138 _380") AND "水" *`: only pairs stand in it, and no sign that FTS5 knows."""
    words = [" OR ".join(_fts5_phrase(way) for way in ways) for ways in terms]
    return " AND ".join(f"({word})" for word in words)


def _fts5_phrase(way: grams.Phrase) -> str:
    begun = len(way) == 1 and len(way[0]) == 1
    return f'"{" ".join(way)}"' + (" *" if begun else "")


def _tsquery(terms: Sequence[Sequence[grams.Phrase]]) -> str:
    """`('路灯' <-> '灯坏' | '_138' <-> '_380') & '水':*`."""
    words = [" | ".join(_tsquery_phrase(way) for way in ways) for ways in terms]
    return " & ".join(f"({word})" for word in words)


def _tsquery_phrase(way: grams.Phrase) -> str:
    if len(way) == 1 and len(way[0]) == 1:
        return f"'{way[0]}':*"
    return "(" + " <-> ".join(f"'{pair}'" for pair in way) + ")"


def _unindexed(
    session: Session, wanted: Any, terms: Sequence[Sequence[grams.Phrase]], fresh: Sequence[int]
) -> list[tuple[Any, ...]]:
    """Cases whose words are younger than the index."""
    rows = [tuple(row) for row in session.execute(wanted.where(Case.id.in_(set(fresh))))]
    pieces = documents(session, [row[0].id for row in rows])
    return [row for row in rows if grams.holds(pieces[row[0].id], terms)]


# ---------------------------------------------------------------- the filters


def _filters(asked: Asked, now: datetime) -> list[ColumnElement[bool]]:
    """Raises KeyError for an unknown family."""
    equal: tuple[tuple[Any, Any], ...] = (
        (Case.state, asked.state),
        (Case.matter, asked.matter),
        (Case.kind, asked.kind),
        (Case.sector, asked.sector),
        (Case.place["township"].as_string(), asked.township),
    )
    filters: list[ColumnElement[bool]] = [of == value for of, value in equal if value is not None]
    if asked.family is not None:
        filters.append(Case.state.in_(FAMILIES[asked.family]))
    if asked.unit is not None:
        filters.append(Case.unit_id == select(Unit.id).where(Unit.code == asked.unit).scalar_subquery())
    if asked.since is not None:
        filters.append(Case.opened_at >= asked.since)
    if asked.until is not None:
        filters.append(Case.opened_at < asked.until)
    if asked.danger:
        filters.append(Case.danger.is_(True))
    if asked.colour is not None:
        filters += _coloured(asked.colour, now)
    return filters


def _coloured(colour: Colour, now: datetime) -> list[ColumnElement[bool]]:
    """As `life.colour_of` says it of a row."""
    if colour == Colour.NONE:
        return [or_(Case.state.in_(_CLOSED), Case.due_at.is_(None))]
    open_ = [state for state in CaseState if state not in _CLOSED]
    owed = [Case.state.in_(open_), Case.due_at.is_not(None)]
    if colour == Colour.STOPPED:
        return [*owed, Case.clock_stopped_at.is_not(None)]
    runs = [*owed, Case.clock_stopped_at.is_(None)]
    if colour == Colour.RED:
        return [*runs, Case.due_at < now]
    begun = and_(Case.yellow_at.is_not(None), Case.yellow_at <= now)
    soon = begun if colour == Colour.YELLOW else or_(Case.yellow_at.is_(None), Case.yellow_at > now)
    return [*runs, Case.due_at >= now, soon]

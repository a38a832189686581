"""The register of households that a firm serves free: imported whole, looked up by number and name, audited.

An import is the whole register: who is new is added, who changed is changed, who is no longer in it ends with
the day before. Nobody is deleted: what was free yesterday was free. The same file twice changes nothing.

A look-up is always written down: who asked, for which case, with what result; neither number nor name.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from cases import clean, csv_table
from cases.csv_table import Column, Line, Table, TableRefused
from cases.model import Household
from cases.users import audit

COLUMNS = (
    Column("kind", "类别"),
    Column("name", "姓名"),
    Column("number", "电话"),
    Column("valid_from", "生效日期"),
    Column("valid_until", "失效日期", needed=False),
)
_MOBILE = re.compile(r"1\d{10}")
_NOT_A_NAME = re.compile(r"[\s·•・.,。、'’\-]+")


@dataclass(frozen=True)
class HouseholdRow:
    """One line of the register. `kind`: the city file's code; both days are included."""

    kind: str
    name: str
    number: str
    valid_from: date
    valid_until: date | None = None

    @property
    def key(self) -> tuple[str, str, str, date]:
        return self.number, plain_name(self.name), self.kind, self.valid_from


@dataclass(frozen=True)
class Differences:
    """What an import changes. `new` and `changed`: lines of the file; `ended`: rows of the register."""

    new: Sequence[int]
    changed: Sequence[int]
    ended: Sequence[int]
    same: int

    def to_json(self) -> dict[str, Any]:
        return {
            "new": len(self.new),
            "changed": len(self.changed),
            "ended": len(self.ended),
            "same": self.same,
            "new_lines": list(self.new),
            "changed_lines": list(self.changed),
        }


@dataclass(frozen=True)
class Found:
    """What a look-up found. `why`: matched, no_number, not_registered, other_name or name_unknown."""

    why: str
    household_id: int | None = None
    kind: str | None = None


# ---------------------------------------------------------------- as things are compared


def plain_number(number: str) -> str:
    """A telephone as it is compared: digits, without the country's prefix; empty when it is none.

    +86 138-0011-0110, 0086 13800110110 and 013800110110 are one; a landline keeps its area code.
    """
    digits = clean.dialled(unicodedata.normalize("NFKC", number)).removeprefix("+")
    for prefix in ("0086", "86", "0"):
        if digits.startswith(prefix) and _MOBILE.fullmatch(digits.removeprefix(prefix)):
            return digits.removeprefix(prefix)
    return "0" + digits.removeprefix("86") if re.fullmatch(r"86[2-9]\d{8,10}", digits) else digits


def plain_name(name: str) -> str:
    """A name as it is compared: no spaces and dots, full-width signs as plain ones, small letters."""
    plain, before = name, ""
    while plain != before:  # what a dot kept apart may join now
        before, plain = plain, _NOT_A_NAME.sub("", unicodedata.normalize("NFKC", plain)).casefold()
    return plain[:64]


# ---------------------------------------------------------------- reading a file


def from_csv(content: bytes, kinds: Mapping[str, str]) -> tuple[Table, list[HouseholdRow]]:
    """The table and its households, line by line. `kinds`: code → name. Raises TableRefused."""
    table = csv_table.read(content, COLUMNS)
    by_word = {word: code for code, name in kinds.items() for word in (code, name)}
    problems: list[str] = []
    found = [_row(table, line, by_word, problems) for line in table.lines]
    if problems:
        raise TableRefused("T04", problems)
    _no_doubles(table, found)
    return table, found


def _row(table: Table, line: Line, kinds: Mapping[str, str], problems: list[str]) -> HouseholdRow:
    cells = line.cells

    def wrong(column: str, wanted: str) -> None:
        problems.append(f"{table.place(line.number, column)}: {wanted}")

    kind, number = kinds.get(cells["kind"]), plain_number(cells["number"])
    begins, ends = csv_table.day(cells["valid_from"]), csv_table.day(cells["valid_until"])
    if kind is None:
        wrong("kind", f"one of {', '.join(dict.fromkeys(kinds))}")
    if not plain_name(cells["name"]) or len(cells["name"]) > 60:
        wrong("name", "a name of at most 60 signs")
    if len(number) < 7:
        wrong("number", "a telephone number, a landline with its area code")
    if begins is None:
        wrong("valid_from", "a day like 2026-01-31")
    if ends is None and cells["valid_until"]:
        wrong("valid_until", "a day like 2026-01-31, or nothing")
    if begins and ends and ends < begins:
        wrong("valid_until", "not before valid_from")
    return HouseholdRow(kind or "", clean.line(cells["name"], 64), number, begins or date.min, ends)


def _no_doubles(table: Table, rows: Sequence[HouseholdRow]) -> None:
    """Nobody stands twice in one kind on one day."""
    seen: dict[tuple[str, ...], list[tuple[int, HouseholdRow]]] = {}
    problems = []
    for line, row in zip(table.lines, rows, strict=True):
        beside = seen.setdefault(row.key[:3], [])
        for number, other in beside:
            if _overlap(row, other):
                problems.append(f"line {line.number}: the same person, number and kind as line {number}")
                break
        beside.append((line.number, row))
    if problems:
        raise TableRefused("T05", problems)


def _overlap(one: HouseholdRow, other: HouseholdRow) -> bool:
    ends = date.max
    return one.valid_from <= (other.valid_until or ends) and other.valid_from <= (one.valid_until or ends)


# ---------------------------------------------------------------- the register in the database


def differences(session: Session, table: Table, rows: Sequence[HouseholdRow], today: date) -> Differences:
    """What `put` would change. One query."""
    standing = {row.key: (household, row) for household, row in _standing(session)}
    new, changed = [], []
    for line, row in zip(table.lines, rows, strict=True):
        if row.key not in standing:
            new.append(line.number)
        elif standing[row.key][1] != row:
            changed.append(line.number)
    named = {row.key for row in rows}
    ended = [
        household.id
        for key, (household, row) in standing.items()
        if key not in named and (row.valid_until is None or row.valid_until >= today)
    ]
    return Differences(new, changed, ended, len(rows) - len(new) - len(changed))


def put(
    session: Session,
    table: Table,
    rows: Sequence[HouseholdRow],
    who: str,
    now: datetime,
    today: date,
    address: str = "",
) -> Differences:
    """Make the register what the file says; -> what was changed. The import is audited, by its numbers."""
    found = differences(session, table, rows, today)
    standing = {row.key: household for household, row in _standing(session, lock=True)}
    fresh, changed, ended = set(found.new), set(found.changed), set(found.ended)
    for line, row in zip(table.lines, rows, strict=True):
        if line.number in fresh:
            session.add(_household(row, now))
        elif line.number in changed:
            household = standing[row.key]
            household.name, household.valid_until, household.imported_at = row.name, row.valid_until, now
    for household in standing.values():
        if household.id in ended:
            household.valid_until, household.imported_at = today - timedelta(days=1), now
    session.flush()
    detail = {**found.to_json(), "encoding": table.encoding}
    detail.pop("new_lines"), detail.pop("changed_lines")
    audit(session, now, who, "households_imported", "", address, detail)
    return found


def _standing(session: Session, *, lock: bool = False) -> list[tuple[Household, HouseholdRow]]:
    wanted = select(Household).order_by(Household.id)
    rows = session.scalars(wanted.with_for_update() if lock else wanted)
    return [
        (row, HouseholdRow(row.kind, row.name, row.number, row.valid_from, row.valid_until)) for row in rows
    ]


def _household(row: HouseholdRow, now: datetime) -> Household:
    return Household(
        kind=row.kind,
        name=row.name,
        number=row.number,
        name_key=plain_name(row.name),
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        imported_at=now,
    )


def counts(session: Session, today: date) -> dict[str, int]:
    """How many are served free today, by kind. One query; nobody is named."""
    valid = select(Household.kind, func.count()).where(*_valid_on(today))
    return {row[0]: row[1] for row in session.execute(valid.group_by(Household.kind))}


# ---------------------------------------------------------------- looking somebody up


def look_up(
    session: Session,
    number: str,
    name: str | None,
    today: date,
    *,
    who: str,
    now: datetime,
    target: str = "",
    address: str = "",
) -> Found:
    """Whether this number is registered today, under this name if it is known. Written down, without either.

    `target`: the case's number. The newest entry counts where several match.
    """
    found = _match(session, plain_number(number), plain_name(name) if name else None, today)
    detail = {"result": found.why, "household": found.household_id, "kind": found.kind, "named": bool(name)}
    audit(session, now, who, "household_lookup", target, address, detail)
    return found


def _match(session: Session, number: str, name: str | None, today: date) -> Found:
    if not number:
        return Found("no_number")
    wanted = select(Household).where(Household.number == number, *_valid_on(today))
    rows = session.scalars(wanted.order_by(Household.valid_from.desc(), Household.id)).all()
    if not rows:
        return Found("not_registered")
    if name is None:
        return Found("name_unknown", rows[0].id, rows[0].kind)
    same = next((row for row in rows if row.name_key == name), None)
    return Found("matched", same.id, same.kind) if same is not None else Found("other_name")


def _valid_on(today: date) -> tuple[Any, ...]:
    return (
        Household.valid_from <= today,
        or_(Household.valid_until.is_(None), Household.valid_until >= today),
    )

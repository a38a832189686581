"""The reference price list: what the market asks for a service of a trade, and from which day to which.

An import adds prices and changes those of the same trade, service and first day; what it does not name stays:
an old price is what old fees stand on. A service's newest price counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from cases import csv_table, money
from cases.csv_table import Column, Line, Table, TableRefused
from cases.model import Price

COLUMNS = (
    Column("trade", "行业"),
    Column("service", "服务代码"),
    Column("name", "服务名称"),
    Column("reference", "参考价(元)"),
    Column("valid_from", "生效日期"),
    Column("valid_until", "失效日期", needed=False),
    Column("per", "单位", needed=False),
    Column("usual", "常用", needed=False),
    Column("sample", "示例", needed=False),
)


@dataclass(frozen=True)
class PriceRow:
    """A price as a file says it. `reference_fen`: of one `per`; both days are included."""

    trade: str
    service: str
    name: str
    reference_fen: int
    valid_from: date
    valid_until: date | None = None
    per: str = "次"
    usual: bool = False
    sample: bool = False

    @property
    def key(self) -> tuple[str, str, date]:
        return self.trade, self.service, self.valid_from


@dataclass(frozen=True)
class Differences:
    """What an import changes: rows of each kind."""

    new: Sequence[PriceRow]
    changed: Sequence[PriceRow]
    same: int

    def to_json(self) -> dict[str, Any]:
        return {"new": len(self.new), "changed": len(self.changed), "same": self.same}


# ---------------------------------------------------------------- reading a file


def from_csv(content: bytes) -> tuple[Table, list[PriceRow]]:
    """The table and its prices, in the order of its lines. Raises TableRefused."""
    table = csv_table.read(content, COLUMNS)
    problems: list[str] = []
    found = [_row(table, line, problems) for line in table.lines]
    if problems:
        raise TableRefused("T04", problems)
    _no_doubles(table, found)
    return table, found


def _row(table: Table, line: Line, problems: list[str]) -> PriceRow:
    def value(column: str, read: Any, wanted: str, *, needed: bool = True) -> Any:
        text = line.cells[column]
        found = read(text) if text or needed else None
        if found is None and (text or needed):
            problems.append(f"{table.place(line.number, column)}: {wanted}")
        return found

    fen = value("reference", money.fen, "an amount in yuan with at most two places, up to a million")
    begins = value("valid_from", csv_table.day, "a day like 2026-01-31")
    ends = value("valid_until", csv_table.day, "a day like 2026-01-31, or nothing", needed=False)
    if begins and ends and ends < begins:
        problems.append(f"{table.place(line.number, 'valid_until')}: not before valid_from")
    return PriceRow(
        trade=value("trade", lambda text: text[:64] or None, "a trade"),
        service=value("service", lambda text: text[:64] or None, "a service"),
        name=value("name", lambda text: text or None, "a name"),
        reference_fen=fen or 0,
        valid_from=begins or date.min,
        valid_until=ends,
        per=line.cells["per"][:16] or "次",
        usual=bool(value("usual", csv_table.yes, "是 or 否")),
        sample=bool(value("sample", csv_table.yes, "是 or 否")),
    )


def _no_doubles(table: Table, rows: Sequence[PriceRow]) -> None:
    seen: dict[tuple[str, str, date], int] = {}
    problems = []
    for line, row in zip(table.lines, rows, strict=True):
        first = seen.setdefault(row.key, line.number)
        if first != line.number:
            problems.append(f"line {line.number}: the same trade, service and first day as line {first}")
    if problems:
        raise TableRefused("T05", problems)


# ---------------------------------------------------------------- the list in the database


def differences(session: Session, rows: Sequence[PriceRow]) -> Differences:
    """What `put` would change. One query."""
    standing = {row.key: row for row in map(_said, session.scalars(select(Price)))}
    new = [row for row in rows if row.key not in standing]
    changed = [row for row in rows if row.key in standing and standing[row.key] != row]
    return Differences(new, changed, len(rows) - len(new) - len(changed))


def missing(session: Session, rows: Sequence[PriceRow]) -> Sequence[PriceRow]:
    """Those that the list does not have: a city file begins a list and does not change it. One query."""
    return differences(session, rows).new


def put(session: Session, rows: Sequence[PriceRow]) -> Differences:
    """Bring the list in line with these rows; -> what was changed. Twice changes nothing."""
    found = differences(session, rows)
    changed = {row.key: row for row in found.changed}
    if changed:
        for price in session.scalars(select(Price).with_for_update()):
            if row := changed.get((price.trade, price.service, price.valid_from)):
                for name, value in asdict(row).items():
                    setattr(price, name, value)
    session.add_all(Price(**asdict(row)) for row in found.new)
    session.flush()
    return found


def price_for(session: Session, trades: Sequence[str], matter: str | None, day: date) -> Price | None:
    """What a fee is estimated by on this day: the matter's own price, else a usual one, by the firm's trades.

    `matter`: a second-level matter's code. None: the list has nothing for these trades.
    """
    valid = [price for price in services(session, trades, day) if price.usual or price.service == matter]
    order = {trade: at for at, trade in enumerate(trades)}
    valid.sort(key=lambda price: (price.service != matter, order[price.trade], price.service))
    return valid[0] if valid else None


def services(session: Session, trades: Sequence[str], day: date) -> list[Price]:
    """Every service of these trades as it is priced on this day. One query."""
    wanted = (
        select(Price)
        .where(
            Price.trade.in_(trades),
            Price.valid_from <= day,
            or_(Price.valid_until.is_(None), Price.valid_until >= day),
        )
        .order_by(Price.trade, Price.service, Price.valid_from)
    )
    newest = {(price.trade, price.service): price for price in session.scalars(wanted)}
    return list(newest.values())


def price_list(session: Session) -> list[dict[str, Any]]:
    """Every price there is, by trade, service and first day, newest first. One query."""
    wanted = select(Price).order_by(Price.trade, Price.service, Price.valid_from.desc())
    return [asdict(_said(price)) for price in session.scalars(wanted)]


def _said(price: Price) -> PriceRow:
    names: Mapping[str, Any] = {name: getattr(price, name) for name in PriceRow.__dataclass_fields__}
    return PriceRow(**names)

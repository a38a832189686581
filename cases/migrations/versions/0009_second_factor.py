"""The audit trail becomes a chain; a second factor for those who log in."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

from cases.audit_trail import BEGINNING, seal

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: None = None
depends_on: None = None

_INT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOMENT = sa.DateTime(timezone=True)
_AT_ONCE = 1000
_SECOND_FACTOR = ("totp_secret", "totp_since", "totp_step", "recovery_codes")


def upgrade() -> None:
    op.add_column("user", sa.Column("totp_secret", sa.String(length=255)))
    op.add_column("user", sa.Column("totp_since", _MOMENT))
    op.add_column("user", sa.Column("totp_step", _INT))
    op.add_column("user", sa.Column("recovery_codes", sa.JSON()))
    op.add_column("audit_entry", sa.Column("place", _INT))
    op.add_column("audit_entry", sa.Column("seal", sa.String(length=64)))
    head = op.create_table(
        "audit_head",
        sa.Column("id", _INT, nullable=False),
        sa.Column("place", _INT, nullable=False),
        sa.Column("seal", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_head"),
    )
    place, last = _take_in()
    op.bulk_insert(head, [{"id": 1, "place": place, "seal": last}])
    with op.batch_alter_table("audit_entry") as table:
        table.create_unique_constraint("uq_audit_entry_place", ["place"])


def downgrade() -> None:
    op.drop_table("audit_head")
    with op.batch_alter_table("audit_entry") as table:
        table.drop_constraint("uq_audit_entry_place", type_="unique")
        table.drop_column("seal")
        table.drop_column("place")
    for name in _SECOND_FACTOR:
        op.drop_column("user", name)


def _take_in() -> tuple[int, str]:
    """Seal what stands, in the order in which it was written; -> the last place and its seal."""
    bind = op.get_bind()
    names = ("id", "at", "who", "what", "target", "address", "detail")
    entry = sa.table("audit_entry", *(sa.column(name) for name in (*names, "place", "seal")))
    page = sa.select(*(entry.c[name] for name in names)).order_by(entry.c.id).limit(_AT_ONCE)
    sealed = sa.update(entry).where(entry.c.id == sa.bindparam("row"))
    sealed = sealed.values(place=sa.bindparam("new_place"), seal=sa.bindparam("new_seal"))
    place, before, last = 0, BEGINNING, None
    while rows := bind.execute(page if last is None else page.where(entry.c.id > last)).mappings().all():
        found = []
        for row in rows:
            place, last = place + 1, row["id"]
            before = seal(place, {**row, "at": _moment(row["at"]), "detail": _data(row["detail"])}, before)
            found.append({"row": last, "new_place": place, "new_seal": before})
        bind.execute(sealed, found)
    return place, before


def _moment(value: Any) -> datetime:
    found = datetime.fromisoformat(value) if isinstance(value, str) else value
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found


def _data(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value

"""Supervision: clocks, steps taken, notices to staff, reception days, special reports, accountability"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: None = None
depends_on: None = None

_INT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOMENT = sa.DateTime(timezone=True)
_TRANSFERS = "move IN ('return', 'rule', 'redo', 'reopen')"
# What was open before this version is read, and its clock placed, by the first run of the supervision.
_BACKFILL = """
    INSERT INTO watch (case_id, assignment_id, ladder, since, marked_at, round, step, times, next_at)
    SELECT id, 0, '', changed_at, changed_at, 1, 0, 0, changed_at FROM "case"
    WHERE state NOT IN ('archived', 'merged')
"""


def upgrade() -> None:
    _watches()
    _notices()
    _reception_days()
    _accountability()
    op.create_index("ix_case_merged_into_id", "case", ["merged_into_id"])
    # Few of a case's events are these; the list of those that go round and round reads no others.
    where = sa.text(_TRANSFERS)
    op.create_index(
        "ix_case_event_transfers", "case_event", ["case_id"], postgresql_where=where, sqlite_where=where
    )
    op.execute(_BACKFILL)


def downgrade() -> None:
    op.drop_index("ix_case_event_transfers", "case_event")
    op.drop_index("ix_case_merged_into_id", "case")
    for table in (
        *("accountability", "special_report", "reception_item", "reception_day"),
        *("staff_notice", "escalation", "watch"),
    ):
        op.drop_table(table)


def _watches() -> None:
    _table(
        "watch",
        ("case_id", "assignment_id"),
        sa.Column("case_id", _INT, autoincrement=False, nullable=False),
        sa.Column("assignment_id", _INT, autoincrement=False, nullable=False),
        sa.Column("ladder", sa.String(length=32), nullable=False),
        sa.Column("since", _MOMENT, nullable=False),
        sa.Column("yellow_at", _MOMENT),
        sa.Column("due_at", _MOMENT),
        sa.Column("marked_at", _MOMENT),
        *(sa.Column(name, _INT, nullable=False) for name in ("round", "step", "times")),
        sa.Column("next_at", _MOMENT),
        _key("watch", "case_id", "case"),
    )
    names = ["next_at", "case_id", "assignment_id"]
    op.create_index("ix_watch_next_at_case_id_assignment_id", "watch", names)
    _table(
        "escalation",
        ("id",),
        *(sa.Column(name, _INT, nullable=False) for name in ("id", "case_id", "assignment_id", "round")),
        sa.Column("ladder", sa.String(length=32), nullable=False),
        sa.Column("step", sa.String(length=32), nullable=False),
        sa.Column("times", _INT, nullable=False),
        sa.Column("planned_at", _MOMENT, nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("move", sa.String(length=32)),
        sa.Column("told", sa.JSON(), nullable=False),
        _key("escalation", "case_id", "case"),
        sa.UniqueConstraint(
            *("case_id", "assignment_id", "round", "step", "times"),
            name="uq_escalation_case_id_assignment_id_round_step_times",
        ),
    )
    op.create_index("ix_escalation_at", "escalation", ["at"])


def _notices() -> None:
    _table(
        "staff_notice",
        ("id",),
        sa.Column("id", _INT, nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("case_id", _INT),
        sa.Column("audience", sa.String(length=16), nullable=False),
        sa.Column("unit_id", _INT),
        sa.Column("what", sa.String(length=32), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("read_at", _MOMENT),
        sa.Column("read_by", sa.String(length=64)),
        _key("staff_notice", "case_id", "case"),
        _key("staff_notice", "unit_id", "unit"),
    )
    op.create_index("ix_staff_notice_case_id", "staff_notice", ["case_id"])
    names = ["audience", "unit_id", "read_at", "id"]
    op.create_index("ix_staff_notice_audience_unit_id_read_at_id", "staff_notice", names)


def _reception_days() -> None:
    _table(
        "reception_day",
        ("id",),
        sa.Column("id", _INT, nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("made_at", _MOMENT, nullable=False),
        sa.Column("criteria", sa.JSON(), nullable=False),
        sa.UniqueConstraint("month", name="uq_reception_day_month"),
    )
    _table(
        "reception_item",
        ("id",),
        *(sa.Column(name, _INT, nullable=False) for name in ("id", "day_id", "case_id")),
        sa.Column("why", sa.JSON(), nullable=False),
        sa.Column("outcome", sa.String(length=16)),
        sa.Column("promised_until", sa.Date()),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("leader", sa.String(length=255), nullable=False),
        sa.Column("recorded_at", _MOMENT),
        sa.Column("recorded_by", sa.String(length=64)),
        _key("reception_item", "day_id", "reception_day"),
        _key("reception_item", "case_id", "case"),
        sa.UniqueConstraint("day_id", "case_id", name="uq_reception_item_day_id_case_id"),
    )
    op.create_index("ix_reception_item_case_id", "reception_item", ["case_id"])
    _table(
        "special_report",
        ("id",),
        *(sa.Column(name, _INT, nullable=False) for name in ("id", "year", "serial", "case_id")),
        sa.Column("item_id", _INT),
        sa.Column("made_at", _MOMENT, nullable=False),
        sa.Column("made_by", sa.String(length=64), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("difficulty", "request", "instruction")),
        sa.Column("instructed_by", sa.String(length=64)),
        sa.Column("instructed_at", _MOMENT),
        _key("special_report", "case_id", "case"),
        _key("special_report", "item_id", "reception_item"),
        sa.UniqueConstraint("item_id", name="uq_special_report_item_id"),
        sa.UniqueConstraint("year", "serial", name="uq_special_report_year_serial"),
    )
    op.create_index("ix_special_report_case_id", "special_report", ["case_id"])


def _accountability() -> None:
    _table(
        "accountability",
        ("id",),
        *(sa.Column(name, _INT, nullable=False) for name in ("id", "case_id")),
        sa.Column("unit_id", _INT),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("who", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        _key("accountability", "case_id", "case"),
        _key("accountability", "unit_id", "unit"),
        sa.UniqueConstraint("case_id", name="uq_accountability_case_id"),
    )


def _table(name: str, key: Sequence[str], *parts: Any) -> None:
    op.create_table(name, *parts, sa.PrimaryKeyConstraint(*key, name=f"pk_{name}"))


def _key(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=f"fk_{table}_{column}")

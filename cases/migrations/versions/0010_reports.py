"""The reports, and the indexes by which a day is read without the other days."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: None = None
depends_on: None = None

_INT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_RETURNED = sa.text("returned_at IS NOT NULL")
_OWED = sa.text("reported_at IS NULL AND ended_at IS NULL")

_SLOT = "substr(started_at, 1, 15)"
_NUMBER = (
    "((coalesce(CAST((julianday(answered_at) - julianday(coalesce(transferred_at, started_at))) * "
    "86400.0 + 1000000.9994 AS INTEGER) - 1000000, 0) * 16 + CASE WHEN answered_at < started_at OR "
    "ended_at < coalesce(answered_at, started_at) THEN 3 WHEN answered_at IS NOT NULL THEN 0 WHEN "
    "ended_at IS NOT NULL THEN 1 ELSE 2 END) * 16 + CASE way_in WHEN 'key' THEN 0 WHEN 'refer' THEN "
    "1 WHEN 'redirect' THEN 2 WHEN 'attended' THEN 3 WHEN 'conference' THEN 4 WHEN 'direct' THEN 5 "
    "WHEN 'survey' THEN 6 ELSE 15 END) * 16 + CASE outcome WHEN 'in_progress' THEN 0 WHEN 'message' "
    "THEN 1 WHEN 'agent' THEN 2 WHEN 'back_to_110' THEN 3 WHEN 'progress_told' THEN 4 WHEN "
    "'hung_up' THEN 5 WHEN 'failed' THEN 6 WHEN 'survey' THEN 7 ELSE 15 END"
)
"""As cases/report_calls.py had it: what is counted of a call, in order. A table made anew loses it."""


def upgrade() -> None:
    op.create_table(
        "report",
        sa.Column("id", _INT, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("version", _INT, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(length=64), nullable=False),
        sa.Column("corrects", _INT),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("difference", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_report"),
        sa.UniqueConstraint("kind", "date", "version", name="uq_report_kind_date_version"),
    )
    for table, column in (
        ("assignment", "reported_at"),
        ("assignment", "ended_at"),
        ("transcript", "created_at"),
        ("repeat_offer", "at"),
        ("burst", "raised_at"),
    ):
        op.create_index(f"ix_{table}_{column}", table, [column])
    op.create_index(
        "ix_assignment_returned_at",
        "assignment",
        ["returned_at"],
        sqlite_where=_RETURNED,
        postgresql_where=_RETURNED,
    )
    op.create_index(
        "ix_assignment_owed", "assignment", ["due_at"], sqlite_where=_OWED, postgresql_where=_OWED
    )
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"CREATE INDEX ix_call_report ON call ({_SLOT}, {_NUMBER}, desk)")


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.drop_index("ix_call_report", "call")
    op.drop_index("ix_assignment_owed", "assignment")
    op.drop_index("ix_assignment_returned_at", "assignment")
    for name, table in (
        ("ix_burst_raised_at", "burst"),
        ("ix_repeat_offer_at", "repeat_offer"),
        ("ix_transcript_created_at", "transcript"),
        ("ix_assignment_ended_at", "assignment"),
        ("ix_assignment_reported_at", "assignment"),
    ):
        op.drop_index(name, table)
    op.drop_table("report")

"""What handling a case needs: assignments, extensions, photos, the administrator's days."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: None = None
depends_on: None = None

_INT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOMENT = sa.DateTime(timezone=True)
_ON_CASE = (
    ("yellow_at", _MOMENT),
    ("clock_stopped_at", _MOMENT),
    ("clock_stopped_for", sa.String(length=16)),
    ("review_at", _MOMENT),
    ("completed_at", _MOMENT),
    ("supervised_at", _MOMENT),
)


def upgrade() -> None:
    for name, kind in _ON_CASE:
        op.add_column("case", sa.Column(name, kind))
    for name in ("return_count", "redo_count", "reopen_count"):
        op.add_column("case", sa.Column(name, _INT, nullable=False, server_default="0"))
    op.add_column("case", sa.Column("answer", sa.Text(), nullable=False, server_default=""))
    op.add_column("case_event", sa.Column("version", _INT))
    _assignment()
    _extension()
    _photo_and_holiday()


def downgrade() -> None:
    for table in ("holiday", "photo", "extension", "assignment"):
        op.drop_table(table)
    op.drop_column("case_event", "version")
    for name in ("answer", "reopen_count", "redo_count", "return_count"):
        op.drop_column("case", name)
    for name, _ in reversed(_ON_CASE):
        op.drop_column("case", name)


def _assignment() -> None:
    op.create_table(
        "assignment",
        sa.Column("id", _INT, nullable=False),
        sa.Column("case_id", _INT, nullable=False),
        sa.Column("unit_id", _INT, nullable=False),
        sa.Column("main", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("redo", sa.Boolean(), nullable=False),
        sa.Column("dispatched_at", _MOMENT, nullable=False),
        sa.Column("working_days", _INT, nullable=False),
        sa.Column("extended_days", _INT, nullable=False),
        sa.Column("due_at", _MOMENT, nullable=False),
        sa.Column("yellow_at", _MOMENT, nullable=False),
        sa.Column("stops", sa.JSON(), nullable=False),
        sa.Column("stopped_at", _MOMENT),
        sa.Column("stopped_for", sa.String(length=16)),
        sa.Column("signed_at", _MOMENT),
        sa.Column("reported_at", _MOMENT),
        sa.Column("returned_at", _MOMENT),
        sa.Column("return_upheld", sa.Boolean()),
        sa.Column("final", sa.Boolean(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("ended_at", _MOMENT),
        sa.Column("ended_by", sa.String(length=32)),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name="fk_assignment_case_id"),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name="fk_assignment_unit_id"),
        sa.PrimaryKeyConstraint("id", name="pk_assignment"),
    )
    op.create_index("ix_assignment_case_id", "assignment", ["case_id"])
    op.create_index("ix_assignment_unit_id_ended_at", "assignment", ["unit_id", "ended_at"])


def _extension() -> None:
    op.create_table(
        "extension",
        sa.Column("id", _INT, nullable=False),
        sa.Column("case_id", _INT, nullable=False),
        sa.Column("assignment_id", _INT, nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("days", _INT, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_at", _MOMENT, nullable=False),
        sa.Column("asked_by", sa.String(length=64), nullable=False),
        sa.Column("answered_at", _MOMENT),
        sa.Column("answered_by", sa.String(length=64)),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name="fk_extension_case_id"),
        sa.ForeignKeyConstraint(["assignment_id"], ["assignment.id"], name="fk_extension_assignment_id"),
        sa.PrimaryKeyConstraint("id", name="pk_extension"),
    )
    op.create_index("ix_extension_case_id", "extension", ["case_id"])
    op.create_index("ix_extension_assignment_id", "extension", ["assignment_id"])


def _photo_and_holiday() -> None:
    op.create_table(
        "photo",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("case_id", _INT, nullable=False),
        sa.Column("unit_id", _INT),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("who", sa.String(length=64), nullable=False),
        sa.Column("move", sa.String(length=32), nullable=False),
        sa.Column("path", sa.String(length=512), nullable=False),
        sa.Column("width", _INT, nullable=False),
        sa.Column("height", _INT, nullable=False),
        sa.Column("size", _INT, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name="fk_photo_case_id"),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name="fk_photo_unit_id"),
        sa.PrimaryKeyConstraint("id", name="pk_photo"),
        sa.UniqueConstraint("path", name="uq_photo_path"),
    )
    op.create_index("ix_photo_case_id", "photo", ["case_id"])
    op.create_table(
        "holiday",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("working", sa.Boolean(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("who", sa.String(length=64), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("day", name="pk_holiday"),
    )

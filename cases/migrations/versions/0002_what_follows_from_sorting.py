"""What follows from sorting: requests of one message, repeats, bursts, firms' turns, examples"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: None = None
depends_on: None = None

_INT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    # SQLite alters by copying the table, which its own foreign keys forbid: these are plain additions.
    number = "INTEGER" if op.get_bind().dialect.name == "sqlite" else "BIGINT"
    part_of = f'part_of_id {number} CONSTRAINT fk_case_part_of_id REFERENCES "case"(id)'
    op.execute(f'ALTER TABLE "case" ADD COLUMN {part_of}')
    op.add_column("case", sa.Column("part", _INT, nullable=False, server_default="0"))
    op.add_column("case", sa.Column("followed_up_at", sa.DateTime(timezone=True)))
    op.create_index("ix_case_part_of_id_part", "case", ["part_of_id", "part"], unique=True)
    op.create_index("ix_case_followed_up_at_opened_at", "case", ["followed_up_at", "opened_at"])
    op.create_index("ix_case_matter_opened_at", "case", ["matter", "opened_at"])
    op.create_index("ix_case_caller_opened_at", "case", ["caller", "opened_at"])
    # What was sorted before this version is not compared afterwards: an old burst would raise its alarm now.
    op.execute("UPDATE \"case\" SET followed_up_at = changed_at WHERE state <> 'accepted'")
    _repeats()
    _turns_and_examples()


def downgrade() -> None:
    for table in ("example", "firm_turn", "burst_member", "burst", "repeat_offer"):
        op.drop_table(table)
    for index in ("part_of_id_part", "followed_up_at_opened_at", "matter_opened_at", "caller_opened_at"):
        op.drop_index(f"ix_case_{index}", "case")
    for column in ("part_of_id", "part", "followed_up_at"):
        op.drop_column("case", column)


def _repeats() -> None:
    op.create_table(
        "repeat_offer",
        sa.Column("id", _INT, nullable=False),
        sa.Column("case_id", _INT, nullable=False),
        sa.Column("earlier_id", _INT, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("common", sa.JSON(), nullable=False),
        sa.Column("answer", sa.String(length=16)),
        sa.Column("answered_by", sa.String(length=64)),
        sa.Column("answered_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name="fk_repeat_offer_case_id"),
        sa.ForeignKeyConstraint(["earlier_id"], ["case.id"], name="fk_repeat_offer_earlier_id"),
        sa.PrimaryKeyConstraint("id", name="pk_repeat_offer"),
        sa.UniqueConstraint("case_id", "earlier_id", name="uq_repeat_offer_case_id_earlier_id"),
    )
    op.create_index("ix_repeat_offer_earlier_id", "repeat_offer", ["earlier_id"])
    op.create_table(
        "burst",
        sa.Column("id", _INT, nullable=False),
        sa.Column("matter", sa.String(length=255), nullable=False),
        sa.Column("place", sa.String(length=255), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_by", sa.String(length=64)),
        sa.Column("seen_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_burst"),
    )
    op.create_index("ix_burst_last_at", "burst", ["last_at"])
    op.create_table(
        "burst_member",
        sa.Column("case_id", _INT, nullable=False),
        sa.Column("burst_id", _INT, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name="fk_burst_member_case_id"),
        sa.ForeignKeyConstraint(["burst_id"], ["burst.id"], name="fk_burst_member_burst_id"),
        sa.PrimaryKeyConstraint("case_id", name="pk_burst_member"),
    )
    op.create_index("ix_burst_member_burst_id", "burst_member", ["burst_id"])


def _turns_and_examples() -> None:
    op.create_table(
        "firm_turn",
        sa.Column("unit_id", _INT, nullable=False),
        sa.Column("jobs", _INT, nullable=False),
        sa.Column("rating", sa.Double()),
        sa.Column("last_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name="fk_firm_turn_unit_id"),
        sa.PrimaryKeyConstraint("unit_id", name="pk_firm_turn"),
    )
    op.create_table(
        "example",
        sa.Column("id", _INT, nullable=False),
        sa.Column("case_id", _INT, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.String(length=64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("matter", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name="fk_example_case_id"),
        sa.PrimaryKeyConstraint("id", name="pk_example"),
    )
    op.create_index("ix_example_case_id", "example", ["case_id"])

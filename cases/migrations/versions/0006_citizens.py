"""What the citizen is told and asked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: None = None
depends_on: None = None

_INT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOMENT = sa.DateTime(timezone=True)
_UNTOLD = sa.text("told_at IS NULL")
_UNSETTLED = sa.text("answer IS NOT NULL AND settled_at IS NULL")


def upgrade() -> None:
    op.add_column("case", sa.Column("told_at", _MOMENT))
    # Whose number was told before this version gets no message now.
    op.execute('UPDATE "case" SET told_at = opened_at')
    op.create_index(
        "ix_case_opened_at_untold",
        "case",
        ["opened_at"],
        sqlite_where=_UNTOLD,
        postgresql_where=_UNTOLD,
    )
    _messages()
    _surveys()


def downgrade() -> None:
    for table in ("survey", "shown_message", "message_out"):
        op.drop_table(table)
    op.drop_index("ix_case_opened_at_untold", "case")
    op.drop_column("case", "told_at")


def _messages() -> None:
    op.create_table(
        "message_out",
        sa.Column("id", _INT, nullable=False),
        sa.Column("case_id", _INT, nullable=False),
        sa.Column("template", sa.String(length=24), nullable=False),
        sa.Column("occasion", sa.String(length=40), nullable=False),
        sa.Column("to", sa.String(length=32), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("tries", _INT, nullable=False),
        sa.Column("next_at", _MOMENT),
        sa.Column("claimed_by", sa.String(length=64)),
        sa.Column("claimed_until", _MOMENT),
        sa.Column("sent_at", _MOMENT),
        sa.Column("problem", sa.String(length=255)),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name="fk_message_out_case_id"),
        sa.PrimaryKeyConstraint("id", name="pk_message_out"),
        sa.UniqueConstraint(
            "case_id", "template", "occasion", name="uq_message_out_case_id_template_occasion"
        ),
    )
    op.create_index("ix_message_out_state_next_at", "message_out", ["state", "next_at"])
    op.create_index("ix_message_out_created_at", "message_out", ["created_at"])
    op.create_table(
        "shown_message",
        sa.Column("message_id", _INT, nullable=False),
        sa.Column("to", sa.String(length=32), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["message_out.id"], name="fk_shown_message_message_id"),
        sa.PrimaryKeyConstraint("message_id", name="pk_shown_message"),
    )
    op.create_index("ix_shown_message_at", "shown_message", ["at"])


def _surveys() -> None:
    op.create_table(
        "survey",
        sa.Column("id", _INT, nullable=False),
        sa.Column("case_id", _INT, nullable=False),
        sa.Column("round", _INT, nullable=False),
        sa.Column("unit_id", _INT),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("planned_at", _MOMENT, nullable=False),
        sa.Column("tries", _INT, nullable=False),
        sa.Column("next_at", _MOMENT),
        sa.Column("called_at", _MOMENT),
        sa.Column("claimed_until", _MOMENT),
        sa.Column("call_id", sa.String(length=36)),
        sa.Column("last_result", sa.String(length=24)),
        sa.Column("way", sa.String(length=24)),
        sa.Column("answer", _INT),
        sa.Column("answered_at", _MOMENT),
        sa.Column("answered_by", sa.String(length=64)),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("recording_id", sa.String(length=36)),
        sa.Column("settled_at", _MOMENT),
        sa.Column("founded", sa.Boolean()),
        sa.Column("judged_by", sa.String(length=64)),
        sa.Column("judged_at", _MOMENT),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name="fk_survey_case_id"),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name="fk_survey_unit_id"),
        sa.PrimaryKeyConstraint("id", name="pk_survey"),
        sa.UniqueConstraint("case_id", "round", name="uq_survey_case_id_round"),
    )
    op.create_index("ix_survey_state_next_at", "survey", ["state", "next_at"])
    op.create_index("ix_survey_call_id", "survey", ["call_id"])
    op.create_index(
        "ix_survey_unsettled",
        "survey",
        ["answered_at"],
        sqlite_where=_UNSETTLED,
        postgresql_where=_UNSETTLED,
    )
    op.create_index("ix_survey_answered_at", "survey", ["answered_at"])

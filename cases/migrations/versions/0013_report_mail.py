"""What is to be mailed of the reports, and what came of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0013"
down_revision: str | None = "0010"
branch_labels: None = None
depends_on: None = None

_INT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "report_mail",
        sa.Column("id", _INT, nullable=False),
        sa.Column("report_id", _INT, nullable=False),
        sa.Column("to", sa.String(length=254), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", _INT, nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True)),
        sa.Column("sent_at", sa.DateTime(timezone=True)),
        sa.Column("problem", sa.String(length=255)),
        sa.PrimaryKeyConstraint("id", name="pk_report_mail"),
        sa.ForeignKeyConstraint(["report_id"], ["report.id"], name="fk_report_mail_report_id"),
        sa.UniqueConstraint("report_id", "to", name="uq_report_mail_report_id_to"),
    )
    op.create_index("ix_report_mail_state_next_at", "report_mail", ["state", "next_at"])


def downgrade() -> None:
    op.drop_table("report_mail")

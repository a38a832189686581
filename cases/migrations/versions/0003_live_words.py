"""What is heard while a caller speaks, and how soon after the last word all words stood."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: None = None
depends_on: None = None


_INT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("recording", sa.Column("live", sa.JSON()))
    op.add_column("transcript", sa.Column("ready_after_last_word_ms", _INT))


def downgrade() -> None:
    op.drop_column("transcript", "ready_after_last_word_ms")
    op.drop_column("recording", "live")

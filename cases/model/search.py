"""What the search looks through: the words of each case, cut small (cases/grams.py)."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from cases.model.base import Base


class CaseSearch(Base):
    """The words of one case. Migration 0008 makes their index: on SQLite the table `case_words` (FTS5), kept
    in step by triggers; on PostgreSQL GIN."""

    __tablename__ = "case_search"

    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), primary_key=True, autoincrement=False)
    words: Mapped[str] = mapped_column(Text().with_variant(TSVECTOR(), "postgresql"))


class Unindexed(Base):
    """A case whose words changed. The database's triggers write it, whoever changed them; rows only come and
    go, so that a change during the indexing leaves a row of its own."""

    __tablename__ = "case_unindexed"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int]

"""Insert a row unless it stands already, on both databases, without failing the transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from cases.model import Base


def insert_once(session: Session, row: type[Base], values: Mapping[str, Any]) -> bool:
    """Whether this row is new. A second writer of the same key waits for the first and gets False."""
    dialect = session.get_bind().dialect.name
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    table: Any = row.__table__
    statement = insert(table).values(**values).on_conflict_do_nothing()
    # The driver's row count is not to be had here; what came back is.
    return session.execute(statement.returning(*table.primary_key)).first() is not None

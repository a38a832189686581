"""Alembic's entry: run the steps on the connection that cases/migrate.py hands over."""

from __future__ import annotations

from alembic import context

from cases.model import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    # SQLite changes a column by copying its table.
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()

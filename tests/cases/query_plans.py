"""What a database says it will do for the statements of a use case."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import event, text
from sqlalchemy.orm import Session


def plans(session: Session, ask: Callable[[], object]) -> list[str]:
    """The plan of each statement of `ask`, in order."""
    asked: list[tuple[str, object]] = []
    connection = session.connection()
    postgres = connection.dialect.name == "postgresql"

    def note(_c: object, _cursor: object, statement: str, values: object, *_: object) -> None:
        asked.append((statement, values))

    event.listen(connection, "before_cursor_execute", note)
    ask()
    event.remove(connection, "before_cursor_execute", note)
    if postgres:
        # A few rows are read faster without an index; what it does with many is asked.
        session.execute(text("SET LOCAL enable_seqscan = off"))
        session.execute(text("SET LOCAL enable_bitmapscan = off"))
    explain = "EXPLAIN " if postgres else "EXPLAIN QUERY PLAN "
    return [
        "\n".join(str(line) for line in connection.exec_driver_sql(explain + statement, values))
        for statement, values in asked
    ]

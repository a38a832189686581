"""The index of the search, and the triggers that say which cases' words changed (docs/decisions/0022)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: None = None
depends_on: None = None

_INT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_WATCHED = ("text", "matter", "place", "caller")


def upgrade() -> None:
    op.create_table(
        "case_search",
        sa.Column("case_id", _INT, autoincrement=False, nullable=False),
        sa.Column("words", sa.Text().with_variant(TSVECTOR(), "postgresql"), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name="fk_case_search_case_id"),
        sa.PrimaryKeyConstraint("case_id", name="pk_case_search"),
    )
    op.create_table(
        "case_unindexed",
        sa.Column("id", _INT, nullable=False),
        sa.Column("case_id", _INT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_case_unindexed"),
    )
    # A unit's list goes on by the case's id.
    op.drop_index("ix_case_unit_id", "case")
    op.create_index("ix_case_unit_id_id", "case", ["unit_id", "id"])
    op.create_index("ix_assignment_unit_id_case_id", "assignment", ["unit_id", "case_id"])
    # Of the few that are merged, so that one case's are found among many that are not.
    op.drop_index("ix_case_merged_into_id", "case")
    merged = sa.text("merged_into_id IS NOT NULL")
    op.create_index(
        "ix_case_merged_into_id", "case", ["merged_into_id"], sqlite_where=merged, postgresql_where=merged
    )
    # What stands already is indexed by the sweep, the newest first.
    op.execute('INSERT INTO case_unindexed (case_id) SELECT id FROM "case" ORDER BY id DESC')
    if op.get_bind().dialect.name == "postgresql":
        op.create_index("ix_case_search_words", "case_search", ["words"], postgresql_using="gin")
        statements = _POSTGRES
    else:
        statements = _SQLITE
    for statement in statements:
        op.execute(statement)


def downgrade() -> None:
    postgres = op.get_bind().dialect.name == "postgresql"
    for name, on, *_ in _TRIGGERS:
        op.execute(f'DROP TRIGGER {name} ON "{on}"' if postgres else f"DROP TRIGGER {name}")
    if postgres:
        for name, *_ in _TRIGGERS:
            op.execute(f"DROP FUNCTION {name}()")
        op.drop_index("ix_case_search_words", "case_search")
    else:
        op.execute("DROP TABLE case_words")
    op.drop_table("case_unindexed")
    op.drop_table("case_search")
    op.drop_index("ix_case_merged_into_id", "case")
    op.create_index("ix_case_merged_into_id", "case", ["merged_into_id"])
    op.drop_index("ix_assignment_unit_id_case_id", "assignment")
    op.drop_index("ix_case_unit_id_id", "case")
    op.create_index("ix_case_unit_id", "case", ["unit_id"])


def _changed(columns: tuple[str, ...], different: str) -> str:
    # JSON has no equality of its own.
    sides = ((f"CAST(OLD.{each} AS TEXT)", f"CAST(NEW.{each} AS TEXT)") for each in columns)
    return " OR ".join(f"{old} {different} {new}" for old, new in sides)


_OF_RECORDING = (
    "SELECT call.case_id FROM recording JOIN call ON call.id = recording.call_id "
    "WHERE recording.id = NEW.recording_id AND call.case_id IS NOT NULL"
)
Trigger = tuple[str, str, str, tuple[str, ...], str, str]
"""Name, table, event, columns, of which rows, and what becomes unindexed."""
_TRIGGERS: tuple[Trigger, ...] = (
    ("case_comes", "case", "INSERT", (), "", "SELECT NEW.id"),
    ("case_words_change", "case", "UPDATE", _WATCHED, "changed", "SELECT NEW.id"),
    ("call_is_joined", "call", "UPDATE", ("case_id",), "joined", "SELECT NEW.case_id"),
    ("transcript_comes", "transcript", "INSERT", (), "NEW.text <> ''", _OF_RECORDING),
    ("transcript_changes", "transcript", "UPDATE", ("text",), "changed", _OF_RECORDING),
)


def _trigger(each: Trigger, postgres: bool) -> str:
    name, on, event, columns, when, rows = each
    different = "IS DISTINCT FROM" if postgres else "IS NOT"
    if when == "changed":
        when = _changed(columns, different)
    elif when == "joined":
        # A call's first case is new itself.
        when = f"NEW.case_id IS NOT NULL AND OLD.case_id IS NOT NULL AND NEW.case_id {different} OLD.case_id"
    head = f"CREATE TRIGGER {name} AFTER {event}"
    head += f" OF {', '.join(columns)}" if columns else ""
    head += f' ON "{on}" FOR EACH ROW' + (f" WHEN ({when})" if when else "")
    if postgres:
        return f"{head} EXECUTE FUNCTION {name}()"
    return f"{head} BEGIN INSERT INTO case_unindexed (case_id) {rows}; END"


def _function(name: str, rows: str) -> str:
    return (
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"INSERT INTO case_unindexed (case_id) {rows}; RETURN NULL; END $$"
    )


_POSTGRES = (
    *(_function(name, rows) for name, *_, rows in _TRIGGERS),
    *(_trigger(each, True) for each in _TRIGGERS),
)
_DELETE = "INSERT INTO case_words (case_words, rowid, words) VALUES ('delete', OLD.case_id, OLD.words);"
_INSERT = "INSERT INTO case_words (rowid, words) VALUES (NEW.case_id, NEW.words);"
_SQLITE = (
    "CREATE VIRTUAL TABLE case_words USING fts5(words, content='case_search', content_rowid='case_id', "
    "tokenize=\"unicode61 remove_diacritics 0 tokenchars '_'\", prefix='1')",
    f"CREATE TRIGGER case_search_comes AFTER INSERT ON case_search BEGIN {_INSERT} END",
    f"CREATE TRIGGER case_search_goes AFTER DELETE ON case_search BEGIN {_DELETE} END",
    f"CREATE TRIGGER case_search_changes AFTER UPDATE ON case_search BEGIN {_DELETE} {_INSERT} END",
    *(_trigger(each, False) for each in _TRIGGERS),
)

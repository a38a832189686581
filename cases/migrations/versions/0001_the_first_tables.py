"""The first tables"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0001"
down_revision: str | None = None
branch_labels: None = None
depends_on: None = None

# A country's calls pass 2**31 events within weeks; SQLite counts its own way.
_INT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _bookkeeping()
    _city_and_people()
    _cases()
    _calls()
    _recordings()


def downgrade() -> None:
    for table in (
        "transcript",
        "recording",
        "desk_note",
        "call_back",
        "call_event",
        "leg",
        "call",
        "case_event",
        "case",
        "user",
        "matter",
        "unit",
        "loaded_city",
        "counter",
        "change",
        "audit_entry",
        "applied_fact",
    ):
        op.drop_table(table)


def _bookkeeping() -> None:
    op.create_table(
        "applied_fact",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_applied_fact"),
    )
    op.create_table(
        "audit_entry",
        sa.Column("id", _INT, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.String(length=64), nullable=False),
        sa.Column("what", sa.String(length=32), nullable=False),
        sa.Column("target", sa.String(length=255), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_entry"),
    )
    op.create_index("ix_audit_entry_at", "audit_entry", ["at"])
    op.create_index("ix_audit_entry_who", "audit_entry", ["who"])
    op.create_table(
        "change",
        sa.Column("id", _INT, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("noun", sa.String(length=16), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_change"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "counter",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("next_value", _INT, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_counter"),
    )
    op.create_table(
        "loaded_city",
        sa.Column("id", _INT, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("loaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_loaded_city"),
        sa.UniqueConstraint("digest", name="uq_loaded_city_digest"),
    )


def _city_and_people() -> None:
    op.create_table(
        "unit",
        sa.Column("id", _INT, nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("type", sa.String(length=24), nullable=False),
        sa.Column("sector", sa.String(length=24), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_unit"),
        sa.UniqueConstraint("code", name="uq_unit_code"),
    )
    op.create_table(
        "matter",
        sa.Column("id", _INT, nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("parent_id", _INT),
        sa.Column("unit_id", _INT),
        sa.Column("sector", sa.String(length=24), nullable=False),
        sa.Column("deadline_class", sa.String(length=16), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["parent_id"], ["matter.id"], name="fk_matter_parent_id"),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name="fk_matter_unit_id"),
        sa.PrimaryKeyConstraint("id", name="pk_matter"),
        sa.UniqueConstraint("code", name="uq_matter_code"),
    )
    op.create_table(
        "user",
        sa.Column("id", _INT, nullable=False),
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("role", sa.String(length=24), nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=False),
        sa.Column("must_change_password", sa.Boolean(), nullable=False),
        sa.Column("session_version", _INT, nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("failed_logins", _INT, nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True)),
        sa.Column("last_login_at", sa.DateTime(timezone=True)),
        sa.Column("unit_id", _INT),
        sa.Column("desk", sa.String(length=64)),
        sa.Column("phone", sa.String(length=64)),
        sa.Column("language", sa.String(length=8)),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name="fk_user_unit_id"),
        sa.PrimaryKeyConstraint("id", name="pk_user"),
        sa.UniqueConstraint("username", name="uq_user_username"),
    )


def _cases() -> None:
    op.create_table(
        "case",
        sa.Column("id", _INT, nullable=False),
        sa.Column("number", sa.String(length=12), nullable=False),
        sa.Column("tracking_code", sa.String(length=12), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("version", _INT, nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("caller", sa.String(length=32), nullable=False),
        sa.Column("caller_name", sa.String(length=255), nullable=False),
        sa.Column("confidential", sa.Boolean(), nullable=False),
        sa.Column("way_in", sa.String(length=24), nullable=False),
        sa.Column("desk", sa.String(length=64)),
        sa.Column("recording_id", sa.String(length=36)),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("matter", sa.String(length=255)),
        sa.Column("matter_path", sa.JSON(), nullable=False),
        sa.Column("kind", sa.String(length=24)),
        sa.Column("sector", sa.String(length=24)),
        sa.Column("place", sa.JSON(), nullable=False),
        sa.Column("unit_id", _INT),
        sa.Column("priority", sa.String(length=24), nullable=False),
        sa.Column("deadline_class", sa.String(length=16)),
        sa.Column("danger", sa.Boolean(), nullable=False),
        sa.Column("unsure", sa.Boolean(), nullable=False),
        sa.Column("guesses", sa.JSON(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True)),
        sa.Column("dispatched_at", sa.DateTime(timezone=True)),
        sa.Column("closed_at", sa.DateTime(timezone=True)),
        sa.Column("merged_into_id", _INT),
        sa.ForeignKeyConstraint(["merged_into_id"], ["case.id"], name="fk_case_merged_into_id"),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name="fk_case_unit_id"),
        sa.PrimaryKeyConstraint("id", name="pk_case"),
        sa.UniqueConstraint("number", name="uq_case_number"),
    )
    op.create_index("ix_case_caller", "case", ["caller"])
    op.create_index("ix_case_due_at", "case", ["due_at"])
    op.create_index("ix_case_opened_at", "case", ["opened_at"])
    op.create_index("ix_case_state_opened_at", "case", ["state", "opened_at"])
    op.create_index("ix_case_unit_id", "case", ["unit_id"])
    op.create_table(
        "case_event",
        sa.Column("id", _INT, nullable=False),
        sa.Column("case_id", _INT, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.String(length=64), nullable=False),
        sa.Column("move", sa.String(length=32), nullable=False),
        sa.Column("rule", sa.String(length=16)),
        sa.Column("from_state", sa.String(length=24)),
        sa.Column("to_state", sa.String(length=24)),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name="fk_case_event_case_id"),
        sa.PrimaryKeyConstraint("id", name="pk_case_event"),
    )
    op.create_index("ix_case_event_case_id", "case_event", ["case_id"])


def _calls() -> None:
    op.create_table(
        "call",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("linked_id", sa.String(length=255), nullable=False),
        sa.Column("door", sa.String(length=16), nullable=False),
        sa.Column("caller", sa.String(length=32), nullable=False),
        sa.Column("caller_name", sa.String(length=255), nullable=False),
        sa.Column("did", sa.String(length=32), nullable=False),
        sa.Column("way_in", sa.String(length=24), nullable=False),
        sa.Column("desk", sa.String(length=64)),
        sa.Column("transferred_at", sa.DateTime(timezone=True)),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True)),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("outcome", sa.String(length=24), nullable=False),
        sa.Column("agent", sa.String(length=64)),
        sa.Column("case_id", _INT),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name="fk_call_case_id"),
        sa.PrimaryKeyConstraint("id", name="pk_call"),
    )
    op.create_index("ix_call_caller", "call", ["caller"])
    op.create_index("ix_call_case_id", "call", ["case_id"])
    op.create_index("ix_call_desk", "call", ["desk"])
    op.create_index("ix_call_linked_id", "call", ["linked_id"])
    op.create_index("ix_call_outcome_started_at", "call", ["outcome", "started_at"])
    op.create_index("ix_call_started_at", "call", ["started_at"])
    op.create_table(
        "leg",
        sa.Column("id", _INT, nullable=False),
        sa.Column("call_id", sa.String(length=36), nullable=False),
        sa.Column("role", sa.String(length=24), nullable=False),
        sa.Column("channel", sa.String(length=255), nullable=False),
        sa.Column("party", sa.String(length=64), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True)),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name="fk_leg_call_id"),
        sa.PrimaryKeyConstraint("id", name="pk_leg"),
    )
    op.create_index("ix_leg_call_id", "leg", ["call_id"])
    op.create_table(
        "call_event",
        sa.Column("id", _INT, nullable=False),
        sa.Column("call_id", sa.String(length=36), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("what", sa.String(length=32), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name="fk_call_event_call_id"),
        sa.PrimaryKeyConstraint("id", name="pk_call_event"),
    )
    op.create_index("ix_call_event_call_id", "call_event", ["call_id"])
    op.create_table(
        "call_back",
        sa.Column("id", _INT, nullable=False),
        sa.Column("call_id", sa.String(length=36), nullable=False),
        sa.Column("case_id", _INT),
        sa.Column("caller", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=24), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True)),
        sa.Column("done_by", sa.String(length=64)),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name="fk_call_back_call_id"),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name="fk_call_back_case_id"),
        sa.PrimaryKeyConstraint("id", name="pk_call_back"),
        sa.UniqueConstraint("call_id", name="uq_call_back_call_id"),
    )
    op.create_index("ix_call_back_case_id", "call_back", ["case_id"])
    op.create_index("ix_call_back_created_at", "call_back", ["created_at"])
    op.create_index("ix_call_back_state", "call_back", ["state"])
    op.create_table(
        "desk_note",
        sa.Column("id", _INT, nullable=False),
        sa.Column("call_id", sa.String(length=36), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("heard", sa.Text(), nullable=False),
        sa.Column("answered_by", sa.String(length=64)),
        sa.Column("answered_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name="fk_desk_note_call_id"),
        sa.PrimaryKeyConstraint("id", name="pk_desk_note"),
    )
    op.create_index("ix_desk_note_call_id", "desk_note", ["call_id"])
    op.create_index("ix_desk_note_created_at", "desk_note", ["created_at"])


def _recordings() -> None:
    op.create_table(
        "recording",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("call_id", sa.String(length=36), nullable=False),
        sa.Column("path", sa.String(length=512), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("ended_by", sa.String(length=16)),
        sa.Column("seconds", sa.Double()),
        sa.Column("spoken_seconds", sa.Double()),
        sa.Column("peaks", sa.JSON()),
        sa.Column("problem", sa.String(length=255)),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name="fk_recording_call_id"),
        sa.PrimaryKeyConstraint("id", name="pk_recording"),
        sa.UniqueConstraint("path", name="uq_recording_path"),
    )
    op.create_index("ix_recording_call_id", "recording", ["call_id"])
    op.create_index("ix_recording_state", "recording", ["state"])
    op.create_table(
        "transcript",
        sa.Column("id", _INT, nullable=False),
        sa.Column("recording_id", sa.String(length=36), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("words", sa.JSON(), nullable=False),
        sa.Column("model", sa.String(length=255)),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.Column("bell", sa.String(length=24), nullable=False),
        sa.Column("rang_at", sa.DateTime(timezone=True)),
        sa.Column("claimed_by", sa.String(length=64)),
        sa.Column("claimed_until", sa.DateTime(timezone=True)),
        sa.Column("tries", _INT, nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True)),
        sa.Column("problem", sa.String(length=255)),
        sa.ForeignKeyConstraint(["recording_id"], ["recording.id"], name="fk_transcript_recording_id"),
        sa.PrimaryKeyConstraint("id", name="pk_transcript"),
        sa.UniqueConstraint("recording_id", name="uq_transcript_recording_id"),
    )
    op.create_index("ix_transcript_work", "transcript", ["state", "next_try_at"])

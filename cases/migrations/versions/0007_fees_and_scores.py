"""Fees, the register of households, claims to be served free, contracts, statements."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: None = None
depends_on: None = None

_INT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _prices()
    _fees()
    _households()
    _claims()
    _contracts()
    _statements()
    op.create_index("ix_assignment_dispatched_at", "assignment", ["dispatched_at"])
    founded = sa.text("founded")
    op.create_index(
        "ix_survey_founded", "survey", ["unit_id"], sqlite_where=founded, postgresql_where=founded
    )


def downgrade() -> None:
    op.drop_index("ix_survey_founded", "survey")
    op.drop_index("ix_assignment_dispatched_at", "assignment")
    for table in ("statement", "contract_event", "contract", "free_claim", "household", "fee", "price"):
        op.drop_table(table)


def _prices() -> None:
    op.create_table(
        "price",
        sa.Column("id", _INT, nullable=False),
        sa.Column("trade", sa.String(length=64), nullable=False),
        sa.Column("service", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("per", sa.String(length=16), nullable=False),
        sa.Column("reference_fen", _INT, nullable=False),
        sa.Column("usual", sa.Boolean(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date()),
        sa.Column("sample", sa.Boolean(), nullable=False),
        sa.CheckConstraint("reference_fen >= 0", name=op.f("ck_price_reference")),
        sa.PrimaryKeyConstraint("id", name="pk_price"),
        sa.UniqueConstraint("trade", "service", "valid_from", name="uq_price_trade_service_valid_from"),
    )


def _fees() -> None:
    money = ("reference_fen", "discount_fen", "price_fen", "citizen_fen", "government_fen")
    op.create_table(
        "fee",
        sa.Column("id", _INT, nullable=False),
        sa.Column("case_id", _INT, nullable=False),
        sa.Column("turn", _INT, nullable=False),
        sa.Column("unit_id", _INT, nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("price_id", _INT),
        sa.Column("quantity", _INT, nullable=False),
        *(sa.Column(name, _INT, nullable=False) for name in money),
        sa.Column("made_at", _AT, nullable=False),
        sa.Column("agreed_at", _AT),
        sa.Column("agreed_by", sa.String(length=64)),
        sa.Column("billed_at", _AT),
        sa.Column("settled_at", _AT),
        sa.Column("settled_by", sa.String(length=64)),
        sa.Column("void_at", _AT),
        sa.Column("void_why", sa.String(length=32), nullable=False),
        sa.CheckConstraint("discount_fen + price_fen = reference_fen", name=op.f("ck_fee_price")),
        sa.CheckConstraint("citizen_fen + government_fen = price_fen", name=op.f("ck_fee_payers")),
        sa.CheckConstraint(
            "citizen_fen >= 0 AND government_fen >= 0 AND discount_fen >= 0", name=op.f("ck_fee_no_debt")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name="fk_fee_case_id"),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name="fk_fee_unit_id"),
        sa.ForeignKeyConstraint(["price_id"], ["price.id"], name="fk_fee_price_id"),
        sa.PrimaryKeyConstraint("id", name="pk_fee"),
        sa.UniqueConstraint("case_id", "turn", name="uq_fee_case_id_turn"),
    )
    op.create_index("ix_fee_billed_at", "fee", ["billed_at"])
    op.create_index("ix_fee_unit_id_billed_at", "fee", ["unit_id", "billed_at"])


def _households() -> None:
    op.create_table(
        "household",
        sa.Column("id", _INT, nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("name_key", sa.String(length=64), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date()),
        sa.Column("imported_at", _AT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_household"),
        sa.UniqueConstraint(
            "number", "name_key", "kind", "valid_from", name="uq_household_number_name_key_kind_valid_from"
        ),
    )


def _claims() -> None:
    op.create_table(
        "free_claim",
        sa.Column("id", _INT, nullable=False),
        sa.Column("case_id", _INT, nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("claimed_at", _AT, nullable=False),
        sa.Column("claimed_by", sa.String(length=64), nullable=False),
        sa.Column("household_id", _INT),
        sa.Column("why", sa.String(length=32), nullable=False),
        sa.Column("checked_at", _AT),
        sa.Column("checked_by", sa.String(length=64)),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name="fk_free_claim_case_id"),
        sa.ForeignKeyConstraint(["household_id"], ["household.id"], name="fk_free_claim_household_id"),
        sa.PrimaryKeyConstraint("id", name="pk_free_claim"),
        sa.UniqueConstraint("case_id", name="uq_free_claim_case_id"),
    )
    op.create_index("ix_free_claim_state", "free_claim", ["state"])


def _contracts() -> None:
    op.create_table(
        "contract",
        sa.Column("unit_id", _INT, nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("since", _AT, nullable=False),
        sa.Column("counted_from", _AT),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name="fk_contract_unit_id"),
        sa.PrimaryKeyConstraint("unit_id", name="pk_contract"),
    )
    op.create_table(
        "contract_event",
        sa.Column("id", _INT, nullable=False),
        sa.Column("unit_id", _INT, nullable=False),
        sa.Column("at", _AT, nullable=False),
        sa.Column("who", sa.String(length=64), nullable=False),
        sa.Column("from_state", sa.String(length=24), nullable=False),
        sa.Column("to_state", sa.String(length=24), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name="fk_contract_event_unit_id"),
        sa.PrimaryKeyConstraint("id", name="pk_contract_event"),
    )
    op.create_index("ix_contract_event_unit_id", "contract_event", ["unit_id"])


def _statements() -> None:
    op.create_table(
        "statement",
        sa.Column("id", _INT, nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("version", _INT, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("made_at", _AT, nullable=False),
        sa.Column("made_by", sa.String(length=64), nullable=False),
        sa.Column("totals", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_statement"),
        sa.UniqueConstraint("month", "version", name="uq_statement_month_version"),
    )

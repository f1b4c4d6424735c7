"""Erasures become rows of the ledger of consents; how something was collected can be erased; notices are chained."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_COLLECTED = ("collection_method", "collected_at", "recorded_by")


def upgrade() -> None:
    """Writes the ledger anew, each row as it was, in the new form and chain. No release ever had the old form."""
    bind = op.get_bind()
    said = bind.execute(sa.text("select * from consent_ledger order by seq")).mappings().all()
    named = {row["seq"]: row for row in bind.execute(sa.text("select * from consent_subjects")).mappings()}
    for name in ("consent_ledger", "consent_subjects"):
        op.drop_table(name)
    ledger, subjects, erasures = _tables()
    before = "0" * 64
    for row in said:
        about = named.get(row["seq"])
        committed = _commitment(row, about) if about else row["commitment"]
        before = _link(before, row, committed)
        kept = {name: row[name] for name in row if name not in _COLLECTED}
        op.bulk_insert(ledger, [kept | {"carried": False, "commitment": committed, "chain": before}])
        if about:
            op.bulk_insert(subjects, [{**about, **{name: row[name] for name in _COLLECTED}}])
    last = said[-1]["seq"] if said else 0
    if gone := [row["seq"] for row in said if row["seq"] not in named]:
        last, at = last + 1, datetime.now(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
        reason = "erased before erasures were written down"
        before = _sha256([before, "erasure", last, _moment(at), gone, None, reason])
        erased = {"seq": last, "erased_at": at, "rows": json.dumps(gone), "reason": reason, "chain": before}
        op.bulk_insert(erasures, [erased])
    if last:
        bind.execute(
            sa.text("update consent_head set entries = :last, chain = :chain"), {"last": last, "chain": before}
        )


def _tables() -> tuple[sa.Table, sa.Table, sa.Table]:
    # Moments are handed on as the file has them, so that they are text here; the file's own type is DATETIME.
    ledger = op.create_table(
        "consent_ledger",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("part_of", sa.Integer, nullable=False),
        sa.Column("carried", sa.Boolean, nullable=False),
        sa.Column("recorded_at", _Moment, nullable=False),
        sa.Column("purpose", sa.String, nullable=False),
        sa.Column("choice", sa.String(16), nullable=False),
        sa.Column("effective_at", _Moment, nullable=False),
        *(sa.Column(name, _Moment) for name in ("ranks_at", "expires_at")),
        sa.Column("policy_version", sa.String),
        sa.Column("notice", sa.String(64)),
        *(sa.Column(name, sa.String) for name in ("channel", "topic")),
        *(sa.Column(name, sa.String(64), nullable=False) for name in ("commitment", "chain")),
    )
    subjects = op.create_table(
        "consent_subjects",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("source", sa.String),
        sa.Column("value", sa.String, nullable=False),
        *(sa.Column(name, sa.String) for name in _COLLECTED),
        sa.Column("proof", sa.Text),
        sa.Column("salt", sa.String(64), nullable=False),
    )
    op.create_index("consent_subjects_by_value", "consent_subjects", ["value"])
    erasures = op.create_table(
        "consent_erasures",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("erased_at", _Moment, nullable=False),
        sa.Column("rows", sa.Text, nullable=False),
        *(sa.Column(name, sa.String) for name in ("erased_by", "reason")),
        sa.Column("chain", sa.String(64), nullable=False),
    )
    return ledger, subjects, erasures


class _Moment(sa.types.UserDefinedType[str]):
    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "DATETIME"


def _commitment(row: Any, about: Any) -> str:
    subject = [about["kind"], about["source"], about["value"], about["proof"]]
    return _sha256([about["salt"], *subject, *(row[name] for name in _COLLECTED)])


def _link(before: str, row: Any, committed: str) -> str:
    moments = [_moment(row["recorded_at"]), _moment(row["effective_at"]), None, _moment(row["expires_at"])]
    words = [row["purpose"], row["choice"], row["policy_version"], None, row["channel"], row["topic"]]
    return _sha256([before, row["seq"], row["part_of"], False, *moments, *words, committed])


def _moment(text: str | None) -> str | None:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).isoformat(timespec="microseconds") if text else None


def _sha256(values: list[object]) -> str:
    return hashlib.sha256(json.dumps(values, ensure_ascii=True, separators=(",", ":")).encode()).hexdigest()

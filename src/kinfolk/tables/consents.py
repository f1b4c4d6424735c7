"""What data may be used for: what holds for each customer, and what that was made from."""

from __future__ import annotations

from kinfolk.tables.table import Column, Erasure, Table

SCOPE = (
    Column("purpose", "varchar", "a purpose of policies/consent.yml"),
    Column("channel", "varchar", "the way to reach the customer; empty where the purpose tells none apart"),
    Column("topic", "varchar", "what it is about; empty where the purpose tells none apart"),
)

STATE = Table(
    name="consent.state",
    grain="one customer and one channel and topic of one purpose, as it was when the run worked it out",
    keys=("customer_id", "purpose", "channel", "topic"),
    columns=(
        Column("customer_id", "varchar", "the customer"),
        *SCOPE,
        Column("allowed", "boolean", "whether the customer's data may be used for it"),
        Column(
            "state",
            "varchar",
            "granted, denied, withdrawn or expired; under age: granted too young to count; unasked: nothing was said",
        ),
        Column("basis", "varchar", "the lawful basis of the purpose"),
        Column("since", "timestamp", "when what holds was said (UTC); empty where nothing is recorded"),
        Column("expires_at", "timestamp", "when the grant ends (UTC); empty where it does not"),
        Column("policy_version", "varchar", "version of the notice that was shown"),
        Column("subject_kind", "varchar", "who said it: a record, an email, a phone or another key"),
        Column("seq", "bigint", "its row of the ledger; empty where a file says it"),
        Column("source", "varchar", "the source that says it, where a file does"),
        Column("record_id", "varchar", "its record there"),
    ),
    subject="customer_id",
    erasure=Erasure.REBUILD,
)

UNCOUNTED = Table(
    name="consent.uncounted",
    grain="one consent or denial in a file that counts for nothing",
    keys=("source", "record_id"),
    columns=(
        Column("source", "varchar", "name of the source"),
        Column("record_id", "varchar", "the source's own id of the row"),
        Column("purpose", "varchar", "the purpose it names; empty where that cannot be read"),
        Column("decision", "varchar", "what was decided, as far as it can be read"),
        Column("why", "varchar", "why it counts for nothing"),
    ),
    subject="record_id",
    erasure=Erasure.REBUILD,
)

COUNTED = Table(
    name="consent.counted",
    grain="what of the ledger consent.state was made from, one row",
    keys=(),
    columns=(
        Column("entries", "bigint", "rows that the ledger had"),
        Column("named", "bigint", "those of them that still named somebody"),
        Column("counted_at", "timestamp", "the moment for which it was worked out (UTC)"),
    ),
    subject=None,
    erasure=Erasure.KEEP,
)

TABLES = (STATE, UNCOUNTED, COUNTED)

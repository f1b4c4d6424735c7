"""What identity leaves behind: who is who, on what evidence, and what waits for a steward."""

from __future__ import annotations

from kinfolk.tables.decisions import PAIR
from kinfolk.tables.table import Column, Erasure, Table

_PAIR = (
    Column("record_no_a", "bigint", "the record with the smaller number"),
    Column("record_no_b", "bigint", "the record with the greater number"),
)

MEMBERS = Table(
    name="identity.members",
    grain="one current record of a person; sorted by customer_id",
    keys=("source", "record_id"),
    columns=(
        Column("source", "varchar", "name of the source"),
        Column("record_id", "varchar", "the source's own id of the record"),
        Column("customer_id", "varchar", "the customer it belongs to; stable across runs"),
        Column("record_no", "bigint", "number of the landing row"),
        Column("observed_at", "timestamp", "when the source last saw the record so (UTC)"),
    ),
    subject="customer_id",
    erasure=Erasure.REBUILD,
)

FORMER_MEMBERS = Table(
    name="identity.former_members",
    grain="one record of a person that was there once and is not now; should it return, so does its customer id",
    keys=("source", "record_id"),
    columns=(
        Column("source", "varchar", "name of the source"),
        Column("record_id", "varchar", "the source's own id of the record"),
        Column("customer_id", "varchar", "the customer it belonged to last"),
    ),
    subject="customer_id",
    erasure=Erasure.DELETE_ROWS,
)

BY_DECISION = "decision"  # the key of links that people made

BY_MATCHING = "match"  # the rule of guards that speak of likely pairs

LINKS = Table(
    name="identity.links",
    grain="two records joined by the same value of a deterministic key (a value's records form a star) or by a person",
    keys=("record_no_a", "record_no_b", "key"),
    columns=(*_PAIR, Column("key", "varchar", "the key's columns, joined by +; or decision")),
    subject="record_no_a",
    erasure=Erasure.REBUILD,
)

PAIRS = Table(
    name="identity.pairs",
    grain="two records scored at even odds or better",
    keys=("record_no_a", "record_no_b"),
    columns=(
        *_PAIR,
        Column("weight", "double", "evidence for one customer, in bits (log2 odds, prior included)"),
        Column("probability", "double", "probability that both are one customer, 0 to 1"),
        Column("same_customer", "boolean", "whether they ended up in one customer"),
    ),
    subject="record_no_a",
    erasure=Erasure.REBUILD,
)

HELD_APART = "held apart by the never rule"  # how the reason of a pair begins that can never be one customer

REVIEW = Table(
    name="identity.review",
    grain="two records a steward should look at; those first whose answer is worth most",
    keys=("record_no_a", "record_no_b"),
    columns=(
        *_PAIR,
        Column("customer_a", "varchar", "customer of the first record"),
        Column("customer_b", "varchar", "customer of the second record"),
        Column("weight", "double", "evidence for one customer, in bits"),
        Column("probability", "double", "probability that both are one customer, 0 to 1"),
        Column("reason", "varchar", "why a person must decide: between thresholds, or held apart by a guard"),
        Column(
            "value",
            "double",
            "what an answer is worth: bits of doubt it takes away (entropy of the probability) times what hangs on it: "
            "records of the two customers, and other open pairs between them; 0 where a never rule answers",
        ),
    ),
    subject="customer_a",
    erasure=Erasure.REBUILD,
)

ALIASES = Table(
    name="identity.aliases",
    grain="one customer id that is no longer in use; it is never given to anybody else",
    keys=("alias",),
    columns=(
        Column("alias", "varchar", "the id given up"),
        Column(
            "customer_id",
            "varchar",
            "the id it lives on in (which may be gone too, and return); empty when none of its records is left",
        ),
    ),
    subject="customer_id",
    erasure=Erasure.DELETE_ROWS,
)

FORMER_GROUPS = Table(
    name="identity.former_groups",
    grain="one record a customer had when it was taken in by another or first took one in; kept as long as it is so",
    keys=("customer_id", "source", "record_id"),
    columns=(
        Column("customer_id", "varchar", "the customer as it was: an alias now, or what an alias leads to"),
        Column("source", "varchar", "name of the source"),
        Column("record_id", "varchar", "the source's own id of the record"),
    ),
    subject="customer_id",
    erasure=Erasure.DELETE_ROWS,
)

DECIDED = Table(
    name="identity.decided",
    grain="one pair on which a decision holds, as this state has taken it into account",
    keys=("source_a", "record_id_a", "source_b", "record_id_b"),
    columns=(
        Column("decision_no", "bigint", "the decision, in identity.decisions"),
        *PAIR,
        Column("verdict", "varchar", "same, different or not sure"),
        Column("record_no_a", "bigint", "number of the first record when the decision met it; empty until it does"),
        Column("record_no_b", "bigint", "number of the second record when the decision met it; empty until it does"),
    ),
    subject="record_id_a",
    erasure=Erasure.DELETE_ROWS,
)

GUARDS = Table(
    name="identity.guards",
    grain="one thing that was kept from joining customers",
    keys=("guard", "rule", "value"),
    columns=(
        Column(
            "guard",
            "varchar",
            "at_most, copies, decision, ignore, largest, never, nothing_known, over_merge, shared_value or too_large",
        ),
        Column("rule", "varchar", "the key, column or decisions it concerns"),
        Column("value", "varchar", "the value it concerns, where it is one value"),
        Column("records", "bigint", "records affected"),
        Column("effect", "varchar", "what was done, in words"),
    ),
    subject=None,
    erasure=Erasure.REBUILD,
)

SHARED_VALUES = Table(
    name="identity.shared_values",
    grain="one value of a key, or of a compared address, that more people share than it can tell apart",
    keys=("field", "value"),
    columns=(
        Column("field", "varchar", "the key's columns, joined by +, or the compared column"),
        Column("value", "varchar", "the value, as identity.guards names it"),
        Column("records", "bigint", "records that have it; of evidence alone, when the model was learned"),
        Column("people", "double", "effective number of people behind these records"),
        Column("kind", "varchar", "what it seems to be: household, mailbox, telephone, address, device or value"),
        Column("unlinked", "boolean", "whether it is a key's value, which links none of its records"),
        Column("counts_once", "boolean", "whether as evidence it counts for nothing beside another shared value"),
    ),
    subject=None,
    erasure=Erasure.REBUILD,
)

MODEL = Table(
    name="identity.model",
    grain="the matching model of the last run, one row",
    keys=(),
    columns=(Column("model", "varchar", "parameters, blocking rules and diagnostics, as JSON"),),
    subject=None,
    erasure=Erasure.REBUILD,
)

FREQUENCIES = Table(
    name="identity.frequencies",
    grain="one value of a compared column that two or more records shared when the model was learned",
    keys=("column_name", "value"),
    columns=(
        Column("column_name", "varchar", "the compared column"),
        Column("value", "varchar", "the value, in the form in which it is compared"),
        Column("records", "bigint", "records that shared it"),
        Column("people", "double", "effective number of people behind it, where they were too many; else empty"),
        Column("kind", "varchar", "what it seems to be, where it has too many people behind it; else empty"),
    ),
    subject=None,
    erasure=Erasure.REBUILD,
)

COMPARED = Table(
    name="identity.compared",
    grain="one current record of a person; a number stands for each value, in the form in which it is compared",
    keys=("record_no",),
    columns=(
        Column("record_no", "bigint", "number of the landing row"),
        Column("row", "bigint", "stands for everything compared, so that records alike in all of it are found"),
    ),
    subject="record_no",
    erasure=Erasure.REBUILD,
)

TABLES = (
    MEMBERS,
    FORMER_MEMBERS,
    LINKS,
    PAIRS,
    REVIEW,
    ALIASES,
    FORMER_GROUPS,
    DECIDED,
    GUARDS,
    SHARED_VALUES,
    MODEL,
    FREQUENCIES,
    COMPARED,
)

"""Staged tables: every source in the same words, standardised and typed; one table per data type."""

from __future__ import annotations

from kinfolk.tables.table import Column, Erasure, Table

ROW = (
    Column("source", "varchar", "name of the source"),
    Column("record_id", "varchar", "the source's own id of the record"),
    Column("record_no", "bigint", "number of the landing row this was made from"),
    Column("observed_at", "timestamp", "when the source last saw the record so (UTC)"),
)

UNREAD = Column("unread", "varchar", "canonical columns whose value could not be read, joined by commas; mostly null")

PERSON = (
    Column("person_source", "varchar", "the source whose record the row belongs to, where that is known"),
    Column("person_key", "varchar", "the identity key the row is matched by, where it names no record"),
    Column("person_value", "varchar", "that record's id, or that key's value"),
)

BELONGS_TO = Column("belongs_to", "varchar", "the key's value of the person a row belongs to")

PEOPLE = (
    Column("tenant", "varchar", "the world a record belongs to, where several share an installation", "identifier"),
    Column("customer_number", "varchar", "the company's own number of the customer", "identifier"),
    Column("first_name", "varchar", "given name", "name"),
    Column("middle_name", "varchar", "further given names", "name"),
    Column("last_name", "varchar", "family name", "name"),
    Column("full_name", "varchar", "the whole name, where it was given in one", "name"),
    Column("email", "varchar", "e-mail address, lower case", "email"),
    Column("email_verified", "boolean", "whether the source confirmed the address", "boolean"),
    Column("phone", "varchar", "telephone number, E.164", "phone"),
    Column("phone_verified", "boolean", "whether the source confirmed the number", "boolean"),
    Column("birth_date", "date", "date of birth", "date"),
    Column("gender", "varchar", "female, male or other, as given", "gender"),
    Column("language", "varchar", "ISO 639-1 code", "language"),
    Column("national_id", "varchar", "number given by a state: tax, social security, passport", "identifier"),
    Column("device_id", "varchar", "id of a device, browser or app install", "identifier"),
    Column("street", "varchar", "street and house number", "street"),
    Column("address_2", "varchar", "flat, floor, care of", "street"),
    Column("postcode", "varchar", "postal code", "postcode"),
    Column("city", "varchar", "city, town or village", "city"),
    Column("region", "varchar", "state, province or county", "city"),
    Column("country", "varchar", "ISO 3166 alpha-2 code", "country"),
    Column("company", "varchar", "the company the person works for or is", "company"),
    Column("job_title", "varchar", "role in that company", "text"),
    Column("account_id", "varchar", "the account (company, contract) the person belongs to", "identifier"),
    Column("customer_since", "timestamp", "when the person first became a customer (UTC)", "timestamp"),
)

RECORDS = Table(
    name="staging.records",
    grain="one current record of a person in one source",
    keys=("source", "record_id"),
    columns=(*ROW, *PEOPLE, UNREAD),
    subject="record_id",
    erasure=Erasure.REBUILD,
)

_ACTIVITY: dict[str, tuple[str, tuple[Column, ...]]] = {
    "accounts": (
        "one account (company, contract, household) in one source",
        (
            Column("account_id", "varchar", "id of the account", "identifier"),
            Column("name", "varchar", "name of the account", "company"),
            Column("domain", "varchar", "internet domain, lower case", "domain"),
            Column("industry", "varchar", "industry, as given", "text"),
            Column("employees", "bigint", "number of employees", "integer"),
            Column("annual_revenue", "decimal(18,2)", "revenue a year, in `currency`", "decimal"),
            Column("currency", "varchar", "ISO 4217 code", "currency"),
            Column("plan", "varchar", "what the account subscribes to", "text"),
            Column("country", "varchar", "ISO 3166 alpha-2 code", "country"),
            Column("opened_at", "timestamp", "when the account was opened (UTC)", "timestamp"),
        ),
    ),
    "orders": (
        "one order, invoice or payment",
        (
            Column("order_id", "varchar", "id of the order", "identifier"),
            Column("ordered_at", "timestamp", "when it was placed (UTC)", "timestamp"),
            Column("status", "varchar", "state of the order, as given", "text"),
            Column("amount", "decimal(18,2)", "total, in `currency`", "decimal"),
            Column("currency", "varchar", "ISO 4217 code", "currency"),
            Column("items", "bigint", "number of items", "integer"),
            Column("product", "varchar", "what was bought, where one thing was", "text"),
            Column("channel", "varchar", "where it was placed", "text"),
            Column("account_id", "varchar", "the account that pays", "identifier"),
        ),
    ),
    "events": (
        "one thing somebody did",
        (
            Column("event_id", "varchar", "id of the event", "identifier"),
            Column("event", "varchar", "what happened", "text"),
            Column("occurred_at", "timestamp", "when (UTC)", "timestamp"),
            Column("device_id", "varchar", "device, browser or app install", "identifier"),
            Column("session_id", "varchar", "session or visit", "identifier"),
            Column("url", "varchar", "page or screen", "text"),
            Column("properties", "varchar", "further properties, as JSON text", "text"),
        ),
    ),
    "tickets": (
        "one support case",
        (
            Column("ticket_id", "varchar", "id of the case", "identifier"),
            Column("opened_at", "timestamp", "when it was opened (UTC)", "timestamp"),
            Column("closed_at", "timestamp", "when it was closed (UTC)", "timestamp"),
            Column("status", "varchar", "state of the case, as given", "text"),
            Column("priority", "varchar", "urgency, as given", "text"),
            Column("channel", "varchar", "where it came in", "text"),
            Column("subject", "varchar", "what it is about", "text"),
            Column("satisfaction", "decimal(9,2)", "the customer's rating, in the source's own scale", "decimal"),
        ),
    ),
    "touchpoints": (
        "one contact between a campaign and a person",
        (
            Column("touchpoint_id", "varchar", "id of the contact", "identifier"),
            Column("occurred_at", "timestamp", "when (UTC)", "timestamp"),
            Column("channel", "varchar", "email, search, social …", "text"),
            Column("campaign", "varchar", "name of the campaign", "text"),
            Column("medium", "varchar", "cpc, organic, referral …", "text"),
            Column("content", "varchar", "variant shown", "text"),
            Column("cost", "decimal(18,4)", "what it cost, in `currency`", "decimal"),
            Column("currency", "varchar", "ISO 4217 code", "currency"),
        ),
    ),
    "consents": (
        "one decision of a person about one purpose",
        (
            Column("purpose", "varchar", "what the data may be used for", "identifier"),
            Column("decision", "varchar", "granted, denied, withdrawn or expired", "consent"),
            Column("decided_at", "timestamp", "when (UTC)", "timestamp"),
            Column("policy_version", "varchar", "version of the notice that was shown", "text"),
            Column("channel", "varchar", "where it was collected", "text"),
            Column("method", "varchar", "how it was collected", "text"),
            Column("proof", "varchar", "the proof, or its hash", "text"),
        ),
    ),
    "scores": (
        "one derived metric or score of a person, computed elsewhere",
        (
            Column("score", "varchar", "name of the score", "identifier"),
            Column("value", "double", "its value", "number"),
            Column("computed_at", "timestamp", "when it was computed (UTC)", "timestamp"),
            Column("model", "varchar", "what computed it", "text"),
        ),
    ),
}

ACTIVITY: dict[str, Table] = {
    name: Table(
        name="staging." + name,
        grain=grain,
        keys=("source", "record_id"),
        columns=(*ROW, *columns, *PERSON, UNREAD),
        subject="record_id",
        erasure=Erasure.REBUILD,
    )
    for name, (grain, columns) in _ACTIVITY.items()
}

UNSTANDARDISED = Table(
    name="staging.unstandardised",
    grain="one value that could not be standardised; its field is empty in the staged table",
    keys=("record_no", "field"),
    columns=(
        *ROW[:3],
        Column(
            "field",
            "varchar",
            "canonical column it was meant for; belongs_to: the key of the person the row belongs to",
        ),
        Column("original", "varchar", "the value as it stands in the source"),
        Column("reason", "varchar", "why it could not be read"),
    ),
    subject="record_id",
    erasure=Erasure.REBUILD,
)


def canonical(mapping: str) -> dict[str, Column]:
    """Canonical columns a source may feed, for `people` or one of the activity tables."""
    columns = PEOPLE if mapping == "people" else _ACTIVITY[mapping][1]
    return {column.name: column for column in columns}


MAPPABLE = ("people", *ACTIVITY)

MAPPINGS = Table(
    name="staging.mappings",
    grain="one canonical column as one source feeds it",
    keys=("source", "staged", "field"),
    columns=(
        Column("source", "varchar", "name of the source"),
        Column("staged", "varchar", "people, or one of the activity tables"),
        Column("field", "varchar", "canonical column or attribute"),
        Column("original", "varchar", "the source's columns it is made from, or the expression"),
    ),
    subject=None,
    erasure=Erasure.KEEP,
)

LANDED = Table(
    name="staging.landed",
    grain="the state of another environment's landing that this environment was made from, one row",
    keys=(),
    columns=(
        Column("environment", "varchar", "the environment whose landing it is"),
        Column("snapshot", "bigint", "when that state was published, in microseconds since 1970"),
    ),
    subject=None,
    erasure=Erasure.KEEP,
)

TABLES = (RECORDS, *ACTIVITY.values(), UNSTANDARDISED, MAPPINGS, LANDED)

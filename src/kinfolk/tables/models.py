"""What is kept of the company's own models beside their tables: what was built, and what their tests found."""

from __future__ import annotations

from kinfolk.tables import consents, decisions, events, households, identity, landing, profiles, staging
from kinfolk.tables.table import Column, Erasure, Table

SCHEMA = "models"

BUILT = Table(
    name="catalogue.models",
    grain="one of the company's own models, as it was last built",
    keys=("model",),
    columns=(
        Column("model", "varchar", "name of the model; its table is models.<name>"),
        Column("language", "varchar", "sql or python"),
        Column("reads", "varchar", "tables it reads, joined by commas"),
        Column("definition", "varchar", "sha256 of its file"),
    ),
    subject=None,
    erasure=Erasure.KEEP,
)

TESTED = Table(
    name="quality.model_tests",
    grain="one test of a model, as the last run found it",
    keys=("model", "test"),
    columns=(
        Column("model", "varchar", "name of the model; empty for SQL that tests several tables"),
        Column("test", "varchar", "what was tested"),
        Column("severity", "varchar", "fail: the run would have stopped; or warn"),
        Column("failures", "bigint", "rows that do not hold"),
        Column("place", "varchar", "where the test is written, as file:line"),
    ),
    subject=None,
    erasure=Erasure.KEEP,
)

TABLES = (BUILT, TESTED)

# What a model may read, beside landing.<source> and other models.
READABLE: dict[str, Table] = {
    table.name: table
    for table in (
        *landing.TABLES,
        *staging.TABLES,
        *decisions.TABLES,
        *identity.TABLES,
        *events.TABLES,
        *households.TABLES,
        *profiles.TABLES,
        *consents.TABLES,
    )
}

"""Contracts in force."""

from __future__ import annotations

from kinfolk.tables.table import Column, Erasure, Table

DEPLOYED = Table(
    name="contracts.deployed",
    grain="one version of one source's contract, from the run that first enforced it",
    keys=("source", "deployed_at"),
    columns=(
        Column("source", "varchar", "name of the source"),
        Column("version", "varchar", "the version that the contract gives itself"),
        Column("digest", "varchar", "sha256 of what it promises, comments and layout apart"),
        Column("written", "varchar", "the file's text"),
        Column("deployed_at", "timestamp", "when it came into force (UTC)"),
    ),
    subject=None,
    erasure=Erasure.KEEP,
)

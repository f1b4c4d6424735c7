"""SQL that ranks values is tried out before any data is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from kinfolk.commands.check import check
from kinfolk.errors import ProjectError
from tests.company import Company


@pytest.fixture
def company(tmp_path: Path) -> Company:
    made = Company(tmp_path)
    made.source("crm", "record_id: id\npeople: {email: mail, attributes: {tier: tier}}\n")
    made.csv("crm", [{"id": "1", "mail": "ada@example.com", "tier": "3"}])
    return made


def ranked_by(company: Company, sql: str) -> None:
    company.identity(
        f'keys: [email]\nsurvivorship:\n  fields:\n    email:\n      - most_recent\n      - sql: "{sql}"\n'
    )


@pytest.mark.parametrize(
    "sql",
    ["length(email)", "record_no", "email_verified", "Records.record_no", "cast(10 * length(tier) / 3 as bigint)"]
    + ["case source when 'crm' then 0 else 1 end", "null"],
)
def test_a_whole_number_from_known_columns_ranks(company: Company, sql: str) -> None:
    ranked_by(company, sql)
    check(company.folder)
    assert company.run().status == "published"


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        (
            "lenght(email)",
            "The SQL cannot be computed: Catalog Error: Scalar Function with name lenght does not exist!",
        ),
        ("length(email) / 2", "The SQL gives DOUBLE, and values are ranked by whole numbers."),
        ("0.5", "The SQL gives DECIMAL(2,1), and"),
        ("tier", "The SQL gives VARCHAR, and"),
        ("observed_at", "The SQL gives TIMESTAMP, and"),
    ],
)
def test_what_cannot_rank_is_a_mistake_at_its_line_for_check_and_run(company: Company, sql: str, why: str) -> None:
    ranked_by(company, sql)
    for command in (lambda: check(company.folder), company.run):
        with pytest.raises(ProjectError) as caught:
            command()
        [mistake] = caught.value.mistakes
        assert str(mistake).startswith(f"identity.yml:6: {why}")

"""A bakery that customers and visitors can say yes and no to, served for real."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.company import Company
from tests.serving import KEY, Serving, collecting, serving

POLICY = """
versions:
  "2026-01":
    since: 2026-01-01
    text: |
      We bake bread, and we keep your name and address to bring it to you.
      What else we would like to do, we ask you.
  "2025-01": {since: 2025-01-01, text: We bake bread.}
channels: [email, sms]
topics: [bread, cakes]
purposes:
  newsletter:
    title: Our newsletter
    about: We write to you when there is something new from the oven, about once a month.
    use: marketing.communications
    basis: consent
    channels: [email, sms]
    topics: [bread, cakes]
    expires: 24 months
  analytics:
    title: How our web site is used
    about: We count which pages are read, to make them better.
    use: analytics.reporting
    basis: consent
    expires: 12 months
  ads:
    title: Advertising elsewhere
    about: We tell other companies what you looked at, so that they can show you our bread.
    use: marketing.advertising.third_party.targeted
    basis: consent
  profiling:
    title: Fitting offers
    about: From what you bought we guess what you may like.
    use: personalize
    basis: legitimate_interest
  delivery:
    title: Bringing your order
    use: essential.service
    basis: contract
"""
# Each guest has two records, of which one knows the telephone: a test takes a guest of its own.
PEOPLE = [
    {"id": f"{number}{record}", "name": "Lena", "mail": f"guest{number}@example.com", "phone": phone}
    for number in range(30)
    for record, phone in (("a", f"+43155500{number:02}"), ("b", ""))
]


@pytest.fixture(scope="session")
def baked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bakery after its first run, to be copied."""
    made = collecting(tmp_path_factory.mktemp("baked"))
    made.write("kinfolk.yml", "name: Gruber's Bakery\ntime_zone: Europe/Vienna\n")
    made.write("policies/consent.yml", POLICY)
    made.source("guests", "record_id: id\npeople: {first_name: name, email: mail, phone: phone}\n")
    made.csv("guests", PEOPLE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WEB_KEY", KEY)
        made.run()
    return made.folder


@pytest.fixture(scope="module", autouse=True)
def _known_key() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WEB_KEY", KEY)
        yield


@pytest.fixture(scope="module")
def bakery(baked: Path, tmp_path_factory: pytest.TempPathFactory) -> Company:
    return Company(Path(shutil.copytree(baked, tmp_path_factory.mktemp("bakery") / "copy")), new=False)


@pytest.fixture(scope="module")
def served(bakery: Company) -> Iterator[Serving]:
    with serving(bakery.folder) as server:
        yield server


@pytest.fixture(scope="module")
def numbers() -> Iterator[int]:
    return iter(range(27))  # the last are for tests that change who is who


@pytest.fixture
def guest(numbers: Iterator[int]) -> str:
    """The number of a guest of whom nothing was said yet: records `guests:Na` and `guests:Nb`."""
    return str(next(numbers))

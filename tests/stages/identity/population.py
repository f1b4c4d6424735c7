"""Invented people for tests: plain, with known truth, the same for the same seed."""

from __future__ import annotations

import datetime
import random
from typing import Any

COMPARE = {
    "first_name": "name",
    "last_name": "name",
    "birth_date": "date",
    "email": "email",
    "phone": "phone",
    "street": "address",
}
FIRST = [
    "Anna",
    "Bruno",
    "Carla",
    "David",
    "Emma",
    "Felix",
    "Greta",
    "Hugo",
    "Ines",
    "Jonas",
    "Klara",
    "Lukas",
    "Marta",
    "Nils",
    "Olga",
    "Paul",
    "Rosa",
    "Simon",
    "Tilda",
    "Uwe",
]
LAST = [
    "Adler",
    "Becker",
    "Conrad",
    "Dorn",
    "Engel",
    "Fuchs",
    "Graf",
    "Huber",
    "Iller",
    "Jung",
    "Kraus",
    "Lang",
    "Maurer",
    "Noll",
    "Ober",
    "Pohl",
    "Quast",
    "Roth",
    "Sauer",
    "Thoma",
    "Ulrich",
    "Vogt",
    "Weiss",
    "Zander",
    "Arndt",
    "Busch",
    "Ebert",
    "Frank",
    "Gross",
    "Hahn",
]
STREETS = ["Lindenweg", "Gartenstrasse", "Schulweg", "Bergallee", "Rosengasse", "Talstrasse", "Ringweg", "Hofgasse"]


def person(rng: random.Random, number: int) -> dict[str, Any]:
    """Somebody with a mailbox and a telephone of their own."""
    return {
        "truth": number,
        "first_name": rng.choice(FIRST),
        "last_name": rng.choice(LAST),
        "birth_date": datetime.date(1940, 1, 1) + datetime.timedelta(rng.randrange(24_000)),
        "email": f"{rng.choice('abcdefgh')}{rng.randrange(10**6)}@mail.example",
        "phone": f"+4930{rng.randrange(10**7, 10**8)}",
        "street": f"{rng.choice(STREETS)} {rng.randrange(1, 90)}",
    }


def written(rng: random.Random, one: dict[str, Any]) -> dict[str, Any]:
    """A record of somebody, with now and then a field missing or a slip."""
    record = dict(one)
    for field in ("birth_date", "email", "phone", "street"):
        if rng.random() < 0.15:
            record[field] = None
    if rng.random() < 0.1:
        name = record["last_name"]
        at = rng.randrange(1, len(name))
        record["last_name"] = name[:at] + rng.choice("aeinrs") + name[at + 1 :]
    return record


def records(people: int, each: int, seed: int = 5) -> list[dict[str, Any]]:
    """`each` records of each of `people`, mixed."""
    rng = random.Random(seed)
    made = [written(rng, one) for one in (person(rng, n) for n in range(people)) for _ in range(each)]
    rng.shuffle(made)
    return made

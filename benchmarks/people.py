"""Invented customers with known truth: three untidy exports of one company, and a Kinfolk project that reads them.

    python benchmarks/people.py --records 1000000 --seed 7 --out DIR

Writes DIR/data/{crm,shop,support}.csv, DIR/truth.parquet (source, record_id, person), DIR/households.parquet (person,
household, and whether the person left it in the years covered to live alone) and the project's YAML files.
People live in households that share surnames, addresses, mail boxes and telephones; among them are twins and sons
named after their fathers. A person has one to five records, which misspell, abbreviate, swap and omit, and some
people move or change their surname between two records. Equal arguments give equal files.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).parent))
import exports  # noqa: E402
import names  # noqa: E402
from damage import nicknamed, replaced, typed_wrong  # noqa: E402

Numbers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Random = np.random.Generator

RECORDS_EACH = (0.55, 0.25, 0.12, 0.05, 0.03)  # share of people with one, two … five records
SOURCES = ("crm", "shop", "support")
SOURCE_SHARE = (0.40, 0.40, 0.20)
# Share of records in which a source leaves the field empty: crm, shop, support.
MISSING = {
    "first_name": (0.02, 0.005, 0.03),
    "last_name": (0.005, 0.005, 0.02),
    "birth_date": (0.12, 0.50, 0.60),
    "email": (0.25, 0.02, 0.15),
    "phone": (0.22, 0.40, 0.25),
    "address": (0.06, 0.04, 0.50),
    "postcode": (0.04, 0.01, 0.03),
}


@dataclass(frozen=True)
class Homes:
    """Addresses, as the numbers of postcode areas and houses."""

    area: Numbers
    house: Numbers


@dataclass(frozen=True)
class Areas:
    """Postcode areas: the postcode, its street and its city, and the city's telephone area."""

    postcode: pa.Array
    street: pa.Array
    city: pa.Array
    dialling: pa.Array


@dataclass(frozen=True)
class People:
    """One entry a person; dates are days since 1970-01-01, moments parts of the six years covered (0 to 1)."""

    female: Flags
    first: Numbers
    last: pa.Array
    maiden: pa.Array
    renamed_at: npt.NDArray[np.float64]
    birth: Numbers
    old_home: Homes
    new_home: Homes
    moved_at: npt.NDArray[np.float64]
    emails: tuple[pa.Array, pa.Array]
    phones: tuple[pa.Array, pa.Array]
    household: Numbers
    left_home: Flags


def text(values: npt.NDArray[np.generic]) -> pa.Array:
    """Numbers as text."""
    return pc.cast(pa.array(values), pa.string())


def joined(*parts: pa.Array | str) -> pa.Array:
    """Texts joined without anything between; empty where any part is."""
    return pc.binary_join_element_wise(*parts, "")


def make_areas(rng: Random, households: int) -> Areas:
    """Postcode areas of about twelve households; big cities have more of them."""
    cities = names.places("city", 400)
    streets = names.places("street", 3000)
    count = max(households // 12, 20)
    city = np.sort(rng.choice(len(cities), count, p=names.zipf(len(cities), 4, 0.9)))
    rank = np.arange(count) - np.searchsorted(city, city)
    letters = "abcdefghjlnpqrstuwxy"
    pairs = [a.upper() + b.upper() for a in letters for b in letters]
    units = [a.upper() + b.upper() for a in letters for b in reversed(letters)]
    postcode = joined(
        pa.array([pairs[i % 400] for i in range(len(cities))]).take(pa.array(city)),
        text(1 + rank // 60),
        pa.array([" "] * count),
        text(rank % 10),
        pa.array(units).take(pa.array(rng.integers(0, 400, count))),
    )
    kind = rng.choice(len(names.STREET_KINDS), count, p=names.zipf(len(names.STREET_KINDS), 1, 1.2))
    kinds = pa.array(names.STREET_KINDS).take(pa.array(kind))
    street_name = pa.array(streets).take(pa.array(rng.choice(len(streets), count, p=names.zipf(len(streets), 20, 0.8))))
    street = pc.utf8_title(pc.binary_join_element_wise(street_name, kinds, " "))
    dialling = pa.array(names.AREA_CODES).take(pa.array(city % len(names.AREA_CODES)))
    return Areas(postcode, street, pc.utf8_title(pa.array(cities)).take(pa.array(city)), dialling)


def make_homes(rng: Random, count: int, areas: Areas) -> Homes:
    """One home for each of `count` households."""
    return Homes(rng.integers(0, len(areas.postcode), count), rng.integers(1, 90, count))


@dataclass(frozen=True)
class Roles:
    """Who lives with whom: the household of each person, the place in it, and what that makes the person."""

    household: Numbers
    head: Numbers  # index of the household's first person
    partner: Flags
    child: Flags


def make_roles(rng: Random, persons: int) -> Roles:
    """Households of one to six, some of them flats shared by strangers."""
    sizes = rng.choice(np.arange(1, 7), persons, p=(0.30, 0.34, 0.16, 0.13, 0.05, 0.02))
    sizes = sizes[: int(np.searchsorted(np.cumsum(sizes), persons)) + 1]
    household = np.repeat(np.arange(len(sizes)), sizes)[:persons]
    head = np.searchsorted(household, household)
    position = np.arange(persons) - head
    family = (rng.random(len(sizes)) > 0.08)[household]
    couple = (rng.random(len(sizes)) < 0.85)[household]
    partner = family & couple & (position == 1)
    child = family & (position > 0) & ~partner
    return Roles(household, head, partner, child)


def make_births(rng: Random, roles: Roles) -> Numbers:
    """Birth dates by role; a few brothers and sisters are twins."""
    count = len(roles.head)
    own = rng.integers(-12800, 12000, count)  # 1934 to 2002
    parent = np.zeros(count, dtype=bool)
    parent[roles.head[roles.child]] = True
    own = np.where(parent, rng.integers(-12800, 1500, count), own)
    birth = np.where(roles.partner, own[roles.head] + rng.integers(-1500, 2200, count), own)
    birth = np.where(roles.child, own[roles.head] + rng.integers(20 * 365, 36 * 365, count), birth)
    twin = roles.child & np.roll(roles.child, 1) & (rng.random(count) < 0.06)
    twin &= roles.household == np.roll(roles.household, 1)
    birth = np.where(twin, np.roll(birth, 1), birth)
    return np.asarray(np.minimum(birth, 14000), dtype=np.int64)


def make_first_names(rng: Random, roles: Roles, female: Flags) -> Numbers:
    """Given names as numbers: women's first, then men's. Some sons carry their father's name."""
    women, men = (len(names.given(pool, 500, 1)[0]) for pool in (names.FEMALE, names.MALE))
    count = len(female)
    first = np.where(
        female,
        rng.choice(women, count, p=names.zipf(women, 8, 1.0)),
        women + rng.choice(men, count, p=names.zipf(men, 6, 1.05)),
    )
    junior = roles.child & ~female & ~female[roles.head] & (rng.random(count) < 0.05)
    return np.asarray(np.where(junior, first[roles.head], first), dtype=np.int64)


def make_last_names(rng: Random, roles: Roles) -> tuple[pa.Array, pa.Array]:
    """Surnames now and at birth; partners and children mostly carry the head's."""
    pool = names.surnames()
    count = len(roles.head)
    own = rng.choice(len(pool), count, p=names.zipf(len(pool), 12, 0.95))
    share = roles.child | (roles.partner & (rng.random(count) < 0.7))
    last = pa.array(pool).take(pa.array(np.where(share, own[roles.head], own)))
    maiden = pa.array(pool).take(pa.array(own))
    double = pc.binary_join_element_wise(last, maiden, "-")
    hyphen = roles.partner & share & (rng.random(count) < 0.05)
    return pc.if_else(pa.array(hyphen), double, last), maiden


def unique(local: pa.Array, domain: pa.Array) -> pa.Array:
    """Addresses no two of which are equal: those that would be get a number."""
    address = joined(local, pa.array(["@"] * len(local)), domain)
    codes = pc.dictionary_encode(address).indices.to_numpy()
    order = np.argsort(codes, kind="stable")
    ranks = np.empty(len(codes), dtype=np.int64)
    ordered = codes[order]
    ranks[order] = np.arange(len(codes)) - np.searchsorted(ordered, ordered)
    numbered = joined(local, text(ranks + 1), pa.array(["@"] * len(local)), domain)
    return pc.if_else(pa.array(ranks == 0), address, numbered)


def make_emails(
    rng: Random, roles: Roles, first: pa.Array, last: pa.Array, birth: Numbers
) -> tuple[pa.Array, pa.Array]:
    """A person's usual and second address. Some households share one mail box; some people have none."""
    count = len(first)
    last = pc.replace_substring_regex(last, "[^a-z]", "")
    initial = pc.utf8_slice_codeunits(first, 0, 1)
    year = text((1970 + birth // 365) % 100)
    dot = pa.array(["."] * count)
    shapes = [
        joined(first, dot, last),
        joined(initial, last),
        joined(first, last, year),
        joined(last, dot, first),
        joined(first, year),
        joined(initial, dot, last, year),
    ]
    drawn = []
    for _ in range(2):
        local = pc.choose(pa.array(rng.choice(6, count, p=(0.36, 0.18, 0.16, 0.12, 0.08, 0.10))), *shapes)
        provider = rng.choice(len(names.PROVIDERS), count, p=names.zipf(len(names.PROVIDERS), 0, 0.9))
        drawn.append(unique(local, pa.array(names.PROVIDERS).take(pa.array(provider))))
    shared_household = rng.random(int(roles.household[-1]) + 1) < 0.22
    shares = shared_household[roles.household] & (rng.random(count) < 0.7)
    first_choice = drawn[0].take(pa.array(np.where(shares, roles.head, np.arange(count))))
    none = rng.random(count) < 0.08
    empty = pa.nulls(count, pa.string())
    return pc.if_else(pa.array(none), empty, first_choice), pc.if_else(pa.array(none), empty, drawn[1])


def make_phones(rng: Random, roles: Roles, dialling: pa.Array) -> tuple[pa.Array, pa.Array]:
    """National numbers without the leading zero: the person's mobile, and the household's line (or a second mobile)."""
    count = len(roles.head)
    mobile = text(7_100_000_000 + rng.choice(299_999_999, count, replace=False))
    other = text(7_400_000_000 + rng.integers(0, 40_000_000, count))
    line = joined(dialling, text(rng.integers(100_000, 999_999, count))).take(pa.array(roles.head))
    has_line = (rng.random(int(roles.household[-1]) + 1) < 0.55)[roles.household]
    second = pc.if_else(pa.array(has_line), line, other)
    only_line = has_line & (rng.random(count) < 0.25)
    return pc.if_else(pa.array(only_line), line, mobile), second


def make_people(rng: Random, persons: int, first_names: pa.Array) -> tuple[People, Areas]:
    """Everybody, household by household."""
    roles = make_roles(rng, persons)
    households = int(roles.household[-1]) + 1
    areas = make_areas(rng, households)
    female = rng.random(persons) < 0.51
    female = np.where(roles.partner & (rng.random(persons) < 0.95), ~female[roles.head], female)
    first = make_first_names(rng, roles, female)
    last, maiden = make_last_names(rng, roles)
    birth = make_births(rng, roles)
    old, new = make_homes(rng, households, areas), make_homes(rng, households, areas)
    own = make_homes(rng, persons, areas)
    alone = roles.child & (rng.random(persons) < 0.15)
    house = roles.household
    new_home = Homes(np.where(alone, own.area, new.area[house]), np.where(alone, own.house, new.house[house]))
    old_home = Homes(old.area[house], old.house[house])
    moves = (rng.random(households) < 0.14)[house] | alone
    moved_at = np.where(moves, np.where(alone, rng.random(persons), rng.random(households)[house]), 2.0)
    renames = female & roles.partner & (rng.random(persons) < 0.10)
    people = People(
        female,
        first,
        last,
        maiden,
        np.where(renames, rng.random(persons), -1.0),
        birth,
        old_home,
        new_home,
        moved_at,
        make_emails(rng, roles, first_names.take(pa.array(first)), last, birth),
        make_phones(rng, roles, areas.dialling.take(pa.array(old_home.area))),
        house,
        alone,
    )
    return people, areas


def pick(flags: Flags, yes: pa.Array, no: pa.Array) -> pa.Array:
    """`yes` where the flag is set, else `no`."""
    return pc.if_else(pa.array(flags), yes, no)


def make_records(rng: Random, people: People, areas: Areas, person: Numbers) -> pa.Table:
    """Correct records of these persons at random moments, before anything goes wrong."""
    count = len(person)
    moment = rng.random(count)
    at = pa.array(person)
    moved = moment >= people.moved_at[person]
    area = np.where(moved, people.new_home.area[person], people.old_home.area[person])
    house = np.where(moved, people.new_home.house[person], people.old_home.house[person])
    where = pa.array(area)
    return pa.table(
        {
            "person": person,
            "source": rng.choice(3, count, p=SOURCE_SHARE),
            "moment": moment,
            "first": people.first[person],
            "last_name": pick(moment < people.renamed_at[person], people.maiden.take(at), people.last.take(at)),
            "birth": people.birth[person],
            "email": pick(rng.random(count) < 0.14, people.emails[1].take(at), people.emails[0].take(at)),
            "phone": pick(rng.random(count) < 0.25, people.phones[1].take(at), people.phones[0].take(at)),
            "house": text(house),
            "street": areas.street.take(where),
            "postcode": areas.postcode.take(where),
            "city": areas.city.take(where),
        }
    )


def absent(rng: Random, field: str, source: Numbers) -> Flags:
    """Records in which the source leaves the field empty."""
    return np.asarray(rng.random(len(source)) < np.array(MISSING[field])[source])


def damaged(rng: Random, records: pa.Table) -> pa.Table:
    """The records as the three systems really hold them: misspelt, abbreviated, swapped, incomplete."""
    count = records.num_rows
    source = records["source"].to_numpy()
    column = {name: records[name].combine_chunks() for name in records.column_names}
    pools = [names.given(pool, 500, 1) for pool in (names.FEMALE, names.MALE)]
    first = nicknamed(rng, column["first"], pools, 0.13)
    first = replaced(first, rng.random(count) < 0.035, lambda s: s[:1])
    last = column["last_name"]
    first, last = typed_wrong(rng, first, 0.055), typed_wrong(rng, last, 0.055)
    swap = rng.random(count) < 0.02
    first, last = pick(swap, last, first), pick(swap, first, last)
    birth = exports.misdated(rng, records["birth"].to_numpy())
    email = typed_wrong(rng, column["email"], 0.03)
    email = replaced(email, rng.random(count) < 0.02, lambda s: s.replace(".", "", 1) if "." in s.split("@")[0] else s)
    email = replaced(email, rng.random(count) < 0.015, lambda s: s.replace("@", "+shop@"))
    phone = typed_wrong(rng, column["phone"], 0.03, digits=True)
    street = typed_wrong(rng, column["street"], 0.06)
    street = replaced(street, rng.random(count) < 0.12, exports.shortened)
    out = {
        "person": column["person"],
        "source": column["source"],
        "moment": column["moment"],
        "first_name": pc.utf8_title(first),
        "last_name": pc.utf8_title(last),
        "birth_date": birth,
        "email": email,
        "phone": phone,
        "house": typed_wrong(rng, column["house"], 0.02, digits=True),
        "street": street,
        "postcode": typed_wrong(rng, column["postcode"], 0.03),
        "city": typed_wrong(rng, column["city"], 0.04),
    }
    gone = {field: absent(rng, field, source) for field in MISSING}
    no_address = gone["address"]
    # Nobody keeps a record by which the customer cannot be reached at all.
    gone["email"] &= ~(no_address & gone["phone"])
    for field in ("first_name", "last_name", "birth_date", "email", "phone"):
        out[field] = pick(gone[field], pa.nulls(count, out[field].type), out[field])
    for field in ("house", "street", "city", "postcode"):
        empty = no_address | gone["postcode"] if field == "postcode" else no_address
        out[field] = pick(empty, pa.nulls(count, pa.string()), out[field])
    return pa.table(out)


def generate(records: int, seed: int, folder: Path) -> dict[str, float]:
    """Writes the exports, the truth and the project. Returns counts."""
    rng = np.random.default_rng(seed)
    persons = int(records / 1.70)
    each = rng.choice(np.arange(1, 6), persons, p=RECORDS_EACH)
    person = rng.permutation(np.repeat(np.arange(persons), each)[:records])
    persons = int(person.max()) + 1
    first_names = pa.array(names.given(names.FEMALE, 500, 1)[0] + names.given(names.MALE, 500, 1)[0])
    people, areas = make_people(rng, persons, first_names)
    table = damaged(rng, make_records(rng, people, areas, person))
    folder.mkdir(parents=True, exist_ok=True)
    truth = exports.write_all(rng, table, SOURCES, folder)
    pq.write_table(truth, folder / "truth.parquet")
    homes = pa.table({"person": np.arange(persons), "household": people.household, "left_home": people.left_home})
    pq.write_table(homes, folder / "households.parquet")
    return {"records": len(person), "persons": persons, "share": round(persons / len(person), 3)}


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Write invented customers with known truth as a Kinfolk project.")
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    began = time.perf_counter()
    counts = generate(options.records, options.seed, options.out)
    print({**counts, "seconds": round(time.perf_counter() - began, 1)})


if __name__ == "__main__":
    main()

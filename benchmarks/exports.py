"""The three systems' own ways of writing the same people, and the Kinfolk project that reads them back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

FIRST_DAY = np.datetime64("2020-01-01")
DAYS = 6 * 365
_OLDEST, _YOUNGEST = -18000, 18000

_KINFOLK = """name: People benchmark
engine: duckdb
time_zone: Europe/London
"""

_IDENTITY = """match:
  compare:
    first_name: name
    last_name: name
    birth_date: date
    email: email
    phone: phone
    street: address
    postcode: exact
  block_on: auto
  personal: [first_name, birth_date]
  merge_at: 0.95
  review_at: 0.80
survivorship:
  default: [most_trusted, most_recent]
  trust: [crm, shop, support]
  fields:
    email: [most_recent]
    birth_date: [most_frequent, most_trusted]
core_fields: [first_name, last_name, email, phone, postcode]
"""

_SOURCES = {
    "crm": """description: Contacts the sales people keep
file: {path: data/crm.csv, delimiter: ",", encoding: utf-8}
record_id: contact_id
observed_at: last_modified
load: snapshot
country: GB
dates: DMY
time_zone: Europe/London
people:
  last_name: surname
  first_name: given_name
  birth_date: dob
  phone: mobile
  email: email_address
  street: address_line
  city: town
  postcode: post_code
""",
    "shop": """description: Customers of the web shop
file: {path: data/shop.csv, delimiter: ";", encoding: utf-8}
record_id: customer_no
observed_at: updated_at
load: snapshot
country: GB
dates: YMD
people:
  email: email
  first_name: first_name
  last_name: last_name
  phone: phone
  street: {join: [house_no, street], with: " "}
  postcode: zip
  city: city
  birth_date: birthday
""",
    "support": """description: People who wrote to the support desk
file: {path: data/support.csv, delimiter: ",", encoding: utf-8}
record_id: id
observed_at: last_contact
load: snapshot
country: GB
dates: MDY
people:
  first_name: {sql: "trim(split_part(name, ',', 2))"}
  last_name: {sql: "trim(split_part(name, ',', 1))"}
  phone: telephone
  email: e_mail
  postcode: postcode
  street: street
  city: city
  birth_date: date_of_birth
""",
}


def misdated(rng: np.random.Generator, days: npt.NDArray[np.int64]) -> pa.Array:
    """Birth dates, some with day and month swapped, some with another day, month or year."""
    every = np.arange(_OLDEST, _YOUNGEST).astype("datetime64[D]")
    year = every.astype("datetime64[Y]")
    month = (every.astype("datetime64[M]") - year.astype("datetime64[M]")).astype(int)
    day = (every - every.astype("datetime64[M]")).astype(int)
    can_swap = day < 12
    swapped = (year.astype("datetime64[M]") + np.where(can_swap, day, month)).astype("datetime64[D]") + np.where(
        can_swap, month, day
    )
    swap = swapped.astype(np.int64)
    draw = rng.random(len(days))
    out = np.where(draw < 0.02, swap[days - _OLDEST], days)
    out = np.where((draw >= 0.02) & (draw < 0.04), days + rng.integers(-9, 10, len(days)), out)
    out = np.where((draw >= 0.04) & (draw < 0.05), days + 365 * rng.integers(-2, 3, len(days)), out)
    return pa.array(out.astype(np.int32), pa.int32()).cast(pa.date32())


def shortened(street: str) -> str:
    """A street as people in a hurry write it."""
    for word, short in (
        ("Street", "St"),
        ("Road", "Rd"),
        ("Avenue", "Ave"),
        ("Close", "Cl"),
        ("Lane", "Ln"),
        ("Gardens", "Gdns"),
        ("Drive", "Dr"),
        ("Crescent", "Cres"),
    ):
        street = street.replace(word, short)
    return street


def dates(days: pa.Array, form: str) -> pa.Array:
    """Dates as text in one form. Each distinct day is written once."""
    every = pa.array(np.arange(_OLDEST - 1000, _YOUNGEST + 9000).astype("datetime64[D]"))
    words = pc.strftime(every.cast(pa.timestamp("s")), format=form)
    return words.take(pc.subtract(days.cast(pa.int32()).cast(pa.int64()), _OLDEST - 1000))


def moments(moment: pa.Array, form: str, joint: str) -> pa.Array:
    """Moments within the six years as text: the day in one form, then hours and minutes."""
    numbers = moment.to_numpy()
    days = pa.array((FIRST_DAY + (numbers * DAYS).astype(np.int64)).astype("datetime64[D]"))
    minutes = ((numbers * DAYS * 1440) % 1440).astype(np.int64)
    clock = pa.array([f"{m // 60:02d}:{m % 60:02d}:00" for m in range(1440)]).take(pa.array(minutes))
    return pc.binary_join_element_wise(dates(days, form), clock, joint)


def telephone(rng: np.random.Generator, national: pa.Array, forms: tuple[str, ...]) -> pa.Array:
    """Telephone numbers in the ways of writing that one system has seen."""
    written = []
    for form in forms:
        if form.endswith("_ "):
            parts = [pc.utf8_slice_codeunits(national, 0, 4), pc.utf8_slice_codeunits(national, 4, 7)]
            rest = pc.utf8_slice_codeunits(national, 7)
            written.append(
                pc.binary_join_element_wise(pc.binary_join_element_wise(form[:-2], parts[0], ""), parts[1], rest, " ")
            )
        else:
            written.append(pc.binary_join_element_wise(form, national, ""))
    return pc.choose(pa.array(rng.integers(0, len(forms), len(national))), *written)


def _crm(rng: np.random.Generator, t: pa.Table, ids: pa.Array) -> pa.Table:
    upper = pa.array(rng.random(t.num_rows) < 0.06)
    surname = pc.if_else(upper, pc.utf8_upper(t["last_name"]), t["last_name"])
    return pa.table(
        {
            "contact_id": ids,
            "surname": surname,
            "given_name": t["first_name"],
            "dob": dates(t["birth_date"], "%d/%m/%Y"),
            "mobile": telephone(rng, t["phone"], ("+44 ", "0_ ", "+44_ ")),
            "email_address": t["email"],
            "address_line": pc.binary_join_element_wise(t["house"], t["street"], " "),
            "town": t["city"],
            "post_code": t["postcode"],
            "segment": pa.array(["A", "B", "C", ""]).take(pa.array(rng.integers(0, 4, t.num_rows))),
            "account_manager": pa.array(["PK", "TS", "MO", "JL", "AF"]).take(pa.array(rng.integers(0, 5, t.num_rows))),
            "last_modified": moments(t["moment"], "%d/%m/%Y", " "),
        }
    )


def _shop(rng: np.random.Generator, t: pa.Table, ids: pa.Array) -> pa.Table:
    return pa.table(
        {
            "customer_no": ids,
            "email": pc.if_else(pa.array(rng.random(t.num_rows) < 0.04), pc.utf8_upper(t["email"]), t["email"]),
            "first_name": pc.if_else(
                pa.array(rng.random(t.num_rows) < 0.05), pc.utf8_lower(t["first_name"]), t["first_name"]
            ),
            "last_name": t["last_name"],
            "phone": telephone(rng, t["phone"], ("0", "0_ ", "+44")),
            "street": t["street"],
            "house_no": t["house"],
            "zip": pc.if_else(
                pa.array(rng.random(t.num_rows) < 0.15), pc.replace_substring(t["postcode"], " ", ""), t["postcode"]
            ),
            "city": t["city"],
            "birthday": dates(t["birth_date"], "%Y-%m-%d"),
            "newsletter": pa.array(["yes", "no"]).take(pa.array(rng.integers(0, 2, t.num_rows))),
            "orders": pc.cast(pa.array(rng.geometric(0.4, t.num_rows)), pa.string()),
            "updated_at": moments(t["moment"], "%Y-%m-%d", " "),
        }
    )


def _support(rng: np.random.Generator, t: pa.Table, ids: pa.Array) -> pa.Table:
    names = [pc.fill_null(t[field], "") for field in ("last_name", "first_name")]
    return pa.table(
        {
            "id": ids,
            "name": pc.binary_join_element_wise(*names, ", "),
            "telephone": telephone(rng, t["phone"], ("0", "0044", "0_ ")),
            "e_mail": t["email"],
            "postcode": t["postcode"],
            "street": pc.binary_join_element_wise(t["house"], t["street"], " "),
            "city": t["city"],
            "date_of_birth": dates(t["birth_date"], "%m/%d/%Y"),
            "tickets": pc.cast(pa.array(rng.geometric(0.6, t.num_rows)), pa.string()),
            "last_contact": moments(t["moment"], "%Y-%m-%d", "T"),
        }
    )


_WRITERS = {"crm": (_crm, "C-", ","), "shop": (_shop, "", ";"), "support": (_support, "s", ",")}


def write_all(rng: np.random.Generator, table: pa.Table, sources: tuple[str, ...], folder: Path) -> pa.Table:
    """Writes one CSV file a source and the project around them. Returns the truth: source, record_id, person."""
    (folder / "data").mkdir(exist_ok=True)
    (folder / "sources").mkdir(exist_ok=True)
    truth = []
    for number, source in enumerate(sources):
        writer, prefix, delimiter = _WRITERS[source]
        rows = table.filter(pc.equal(table["source"], number)).combine_chunks()
        flat = pa.table({name: rows[name].combine_chunks() for name in rows.column_names})
        numbers = 100_001 + np.arange(flat.num_rows) * 3
        ids = pc.binary_join_element_wise(prefix, pc.cast(pa.array(numbers), pa.string()), "")
        options = csv.WriteOptions(delimiter=delimiter, quoting_style="needed")
        csv.write_csv(writer(rng, flat, ids), folder / "data" / f"{source}.csv", options)
        (folder / "sources" / f"{source}.yml").write_text(_SOURCES[source])
        truth.append(pa.table({"source": pa.array([source] * len(ids)), "record_id": ids, "person": flat["person"]}))
    (folder / "kinfolk.yml").write_text(_KINFOLK)
    (folder / "identity.yml").write_text(_IDENTITY)
    return pa.concat_tables(truth)

"""Harrowvale Building Society: savings and mortgages, four branches, and no tolerance for two people taken for one."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

from template_data.people import Dice, Habits, Person, make_people, write_down
from template_data.places import BRITAIN
from template_data.writing import Row, spoil, write_delimited, write_excel, write_json_lines, write_parquet

FIRST, LAST = datetime(2022, 3, 1), datetime(2026, 10, 30)

CORE = Habits(nickname=0.0, initial=0.0, typo=0.02, old_address=0.3, missing={"email": 0.35, "phone": 0.2})
CARDS = Habits(nickname=0.02, initial=0.12, typo=0.03, old_address=0.6, missing={"email": 0.5, "phone": 0.35})
BRANCH = Habits(
    nickname=0.15, initial=0.05, typo=0.09, old_address=0.4, missing={"email": 0.6, "phone": 0.25, "birth": 0.3}
)
CALLS = Habits(nickname=0.2, initial=0.03, typo=0.06, missing={"birth": 0.45, "email": 0.5, "street": 0.7})


def cast() -> list[Person]:
    """The people the README speaks of: a father and son of one name, and twins, each with a number of their own."""
    father = Person(
        1,
        "Edward",
        "Penrose",
        False,
        "penrose@example.org",
        "+447700900901",
        date(1958, 6, 2),
        "Orchard Close",
        "4",
        "HV1 3EP",
        "Harrowvale",
        "GB",
        1,
    )
    son = replace(father, number=2, birth=date(1987, 6, 20))
    alice = Person(
        3,
        "Alice",
        "Trevanion",
        True,
        None,
        "+447700900903",
        date(1994, 12, 9),
        "Kiln Hill",
        "31",
        "HV4 7GT",
        "Kilnstead",
        "GB",
        3,
    )
    return [father, son, alice, replace(alice, number=4, first="Alison", phone="+447700900904")]


def national_id(person: Person) -> str:
    """A number of the right shape with QQ in front, a prefix no real number has."""
    n = (person.number * 48611 + 20011) % 1_000_000
    return f"QQ{n:06d}{'ABCD'[person.number % 4]}"


def write(folder: Path) -> None:
    """Writes every file under data/ of the template."""
    dice = Dice(1887)
    people = cast() + make_people(dice, BRITAIN, 330, 10)
    numbers = _core(dice, people, folder)
    _cards(dice, people, folder)
    _branch(dice, people, numbers, folder)
    _calls(dice, people, numbers, folder)
    _payments(dice, numbers, folder)


def _dialled(dice: Dice, phone: str | None) -> str | None:
    if phone is None:
        return None
    n = "0" + phone[3:]
    return dice.among((n, f"{n[:5]} {n[5:8]} {n[8:]}", f"{n[:5]} {n[5:]}", phone))


def _title(person: Person) -> str:
    return ("Mrs", "Ms", "Miss", "Dr")[person.number % 4] if person.female else "Dr" if person.number % 9 == 0 else "Mr"


def _core(dice: Dice, people: list[Person], folder: Path) -> dict[int, str]:
    """Core banking, by the book. Returns the customer number of each person who has one."""
    numbers: dict[int, str] = {}
    rows: list[Row] = []
    chosen = people[:4] + dice.some(people[4:], 0.75)
    for person in chosen + dice.some(chosen[4:], 0.03):  # opened again at another branch
        w = write_down(dice, person, CORE, BRITAIN.nicknames)
        number = f"{20100345 + 11 * len(rows)}"
        numbers.setdefault(person.number, number)
        rows.append(
            {
                "CUSTNO": number,
                "SURNAME": (w.last or "").upper(),
                "FORENAMES": (w.first or "").upper(),
                "DOB": f"{w.birth:%Y%m%d}" if w.birth else None,
                "NINO": national_id(person) if dice.chance(0.9) or person.number < 5 else None,
                "ADDR1": f"{w.house} {w.street}".upper(),
                "TOWN": (w.city or "").upper(),
                "PCODE": w.postcode,
                "TEL": _dialled(dice, w.phone),
                "EMAIL": w.email,
                "BRANCH": dice.among(("01", "02", "03", "04")),
                "KYC": dice.among(("PASS", "PASS", "PASS", "REVIEW")),
                "OPENED": f"{dice.moment(FIRST, LAST):%Y%m%d}",
                "AMENDED": f"{dice.moment(FIRST, LAST):%Y-%m-%d %H:%M}",
            }
        )
    rows[40]["DOB"], rows[77]["DOB"] = "19790231", "00000000"
    rows[52]["TEL"], rows[63]["TEL"] = "N/A", "XDIR"
    rows[88]["EMAIL"] = "REFUSED"
    write_delimited(folder / "data/core-customers.csv", rows, "|")
    street = str(rows[120]["ADDR1"]).encode()
    spoil(folder / "data/core-customers.csv", 122, street, street + b"|FLAT 2")
    return numbers


def _cards(dice: Dice, people: list[Person], folder: Path) -> None:
    rows: list[Row] = []
    for person in people[:4] + dice.some(people[4:], 0.5):
        w = write_down(dice, person, CARDS, BRITAIN.nicknames)
        rows.append(
            {
                "card_ref": f"CRD{310007 + 3 * len(rows)}",
                "embossed": f"{_title(person)} {w.first} {w.last}".upper(),
                "forename": w.first,
                "surname": w.last,
                "date_of_birth": w.birth,
                "ni_number": national_id(person) if dice.chance(0.6) or person.number < 5 else None,
                "mobile": w.phone,
                "email": w.email,
                "line_1": f"{w.house} {w.street}",
                "post_town": w.city,
                "postcode": w.postcode,
                "product": dice.among(("debit", "credit", "credit gold")),
                "updated": dice.moment(FIRST, LAST),
            }
        )
    write_parquet(folder / "data/cards.parquet", rows)


def _branch(dice: Dice, people: list[Person], numbers: dict[int, str], folder: Path) -> None:
    rows: list[Row] = []
    for person in people[:2] + dice.some(people[4:], 0.28):
        w = write_down(dice, person, BRANCH, BRITAIN.nicknames)
        known = numbers.get(person.number) if dice.chance(0.35) else None
        rows.append(
            {
                "Ref": f"B{len(rows) + 1:03d}",
                "Member": f"{_title(person)} {w.first} {w.last}",
                "Cust no": known,
                "Born": f"{w.birth:%d.%m.%y}"
                if w.birth and dice.chance(0.4)
                else f"{w.birth:%d/%m/%Y}"
                if w.birth
                else None,
                "Telephone": _dialled(dice, w.phone),
                "Email": w.email,
                "Address": f"{w.house} {w.street}, {w.city}",
                "Post code": (w.postcode or "").lower() if dice.chance(0.3) else w.postcode,
                "Interest": dice.among(("ISA", "mortgage", "fixed bond", "current account")),
                "Seen": dice.moment(FIRST, LAST),
            }
        )
    rows[7]["Born"], rows[19]["Telephone"], rows[23]["Email"] = "31/02/1971", "n/a", "jo @ work"
    write_excel(folder / "data/branch-book.xlsx", {"Kilnstead": rows})


def _calls(dice: Dice, people: list[Person], numbers: dict[int, str], folder: Path) -> None:
    reasons = (
        "Lost card",
        "Mortgage quote",
        "Change of address",
        "Payment not received",
        "Bereavement",
        "Online sign-in",
    )
    rows: list[Row] = []
    for person in people[:4] + dice.some(people[4:], 0.3):
        w = write_down(dice, person, CALLS, BRITAIN.nicknames)
        began = dice.moment(FIRST, LAST)
        solved = dice.chance(0.8)
        rows.append(
            {
                "call": f"K{880001 + len(rows)}",
                "caller_first": w.first,
                "caller_last": w.last,
                "number_shown": w.phone,
                "dob_checked": w.birth.isoformat() if w.birth else None,
                "email": w.email,
                "address": f"{w.house} {w.street}" if w.street else None,
                "postcode": w.postcode,
                "customer_number": numbers.get(person.number) if dice.chance(0.3) else None,
                "reason": dice.among(reasons),
                "state": "closed" if solved else "open",
                "began": began.strftime("%Y-%m-%dT%H:%M:00Z"),
                "ended": (began + timedelta(minutes=3 + dice.below(40))).strftime("%Y-%m-%dT%H:%M:00Z")
                if solved
                else None,
                "score": 1 + dice.below(10) if solved and dice.chance(0.6) else None,
            }
        )
    rows[11]["number_shown"] = "withheld"
    write_json_lines(folder / "data/contact-centre.jsonl", rows)


def _payments(dice: Dice, numbers: dict[int, str], folder: Path) -> None:
    everyone = list(numbers.values())
    rows: list[Row] = [
        {
            "payment": f"P{400001 + n}",
            "customer": dice.frequent(everyone),
            "booked": dice.moment(datetime(2026, 6, 1), LAST).strftime("%d/%m/%Y"),
            "kind": dice.among(("interest", "fee", "premium")),
            "amount": f"{1 + dice.below(900)}.{dice.below(100):02d}",
            "state": dice.among(("booked", "booked", "reversed")),
        }
        for n in range(380)
    ]
    write_delimited(folder / "data/payments.csv", rows)

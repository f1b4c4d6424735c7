"""Brightrota, Denver: shift planning for cafés and clinics, by subscription. Customers are people inside accounts."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from template_data.people import Dice, Habits, Person, make_people, plain, write_down
from template_data.places import AMERICA
from template_data.writing import Row, write_delimited, write_excel, write_json_lines, write_parquet

FIRST, LAST = datetime(2024, 1, 8), datetime(2026, 10, 30)
TRADES = (
    "Coffee",
    "Bakery",
    "Dental",
    "Pediatrics",
    "Kitchen",
    "Pharmacy",
    "Physio",
    "Juice Bar",
    "Vet Clinic",
    "Diner",
)
PLACES = (
    "Blue Heron",
    "Juniper",
    "Old Depot",
    "Lantern",
    "Mile Marker",
    "Copper Kettle",
    "Sparrow",
    "North Fork",
    "Larkspur",
    "Stonebridge",
    "Two Rivers",
    "Paper Crane",
    "Red Barn",
    "Salt & Rye",
    "Harborlight",
    "Quiet Hour",
    "Tin Roof",
    "Aspen",
)
KIOSK = "kiosk-br-demo"

APP = Habits(nickname=0.10, typo=0.02, missing={"phone": 0.45})
CRM = Habits(nickname=0.18, typo=0.06, other_email=0.25, missing={"phone": 0.3, "email": 0.1})
WEBINAR = Habits(nickname=0.2, typo=0.07, other_email=0.5, missing={"phone": 0.6})


class Account:
    """A café or clinic that pays."""

    def __init__(self, number: int, name: str) -> None:
        self.id = f"acc_{number:04d}"
        self.name = name
        self.domain = plain(name) + ".example"


def write(folder: Path) -> None:
    """Writes every file under data/ of the template."""
    dice = Dice(77)
    accounts = [Account(100 + n, f"{PLACES[n % 18]} {TRADES[(n * 3 + n // 18) % 10]}") for n in range(72)]
    people = [_employed(dice, person, accounts) for person in make_people(dice, AMERICA, 300)]
    work = {person.number: accounts[person.household * 31 % len(accounts)] for person in people}
    users = _users(dice, people, work, folder)
    _accounts(dice, accounts, people, work, folder)
    _contacts(dice, people, work, folder)
    _webinar(dice, people, work, folder)
    _events(dice, users, folder)
    _tickets(dice, people, folder)
    _touchpoints(dice, people, folder)


def _employed(dice: Dice, person: Person, accounts: list[Account]) -> Person:
    """A person with a work address beside the private one; a few changed jobs and left their old address behind."""
    domain = accounts[person.household * 31 % len(accounts)].domain
    work = f"{plain(person.first)}.{plain(person.last)}@{domain}"
    if dice.chance(0.12):
        earlier = accounts[person.number * 17 % len(accounts)].domain
        return replace(person, email=work, second_email=f"{plain(person.first)[0]}{plain(person.last)}@{earlier}")
    return replace(person, email=work, second_email=person.email)


def _dialled(dice: Dice, phone: str | None) -> str | None:
    if phone is None:
        return None
    a, b, c = phone[2:5], phone[5:8], phone[8:]
    return dice.among((f"({a}) {b}-{c}", f"{a}-{b}-{c}", f"{a}.{b}.{c}", phone, f"1 {a} {b} {c}"))


def _users(dice: Dice, people: list[Person], work: dict[int, Account], folder: Path) -> list[str]:
    rows: list[Row] = []
    chosen = dice.some(people, 0.72)
    for person in chosen + dice.some(chosen, 0.06):
        w = write_down(dice, person, APP, AMERICA.nicknames)
        signed = dice.moment(FIRST, LAST - timedelta(days=60))
        device = KIOSK if len(rows) % 15 == 9 else f"dev-{person.number * 6151 % 99991:05d}"
        rows.append(
            {
                "user_id": f"u_{40017 + 13 * len(rows)}",
                "account_id": work[person.number].id,
                "email": w.email,
                "email_confirmed": dice.among(("true", "true", "false")),
                "given_name": w.first,
                "family_name": w.last,
                "phone": _dialled(dice, w.phone),
                "role": dice.among(("owner", "manager", "staff", "staff", "staff")),
                "locale": dice.among(("en-US", "en-US", "es-US")),
                "device": device if dice.chance(0.7) else None,
                "signed_up": signed.strftime("%m/%d/%Y"),
                "last_seen": dice.moment(signed, LAST).strftime("%m/%d/%Y %H:%M"),
            }
        )
    rows[14]["phone"], rows[31]["phone"] = "n/a", "call the shop"
    rows[22]["signed_up"] = "02/31/2025"
    rows[40]["email"] = "no email yet"
    for n in (52, 53, 91):
        rows[n]["email"] = f"team@{plain('Old Depot Dental')}.example"
    write_delimited(folder / "data/app-users.csv", rows, encoding="utf-8-sig")
    ids = [str(row["user_id"]) for row in rows]
    _break_row(folder / "data/app-users.csv")
    return ids


def _break_row(path: Path) -> None:
    """One row lost its end when somebody edited the export."""
    lines = path.read_bytes().split(b"\r\n")
    lines[118] = b",".join(lines[118].split(b",")[:6])
    path.write_bytes(b"\r\n".join(lines))


def _accounts(
    dice: Dice, accounts: list[Account], people: list[Person], work: dict[int, Account], folder: Path
) -> None:
    payer = {work[person.number].id: person.email for person in reversed(people)}
    rows: list[Row] = [
        {
            "id": account.id,
            "name": account.name,
            "domain": account.domain,
            "industry": dice.among(("food service", "food service", "health")),
            "seats": 3 + dice.below(60),
            "plan": dice.among(("starter", "team", "team", "clinic")),
            "mrr_usd": f"{29 + 10 * dice.below(60)}.00",
            "owner_email": payer.get(account.id),
            "opened": dice.moment(FIRST, LAST).strftime("%m/%d/%Y"),
        }
        for account in accounts
    ]
    write_delimited(folder / "data/accounts.csv", rows)


def _contacts(dice: Dice, people: list[Person], work: dict[int, Account], folder: Path) -> None:
    rows: list[Row] = []
    for person in dice.some(people, 0.4):
        w = write_down(dice, person, CRM, AMERICA.nicknames)
        rows.append(
            {
                "Contact No": 7001 + 2 * len(rows),
                "Contact": f"{w.last}, {w.first}",
                "E-mail": w.email,
                "Direct": _dialled(dice, w.phone),
                "Company": work[person.number].name,
                "Account": work[person.number].id,
                "Title": dice.among(("Owner", "Office Manager", "Shift Lead", "Practice Manager", None)),
                "City": w.city,
                "State ZIP": w.postcode,
                "Touched": dice.moment(FIRST, LAST),
            }
        )
    rows[5]["Direct"], rows[17]["E-mail"] = "ext. 4", "see LinkedIn"
    write_excel(folder / "data/crm-contacts.xlsx", {"Contacts": rows})


def _webinar(dice: Dice, people: list[Person], work: dict[int, Account], folder: Path) -> None:
    rows: list[Row] = []
    for person in dice.some(people, 0.3):
        w = write_down(dice, person, WEBINAR, AMERICA.nicknames)
        rows.append(
            {
                "registration": f"wb-{len(rows) + 1:03d}",
                "name": f"{w.first} {w.last}",
                "email": w.email,
                "mobile": _dialled(dice, w.phone),
                "company": work[person.number].name.replace(" ", ""),
                "city": w.city,
                "may_email": dice.among((True, True, False)),
                "registered_at": dice.moment(FIRST, LAST).strftime("%Y-%m-%dT%H:%M:00-07:00"),
            }
        )
    write_json_lines(folder / "data/webinar.jsonl", rows)


def _events(dice: Dice, users: list[str], folder: Path) -> None:
    names = ("shift_published", "shift_swapped", "report_opened", "invite_sent", "billing_viewed")
    rows: list[Row] = [
        {
            "message_id": f"m-{90001 + n}",
            "user_id": dice.frequent(users),
            "event": dice.frequent(names),
            "timestamp": dice.moment(datetime(2026, 9, 1), LAST).strftime("%Y-%m-%dT%H:%M:00.000Z"),
            "properties": {"screen": dice.among(("week", "month", "team")), "count": 1 + dice.below(20)},
        }
        for n in range(290)
    ]
    write_json_lines(folder / "data/product-events.jsonl", rows)


def _tickets(dice: Dice, people: list[Person], folder: Path) -> None:
    subjects = (
        "Cannot publish a week",
        "Wrong overtime",
        "Add a second clinic",
        "Invoice address",
        "Login loop on iPad",
    )
    rows: list[Row] = []
    for person in dice.some(people, 0.2):
        opened = dice.moment(FIRST, LAST)
        done = dice.chance(0.8)
        closed = opened + timedelta(hours=1 + dice.below(70))
        rows.append(
            {
                "ticket": 5001 + len(rows),
                "requester": person.second_email if dice.chance(0.25) else person.email,
                "subject": dice.among(subjects),
                "state": "solved" if done else "open",
                "urgency": 1 + dice.below(4),
                "opened_at": opened.strftime("%Y-%m-%dT%H:%M:00Z"),
                "solved_at": closed.strftime("%Y-%m-%dT%H:%M:00Z") if done else None,
                "csat": 1 + dice.below(5) if done and dice.chance(0.5) else None,
            }
        )
    write_json_lines(folder / "data/tickets.jsonl", rows)


def _touchpoints(dice: Dice, people: list[Person], folder: Path) -> None:
    rows: list[Row] = []
    for person in dice.some(people, 0.5):
        for _ in range(1 + dice.below(3)):
            channel, medium = dice.among(
                (("search", "cpc"), ("search", "organic"), ("email", "newsletter"), ("social", "cpc"))
            )
            rows.append(
                {
                    "id": f"tp{len(rows) + 1:05d}",
                    "email": person.email,
                    "at": dice.moment(FIRST, LAST),
                    "channel": channel,
                    "medium": medium,
                    "campaign": dice.among(("spring-rota", "clinics-2026", "compare", "brand")),
                    "variant": dice.among(("a", "b")),
                    "cost_usd": round(dice.below(400) / 100, 2) if medium == "cpc" else 0.0,
                }
            )
    write_parquet(folder / "data/touchpoints.parquet", rows)

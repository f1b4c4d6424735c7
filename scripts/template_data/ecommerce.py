"""Lume & Linho, Porto: bed linen, ceramics and candles, sold in a shop, on the web and by post to Britain."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

from template_data.people import Dice, Habits, Person, Written, make_people, write_down
from template_data.places import BRITAIN, PORTUGAL
from template_data.writing import Row, spoil, write_delimited, write_excel, write_json_lines

FIRST, LAST = datetime(2023, 1, 9), datetime(2026, 10, 30)
TABLET = "tablet-loja-1"
NICKNAMES = PORTUGAL.nicknames | BRITAIN.nicknames
PRODUCTS = (
    ("Lençol de linho 160", 89.0),
    ("Lençol de linho 200", 109.0),
    ("Vela de figo", 18.5),
    ("Vela de cedro", 18.5),
    ("Manta de algodão", 64.0),
    ("Prato raso, azul", 14.9),
    ("Tigela grande, areia", 22.0),
    ("Toalha de banho", 27.5),
    ("Fronha bordada", 24.0),
    ("Caneca, verde", 11.9),
)

WEBSHOP = Habits(nickname=0.06, old_address=0.7, missing={"phone": 0.25, "birth": 0.35, "email": 0.01})
CRM = Habits(nickname=0.10, typo=0.07, old_address=0.2, missing={"email": 0.22, "birth": 0.3, "street": 0.12})
NEWSLETTER = Habits(
    nickname=0.14, other_email=0.45, missing={"last": 0.12, "birth": 0.6, "phone": 1.0, "postcode": 0.3}
)
GUEST = Habits(nickname=0.08, initial=0.1, typo=0.08, old_address=0.3, other_email=0.5, missing={"birth": 1.0})


def cast() -> list[Person]:
    """The people the README and the demo speak of, by hand."""
    old = Person(
        1,
        "Marta",
        "Oliveira",
        True,
        "marta.oliveira@example.com",
        "+351910000117",
        date(1988, 3, 14),
        "Rua das Flores",
        "12",
        "4050-262",
        "Porto",
        "PT",
        1,
        "m.osantos@example.org",
    )
    new = {"street": "Avenida da Boavista", "house": "210", "postcode": "4100-119"}
    marta = replace(old, last="Oliveira-Santos", previous=old, **new)
    rui = replace(
        marta,
        number=2,
        first="Rui",
        last="Santos",
        female=False,
        email="rui.santos@example.com",
        birth=date(1986, 11, 2),
        phone="+351910000118",
        second_email=None,
        previous=None,
    )
    teresa = Person(
        3,
        "Teresa",
        "Leal",
        True,
        "familia.leal@example.org",
        "+351210000031",
        date(1961, 5, 30),
        "Rua da Quinta Velha",
        "7",
        "4710-301",
        "Braga",
        "PT",
        3,
    )
    artur = replace(teresa, number=4, first="Artur", female=False, birth=date(1959, 1, 12))
    ines = replace(teresa, number=5, first="Inês", birth=date(1992, 8, 3))
    return [marta, rui, teresa, artur, ines]


def write(folder: Path) -> None:
    """Writes every file under data/ of the template."""
    dice = Dice(20261102)
    people = cast() + make_people(dice, PORTUGAL, 235, 10) + make_people(dice, BRITAIN, 85, 300)
    accounts = _webshop(dice, people, folder)
    _crm(dice, people, accounts, folder)
    _newsletter(dice, people, folder)
    _orders(dice, accounts, folder)
    _guest_orders(dice, people, folder)
    _tickets(dice, people, folder)
    _web_events(dice, accounts, folder)


def _day(value: date | None) -> str | None:
    return value.strftime("%d/%m/%Y") if value else None


def _home_phone(dice: Dice, phone: str | None) -> str | None:
    """A number as people of the country type it."""
    if phone is None or not phone.startswith("+351"):
        return phone
    n = phone[4:]
    return dice.among((n, f"{n[:3]} {n[3:6]} {n[6:]}", f"+351 {n}", f"00351{n}", f"{n[:2]} {n[2:5]} {n[5:7]} {n[7:]}"))


def _webshop(dice: Dice, people: list[Person], folder: Path) -> list[tuple[str, Person]]:
    """Two exports, one a market. Returns account numbers and whose they are."""
    accounts: list[tuple[str, Person]] = []
    rows: dict[str, list[Row]] = {"PT": [], "GB": []}
    chosen = people[:5] + dice.some(people[5:], 0.68)
    for person in chosen + dice.some(chosen[5:], 0.05):  # a few opened a second account
        number = f"WL{10023 + 7 * len(accounts)}"
        accounts.append((number, person))
        w = write_down(dice, person.previous or person if person.number == 1 else person, WEBSHOP, NICKNAMES)
        if person.number <= 5:
            w.first, w.last, w.email = person.first, (person.previous or person).last, person.email
            w.phone, w.birth = person.phone, person.birth
        device = TABLET if len(accounts) % 14 == 0 else f"app-{person.number * 7919 % 99991:05d}"
        seen = datetime(2024, 5, 18, 20, 41) if person.number == 1 else dice.moment(FIRST, LAST)
        rows[person.country].append(
            {
                "Nº cliente": number,
                "Apelido": w.last,
                "Nome": w.first,
                "E-mail": w.email,
                "Telemóvel": _home_phone(dice, w.phone),
                "Rua": w.street,
                "Porta": w.house,
                "Código postal": w.postcode,
                "Localidade": w.city,
                "Data nasc.": _day(w.birth),
                "Dispositivo": device if dice.chance(0.6) else None,
                "Nível": dice.among(("bronze", "prata", "ouro")),
                "Actualizado em": seen.strftime("%d/%m/%Y %H:%M"),
            }
        )
    rows["PT"][30]["Telemóvel"], rows["PT"][47]["Telemóvel"] = "n/a", "não tem"
    rows["PT"][55]["Data nasc."], rows["PT"][61]["Data nasc."] = "31/02/1979", "00/00/0000"
    rows["PT"][72]["E-mail"] = "ana maria@example.com"
    rows["PT"][80]["E-mail"] = "pedro.example.com"
    for number, first in ((33, "Carla"), (66, "Nuno"), (99, "Vera")):  # a hotel's staff, ordering with its address
        rows["PT"][number] |= {"E-mail": "info@casa-das-camelias.example", "Nome": first}
    write_delimited(folder / "data/webshop-portugal.csv", rows["PT"], ";", "latin-1")
    write_delimited(folder / "data/webshop-britain.csv", rows["GB"], ";", "latin-1")
    street = str(rows["PT"][20]["Rua"]).encode("latin-1")
    spoil(folder / "data/webshop-portugal.csv", 22, street, street + b"; 2.\xba esq.")
    return accounts


def _crm(dice: Dice, people: list[Person], accounts: list[tuple[str, Person]], folder: Path) -> None:
    number_of = {person.number: number for number, person in accounts}
    rows: list[Row] = []
    for person in people[:2] + [people[3]] + dice.some(people[5:], 0.32):
        w = write_down(dice, person, CRM, NICKNAMES)
        if person.number == 1:
            w = Written(
                "Marta",
                "Oliveira-Santos",
                person.email,
                person.phone,
                person.birth,
                person.street,
                "210",
                person.postcode,
                "Porto",
                "PT",
            )
        rows.append(
            {
                "Contact": f"C-{501 + len(rows)}",
                "Name": " ".join(part for part in (w.first, w.last) if part),
                "Email": w.email,
                "Phone": w.phone,
                "Address": f"{w.street}, {w.house}" if w.street else None,
                "Postcode": w.postcode if w.street else None,
                "Town": w.city,
                "Country": w.country,
                "Birthday": w.birth,
                "Web customer": number_of.get(person.number) if dice.chance(0.25) else None,
                "Segment": dice.among(("private", "private", "gift buyer", "interior designer")),
                "Changed": datetime(2026, 9, 3, 10, 5) if person.number == 1 else dice.moment(FIRST, LAST),
            }
        )
    rows[12]["Phone"], rows[25]["Phone"] = "n/a", "ask Inês"
    note = [{"Note": "Kept by the shop in Rua do Almada. Ask Rita before changing columns."}]
    write_excel(folder / "data/crm.xlsx", {"Contacts": rows, "Read me": note})


def _newsletter(dice: Dice, people: list[Person], folder: Path) -> None:
    rows: list[Row] = []
    for person in people[:1] + dice.some(people[5:], 0.36):
        w = write_down(dice, person, NEWSLETTER, NICKNAMES)
        asked = datetime(2025, 2, 1, 8, 12) if person.number == 1 else dice.moment(FIRST, LAST)
        if person.number == 1:
            w.first, w.last, w.email, w.birth = "Marta", "Oliveira", "marta.oliveira@example.com", date(1988, 4, 14)
        status = dice.among(("subscribed", "subscribed", "subscribed", "unsubscribed", "bounced"))
        rows.append(
            {
                "id": f"nl-{2000 + 3 * len(rows)}",
                "email": w.email.upper() if w.email and dice.chance(0.05) else w.email,
                "first_name": w.first,
                "last_name": w.last,
                "birthday": w.birth.isoformat() if w.birth else None,
                "postcode": w.postcode,
                "city": w.city if w.postcode else None,
                "language": "pt" if w.country == "PT" else "en",
                "status": status,
                "consent_text": dice.among(("2023-05", "2025-01")),
                "source": dice.among(("footer form", "checkout box", "fair in Lisbon")),
                "changed_at": asked.strftime("%Y-%m-%dT%H:%M:00Z"),
            }
        )
    write_json_lines(folder / "data/newsletter.jsonl", rows)


def _line(dice: Dice) -> tuple[str, int, str]:
    product, price = dice.among(PRODUCTS)
    items = 1 + dice.below(3)
    return product, items, f"{price * items:.2f}".replace(".", ",")


def _orders(dice: Dice, accounts: list[tuple[str, Person]], folder: Path) -> None:
    rows: list[Row] = []
    for number, person in accounts:
        for _ in range(3 if person.number == 1 else dice.below(4)):
            product, items, total = _line(dice)
            rows.append(
                {
                    "Encomenda": f"E{70001 + len(rows)}",
                    "Nº cliente": number,
                    "Data": dice.moment(FIRST, LAST).strftime("%d/%m/%Y %H:%M"),
                    "Artigo": product,
                    "Qtd.": items,
                    "Total": total,
                    "Estado": dice.among(("enviada", "entregue", "entregue", "devolvida")),
                }
            )
    write_delimited(folder / "data/orders.csv", rows, ";", "latin-1")


def _guest_orders(dice: Dice, people: list[Person], folder: Path) -> None:
    rows: list[Row] = []
    for person in people[:1] + dice.some(people[5:], 0.22):
        w = write_down(dice, person, GUEST, NICKNAMES)
        placed = dice.moment(FIRST, LAST)
        if person.number == 1:
            w.first, w.last, w.email, w.phone = "Marta", "Oliveira Santos", person.second_email, person.phone
            w.street, w.house, w.postcode, w.city = "Av. Boavista", "210", "4100-119", "Porto"
            placed = datetime(2026, 3, 7, 21, 15)
        product, items, total = _line(dice)
        rows.append(
            {
                "order": f"G-{9001 + len(rows)}",
                "placed": placed.strftime("%Y-%m-%d %H:%M"),
                "first_name": w.first,
                "last_name": w.last,
                "email": w.email,
                "phone": _home_phone(dice, w.phone),
                "ship_street": f"{w.street} {w.house}",
                "ship_postcode": w.postcode,
                "ship_city": w.city,
                "country": w.country,
                "product": product,
                "items": items,
                "total": total.replace(",", "."),
            }
        )
    rows[9]["email"] = "gift for @ana"
    write_delimited(folder / "data/guest-orders.csv", rows)


def _tickets(dice: Dice, people: list[Person], folder: Path) -> None:
    subjects = (
        "Where is my parcel?",
        "Encomenda incompleta",
        "Troca de tamanho",
        "Broken bowl",
        "Fatura com NIF",
        "Vela partida",
    )
    rows: list[Row] = []
    for person in people[:2] + dice.some(people[5:], 0.16):
        opened = dice.moment(FIRST, LAST)
        closed = opened + timedelta(hours=2 + dice.below(90))
        address = person.second_email if person.second_email and dice.chance(0.3) else person.email
        rows.append(
            {
                "ticket": f"T{3301 + len(rows)}",
                "from": address,
                "subject": dice.among(subjects),
                "status": dice.among(("closed", "closed", "open")),
                "priority": dice.among(("normal", "normal", "high")),
                "channel": dice.among(("email", "chat", "instagram")),
                "opened": opened.strftime("%Y-%m-%dT%H:%M:00+00:00"),
                "closed": closed.strftime("%Y-%m-%dT%H:%M:00+00:00"),
                "rating": 1 + dice.below(5) if dice.chance(0.5) else None,
            }
        )
    for row in rows:
        if row["status"] == "open":
            row["closed"] = row["rating"] = None
    write_json_lines(folder / "data/tickets.jsonl", rows)


def _web_events(dice: Dice, accounts: list[tuple[str, Person]], folder: Path) -> None:
    rows: list[Row] = []
    pages = ("/lencois", "/velas", "/ceramica", "/carrinho", "/conta", "/promocoes")
    for number, person in accounts:
        for visit in range(2 if person.number == 1 else dice.below(2)):
            at, page = dice.moment(datetime(2026, 8, 1), LAST), dice.among(pages)
            rows.append(
                {
                    "id": f"ev{50001 + len(rows)}",
                    "event": "page_viewed" if page != "/carrinho" else "cart_opened",
                    "at": at.strftime("%Y-%m-%dT%H:%M:00Z"),
                    "customer": number,
                    "session": f"s{person.number}-{visit}",
                    "url": page,
                    "device": dice.among(("mobile", "mobile", "desktop")),
                }
            )
    write_json_lines(folder / "data/web-events.jsonl", rows)

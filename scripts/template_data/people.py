"""Invented people in households, and how carelessly a system writes them down."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from random import Random
from typing import TypeVar

from template_data.places import Country

T = TypeVar("T")


@dataclass(frozen=True)
class Person:
    """One customer as they really are. previous: where they lived before, if they moved."""

    number: int
    first: str
    last: str
    female: bool
    email: str | None
    phone: str
    birth: date
    street: str
    house: str
    postcode: str
    city: str
    country: str
    household: int
    second_email: str | None = None
    previous: Person | None = None


class Dice:
    """Random choices that stay the same from one Python version to the next: they use random() alone."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)

    def chance(self, share: float) -> bool:
        """True in this share of cases."""
        return self._random.random() < share

    def below(self, size: int) -> int:
        """A whole number from 0 to size - 1."""
        return int(self._random.random() * size)

    def among(self, things: Sequence[T]) -> T:
        """One of the things."""
        return things[self.below(len(things))]

    def frequent(self, things: Sequence[T]) -> T:
        """One of the things, the first ones more often."""
        return things[int(self._random.random() ** 1.7 * len(things))]

    def some(self, things: Sequence[T], share: float) -> list[T]:
        """About this share of the things, in their order."""
        return [thing for thing in things if self.chance(share)]

    def moment(self, first: datetime, last: datetime) -> datetime:
        """A moment between two, to the minute, by day."""
        day = first + timedelta(days=self.below((last - first).days))
        return day.replace(hour=7 + self.below(15), minute=self.below(60))


def make_people(dice: Dice, country: Country, count: int, start: int = 1) -> list[Person]:
    """Households of one to four. Half the families share a telephone, a fifth a mail box."""
    people: list[Person] = []
    taken: set[str] = set()
    while len(people) < count:
        people += _household(dice, country, start + len(people), taken)
    return people[:count]


def _household(dice: Dice, country: Country, number: int, taken: set[str]) -> list[Person]:
    size = dice.among((1, 1, 1, 2, 2, 3, 4))
    last = dice.frequent(country.surnames)
    city, postcode = country.place(dice.below, dice.frequent)
    street, house = dice.among(country.streets), str(1 + dice.below(140))
    born = date(1942 + dice.below(46), 1, 1) + timedelta(days=dice.below(365))
    line = country.phone(number)
    shares_phone, shares_mail = size > 1 and dice.chance(0.5), size > 1 and dice.chance(0.2)
    members: list[Person] = []
    for place in range(size):
        female = dice.chance(0.52) if place != 1 else not members[0].female
        first = dice.frequent(country.women if female else country.men)
        own = last if place != 1 or dice.chance(0.7) else dice.frequent(country.surnames)
        birth = born + timedelta(days=dice.below(1800) - 600 if place == 1 else 0)
        if place > 1:
            birth = born + timedelta(days=7600 + dice.below(4000))
        email = _email(dice, first, own, birth, taken)
        members.append(
            Person(
                number=number + place,
                first=first,
                last=own,
                female=female,
                email=members[0].email if members and shares_mail else email,
                phone=line if shares_phone else country.phone(number + place),
                birth=birth,
                street=street,
                house=house,
                postcode=postcode,
                city=city,
                country=country.code,
                household=number,
                second_email=_email(dice, first, own, birth, taken) if dice.chance(0.25) else None,
            )
        )
    if dice.chance(0.10):
        members = [_moved(dice, country, member) for member in members]
    return members


def _moved(dice: Dice, country: Country, person: Person) -> Person:
    city, postcode = country.place(dice.below, dice.frequent)
    new = {"street": dice.among(country.streets), "house": str(1 + dice.below(140)), "city": city, "postcode": postcode}
    return replace(person, previous=person, **new)


_PLAIN = str.maketrans("áàâãäçéêíóôõöúüñ", "aaaaaceeioooouun")


def plain(name: str) -> str:
    """A name as it stands in a mail address."""
    return "".join(letter for letter in name.lower().translate(_PLAIN) if letter.isalpha())


def _email(dice: Dice, first: str, last: str, birth: date, taken: set[str]) -> str:
    a, b = plain(first), plain(last)
    shape = dice.among((f"{a}.{b}", f"{a}.{b}", f"{a[0]}{b}", f"{a}{birth:%y}", f"{b}.{a}", f"{a}_{b}{birth:%y}"))
    domain = dice.frequent(("example.com", "example.org", "example.net", "mail.example", "post.example"))
    address, again = f"{shape}@{domain}", 1
    while address in taken:
        again += 1
        address = f"{shape}{again}@{domain}"
    taken.add(address)
    return address


@dataclass(frozen=True)
class Habits:
    """How a system writes people down, as shares of its records."""

    nickname: float = 0.08
    initial: float = 0.02
    typo: float = 0.05
    old_address: float = 0.5
    other_email: float = 0.3
    missing: dict[str, float] = field(default_factory=dict)


@dataclass
class Written:
    """A person as one system wrote them down; None is an empty field."""

    first: str | None
    last: str | None
    email: str | None
    phone: str | None
    birth: date | None
    street: str | None
    house: str | None
    postcode: str | None
    city: str | None
    country: str


def write_down(dice: Dice, person: Person, habits: Habits, nicknames: dict[str, tuple[str, ...]]) -> Written:
    """The person with this system's carelessness."""
    home = person.previous if person.previous and dice.chance(habits.old_address) else person
    first = person.first
    if first in nicknames and dice.chance(habits.nickname):
        first = dice.among(nicknames[first])
    if dice.chance(habits.initial):
        first = first[0] + "."
    email = person.second_email if person.second_email and dice.chance(habits.other_email) else person.email
    written = Written(
        first=_mistyped(dice, first, habits.typo),
        last=_mistyped(dice, person.last, habits.typo),
        email=email,
        phone=person.phone,
        birth=person.birth,
        street=_mistyped(dice, home.street, habits.typo),
        house=home.house,
        postcode=home.postcode,
        city=home.city,
        country=person.country,
    )
    for name, share in habits.missing.items():
        if dice.chance(share):
            setattr(written, name, None)
    return written


def _mistyped(dice: Dice, text: str, share: float) -> str:
    if not dice.chance(share) or len(text) < 4:
        return text
    at = 1 + dice.below(len(text) - 2)
    changes: tuple[Callable[[], str], ...] = (
        lambda: text[:at] + text[at + 1 :],
        lambda: text[:at] + text[at] + text[at:],
        lambda: text[:at] + text[at + 1] + text[at] + text[at + 2 :],
    )
    return dice.among(changes)()

"""Everything a page shows of one customer, read from one published state."""

from __future__ import annotations

from dataclasses import dataclass

from kinfolk.commands.customer import read_ties
from kinfolk.commands.open_project import Where, open_project
from kinfolk.commands.show import Profile, read_profile, the_one
from kinfolk.commands.timeline import Happened, read_timeline
from kinfolk.engine.reader import reading


@dataclass(frozen=True)
class Portrait:
    """One customer.

    ties      how its records hang together: (record, record, by what), what is surest first
    timeline  what it did, the latest first
    """

    profile: Profile
    ties: list[tuple[str, str, str]]
    timeline: list[Happened]


def portrait(where: Where, customer_id: str, most: int, skip: int = 0) -> Portrait:
    """The customer with that id, or one that it had before.

    most, skip  of what it did: how much of it, after so much of the latest
    Errors  NotFoundError when there is none
    """
    with reading(open_project(where).state) as reader:
        found = the_one(reader, customer_id)
        return Portrait(
            read_profile(reader, found, customer_id),
            read_ties(reader, found),
            read_timeline(reader, found, most, skip),
        )

"""When two records are one customer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kinfolk.model.matching import GivenModel
from kinfolk.model.place import Place


@dataclass(frozen=True)
class Key:
    """Columns whose equal values mean the same customer.

    at_most  a value that more records than this share is no identity (a shared device, a switchboard)
    people   a value with more people than this behind it is none either; None = however many
    """

    columns: tuple[str, ...]
    place: Place
    at_most: int | None = None
    people: int | None = 2


@dataclass(frozen=True)
class Comparison:
    """How one column is compared: `kind` is name, company, date, email, phone, address, exact, text, or graded."""

    column: str
    kind: str


@dataclass(frozen=True)
class Matching:
    """The probabilistic fallback.

    compare    columns that count as evidence
    block_on   column lists that pick the pairs worth comparing; None = chosen from the data
    personal   columns that tell people of one household apart
    merge_at   probability from which two records are one customer; None = chosen from the data
    review_at  probability from which a steward is asked; None = chosen from the data
    model      what pairs are scored by; None = learned from the data
    largest    different records of a customer that likeness puts together, at most; those alike in all count once
    """

    compare: tuple[Comparison, ...]
    place: Place
    block_on: tuple[tuple[str, ...], ...] | None = None
    personal: tuple[str, ...] = ()
    merge_at: float | None = None
    review_at: float | None = None
    model: GivenModel | None = None
    largest: int = 100


@dataclass(frozen=True)
class Never:
    """Records whose values in `different` are both known and differ cannot be one customer.

    same_source  a source without duplicates: the rule is about its records alone, and `different` is their record_id
    """

    different: str
    place: Place
    same_source: str | None = None

    @property
    def what(self) -> str:
        """What differs, in words."""
        return self.different if self.same_source is None else f"record ids in {self.same_source}"


@dataclass(frozen=True)
class Households:
    """That customers who live together are to be found.

    largest  customers from beyond which what they share (an address, a telephone) is no household
    """

    place: Place
    largest: int = 12


WITNESSES = ("first_name", "last_name", "birth_date", "national_id")  # what tells people behind one value apart
EMAIL_DOMAIN = "email_domain"  # what comes after the @ of `email`, where that is no mailbox provider


@dataclass(frozen=True)
class Accounts:
    """That the companies customers belong to are to be found.

    by         columns whose value leads to an account, strongest first; `email_domain` is the domain of `email`
    providers  further domains, with * for any text, where anybody can have a mailbox
    """

    by: tuple[str, ...]
    place: Place
    providers: tuple[str, ...] = ()


@dataclass(frozen=True)
class IdentityRules:
    """`identity.yml`, the part that decides who is who, who lives together and who belongs to which company.

    tenant  column that separates worlds: records of different tenants never meet
    ignore  column -> values, with * for any text, that say nothing about identity
    """

    keys: tuple[Key, ...] = ()
    matching: Matching | None = None
    never: tuple[Never, ...] = ()
    tenant: str | None = None
    ignore: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    households: Households | None = None
    accounts: Accounts | None = None

    def columns(self) -> tuple[str, ...]:
        """Every staging column these rules read, each once, in order of first use."""
        used = [self.tenant] if self.tenant else []
        used += [c for key in self.keys for c in key.columns]
        used += [never.different for never in self.never if never.same_source is None]
        if self.matching:
            used += [comparison.column for comparison in self.matching.compare]
            used += [c for columns in self.matching.block_on or () for c in columns]
        return tuple(dict.fromkeys(used))

    def deciding(self) -> tuple[str, ...]:
        """The columns of keys and those compared: a record that has none of them is a customer of its own."""
        used = [c for key in self.keys for c in key.columns]
        used += [comparison.column for comparison in self.matching.compare] if self.matching else []
        return tuple(dict.fromkeys(used))

    def witnesses(self) -> tuple[str, ...]:
        """Staging columns that tell how many people are behind a value that many records share."""
        if not self.keys and self.matching is None:
            return ()
        personal = self.matching.personal if self.matching else ()
        return tuple(dict.fromkeys((*personal, *WITNESSES)))


# Preferences are packed into one number; these are the bits each takes, and all there is room for.
PREFERENCE_BITS = {"most_trusted": 10, "most_recent": 42, "verified": 1, "longest": 12, "most_frequent": 20, "sql": 32}
KEY_ROOM = 85
VERIFIABLE = ("email", "phone")  # fields a source may call verified


@dataclass(frozen=True)
class SurvivorRule:
    """One preference among the values of a field.

    kind  most_trusted, most_recent, most_frequent, longest, verified or sql
    sql   for kind sql: an expression over staging.records with a whole number as its result, of which what lies
          beyond two billion is cut off; the smallest is preferred
    """

    kind: str
    sql: str | None = None
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Survivorship:
    """Which value of a field becomes golden.

    default      preferences, first to last, for fields without their own
    trust        sources, most trusted first; those not named come after, all alike
    fields       field -> its own preferences
    core_fields  fields that make a profile complete
    """

    default: tuple[SurvivorRule, ...] = (SurvivorRule("most_trusted"), SurvivorRule("most_recent"))
    trust: tuple[str, ...] = ()
    fields: Mapping[str, tuple[SurvivorRule, ...]] = field(default_factory=dict)
    core_fields: tuple[str, ...] = ()

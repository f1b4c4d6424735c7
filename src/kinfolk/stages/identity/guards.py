"""What was kept from joining customers, collected while identity works."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, order=True)
class Guard:
    """One thing kept from joining customers (a row of identity.guards)."""

    guard: str
    rule: str
    value: str
    records: int
    effect: str


def nothing_known(records: int) -> Guard:
    """That some records have no value in anything identity decides by."""
    effect = "No key and no compared column has a value in these records, so each stays a customer of its own."
    return Guard("nothing_known", "keys and match", "", records, effect)


@dataclass
class Guards:
    """A list that grows; the same thing met twice counts once, with its records added up."""

    rows: dict[tuple[str, str, str], Guard] = field(default_factory=dict)

    def add(self, row: Guard) -> None:
        """Notes one more."""
        key = (row.guard, row.rule, row.value)
        before = self.rows.get(key)
        records = row.records + (before.records if before else 0)
        self.rows[key] = Guard(row.guard, row.rule, row.value, records, row.effect)

    def sorted(self) -> list[Guard]:
        """All of them in a fixed order."""
        return sorted(self.rows.values())

"""How the customers that one record may be look in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kinfolk.interfaces.cli import views

if TYPE_CHECKING:
    from rich.console import Console

    from kinfolk.commands.match import Candidate, Matches

_WORDS = {
    "same": "[green]It is a record of {customer}.[/]",
    "review": "[yellow]It may be a record of a customer there is: a steward would be asked.[/]",
    "new": "It would be a new customer.",
}


def matched(found: Matches) -> None:
    """The verdict, the customers in question, and the evidence for the likeliest."""
    out = views.console()
    out.print(_WORDS[found.verdict].format(customer=found.customer_id))
    for note in found.notes:
        out.print(views.escaped(note))
    if not found.candidates:
        return
    columns = ["customer", "verdict", "probability", "bits", "most like", "shared keys", "held apart by"]
    listed = views.table("Customers it may be", columns, right=["probability", "bits"])
    for c in found.candidates:
        chance = "" if c.probability is None else f"{c.probability:.4f}"
        weight = "" if c.weight is None else f"{c.weight:+.1f}"
        keys = ", ".join(f"{key.key} {key.value}" for key in c.keys)
        cells = (c.customer_id, c.verdict, chance, weight, c.record, keys, ", ".join(c.never))
        listed.add_row(*map(views.escaped, cells))
    out.print(listed)
    if found.candidates[0].evidence:
        _evidence(out, found.candidates[0])


def _evidence(out: Console, candidate: Candidate) -> None:
    title = f"The record and {candidate.record} in bits (each bit doubles the odds of one customer)"
    columns = ["field", "the record", str(candidate.record), "what they say", "bits", "rarity"]
    listed = views.table(views.escaped(title), columns, right=["bits", "rarity"])
    listed.add_row("prior", "", "", "two records drawn at random", f"{candidate.prior:+.1f}", "")
    for f in candidate.evidence:
        rarity = f"{f.rarity:+.1f}" if abs(f.rarity) >= 0.05 else ""
        listed.add_row(f.column, views.escaped(f.value_a), views.escaped(f.value_b), f.level, f"{f.bits:+.1f}", rarity)
    if candidate.household:
        words = "they could be two people of one household"
        listed.add_row("household", "", "", words, f"{candidate.household:+.1f}", "")
    out.print(listed)

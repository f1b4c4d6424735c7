"""How audits look in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kinfolk.interfaces.cli import views

if TYPE_CHECKING:
    from kinfolk.commands.audit import Drawn, Estimate, Opinion, Report

_TONE = {"met": "green", "not met": "red", "cannot tell yet": "yellow"}


def drawn(found: Drawn) -> None:
    """What was drawn from where, and what to do with it."""
    out = views.console()
    listed = views.table(f"{found.pairs} pairs to judge", ["stratum", "pairs", "drawn"], right=["pairs", "drawn"])
    for row in found.strata:
        listed.add_row(row["stratum"], views.cell(row["pairs"]), views.cell(row["drawn"]))
    out.print(listed)
    file = views.escaped(found.file)
    out.print(f"[bold]{file}[/] is for the judges: same, different or not sure into the column verdict.")
    out.print(f"{views.escaped(found.key)} is for the report; judges should not see it.")
    out.print(f"Next: kinfolk identity audit report {file}")


def reported(found: Report) -> None:
    """The three numbers with their intervals, then what they rest on."""
    out = views.console()
    of = f"run {found.run_id}, " if found.run_id is not None else ""
    out.print(f"\nAudit {found.audit} of {of}{found.customers:,} customers, drawn {found.drawn_at[:10]}\n")
    columns = ["", "estimate", "95 % interval"] + (["if all left open went against it"] if found.unsure else [])
    listed = views.table("Result", columns, right=columns[1:])
    names = ("Merge precision", "Missed matches", "Customers with a double")
    for number, (name, value) in enumerate(zip(names, (found.precision, found.missed, found.duplicates), strict=True)):
        also = [_percent(found.unsure[number])] if found.unsure else []
        listed.add_row(name, _percent(value.value), _interval(value), *also)
    out.print(listed)
    tone = _TONE[found.target]
    out.print(f"Target of at most 2 % of customers with a double: [{tone}]{found.target}[/].\n")
    _strata(found)
    for judges in found.agreement:
        kappa = "no kappa" if judges.kappa is None else f"Cohen's kappa {judges.kappa:.2f}"
        names_of = f"{views.escaped(judges.first)} and {views.escaped(judges.second)}"
        out.print(f"{names_of} agree on {judges.agreed:.0%} of {judges.pairs} pairs ({kappa}).")
    for note in found.notes:
        out.print(f"[dim]{note}[/]")


def _strata(found: Report) -> None:
    names = ["stratum", "pairs", "drawn", "judged", "same", "not sure", "the model expects"]
    listed = views.table("Where they come from", names, right=names[1:])
    for s in found.strata:
        numbers = (round(s.units), s.drawn, s.judged, s.same, s.not_sure)
        listed.add_row(s.name, *map(views.cell, numbers), "" if s.expected is None else _percent(s.expected))
    views.console().print(listed)


def opinion(found: Opinion) -> None:
    """The model's opinion, called so."""
    out = views.console()
    listed = views.table("What the model expects of its own work", ["", "expected"], right=["expected"])
    listed.add_row("Merge precision", views.percent(found.precision))
    listed.add_row("Missed matches", _percent(found.missed))
    listed.add_row("Customers with a double", _percent(found.duplicates))
    out.print(listed)
    out.print(
        f"Precision speaks of the {found.scored:,.0f} pairs inside customers that were scored, of {found.joined:,.0f}."
    )
    out.print("[yellow]This is the model's opinion, no measurement.[/] To measure: kinfolk identity audit draw")


def _percent(share: float) -> str:
    return f"{share:.2%}"


def _interval(found: Estimate) -> str:
    return f"{_percent(found.low)} to {_percent(found.high)}"

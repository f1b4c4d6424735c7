"""How customers look in a terminal: the golden profile with its lineage, the evidence, the demo."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kinfolk.interfaces.cli import views

if TYPE_CHECKING:
    from rich.console import Console

    from kinfolk.commands.demo import Demo, Waiting
    from kinfolk.commands.explain import Explained
    from kinfolk.commands.show import Candidate, Profile

_SIDE_BY_SIDE = 4
_MOST_RECORDS = 30
_MAIN = ("first_name", "last_name", "company", "birth_date", "email", "phone", "postcode", "city")
_HIDDEN = {"source", "record_id", "record_no", "observed_at", "unread"}


def shown(found: Profile | list[Candidate]) -> None:
    """One customer, or the list to choose from."""
    out = views.console()
    if isinstance(found, list):
        listed = views.table(f"{len(found)} customers fit", ["customer", "name", "e-mail", "phone", "city"])
        for c in found:
            listed.add_row(*map(views.escaped, (c.customer_id, c.name, c.email, c.phone, c.city)))
        out.print(listed)
        return
    profile(out, found)


def profile(out: Console, found: Profile) -> None:
    """The golden values with where each came from, then the records behind them."""
    values = {v["field"]: v["value"] for v in found.values}
    name = " ".join(values[f] for f in ("first_name", "last_name") if f in values) or values.get("company", "")
    s = found.summary
    also = f"  (also {', '.join(found.aliases)})" if found.aliases else ""
    out.print(f"\n[bold]{views.escaped(name)}[/]  {found.customer_id}{also}")
    seen = f"seen {s['first_seen']:%Y-%m-%d} to {s['last_seen']:%Y-%m-%d}"
    complete = f"{views.percent(s['completeness'])} complete"
    out.print(f"{s['records']} records in {s['sources']} sources, {seen}, {complete}\n")
    listed = views.table("Golden profile", ["field", "value", "from", "record", "column", "seen", "rule"])
    for v in found.values:
        listed.add_row(
            v["field"],
            views.escaped(v["value"]),
            v["source"],
            views.escaped(v["record_id"]),
            views.escaped(v["original"]),
            f"{v['observed_at']:%Y-%m-%d}",
            views.escaped(v["rule"].replace("_", " ")),
        )
    out.print(listed)
    _records(out, found.records)
    done = ", ".join(f"{count:,} {name}" for name, count in found.activity.items() if count)
    if done:
        out.print(f"Activity: {done}.")
    if found.review:
        out.print(f"[yellow]{len(found.review)} possible doubles wait for a steward.[/]")


def _records(out: Console, records: list[dict[str, Any]]) -> None:
    """Records side by side while they fit, a field a row; beyond that a record a row with its main fields."""
    if len(records) > _SIDE_BY_SIDE:
        _many_records(out, records)
        return
    fields = [name for name in dict.fromkeys(name for record in records for name in record) if name not in _HIDDEN]
    listed = views.table("Records behind it", ["field", *map(_ref, records)])
    for name in fields:
        listed.add_row(name, *[views.escaped(record.get(name)) for record in records])
    out.print(listed)


def _many_records(out: Console, records: list[dict[str, Any]]) -> None:
    fields = [name for name in _MAIN if any(name in record for record in records)]
    listed = views.table(f"The {len(records)} records behind it", ["record", "seen", *fields])
    for record in records[:_MOST_RECORDS]:
        seen = f"{record['observed_at']:%Y-%m-%d}"
        listed.add_row(views.escaped(_ref(record)), seen, *[views.escaped(record.get(name)) for name in fields])
    out.print(listed)
    left = len(records) - _MOST_RECORDS
    out.print(f"[dim]{f'and {left} more; ' if left > 0 else ''}--json shows every record and field[/]\n")


def _ref(record: dict[str, Any]) -> str:
    return f"{record['source']}:{record['record_id']}"


def demo(found: Demo) -> None:
    """Before and after, one golden profile, and what waits for a steward."""
    out = views.console()
    before, after = found.numbers.records, found.numbers.customers
    out.print(f"\n[bold]{before:,} scattered records → {after:,} golden customers[/]\n")
    views.numbers(out, found.numbers)
    profile(out, found.profile)
    waiting(out, found.waiting)
    folder = views.escaped(found.folder)
    out.print(f"The project is in [bold]{folder}[/]. Go on with, for example:")
    out.print(f"  kinfolk show Marta -p {folder}")
    out.print(f'  kinfolk query "select country, count(*) from profiles.customers group by all" -p {folder}')


def waiting(out: Console, pairs: list[Waiting]) -> None:
    """The pairs that wait for a steward, strongest first."""
    if not pairs:
        return
    listed = views.table("Waiting for a steward", ["one", "other", "probability", "why"], right=["probability"])
    for pair in pairs:
        first, second, why = map(views.escaped, (pair.first, pair.second, pair.reason))
        listed.add_row(first, second, f"{pair.probability:.2f}", why)
    out.print(listed)


def explained(found: Explained) -> None:
    """The verdict, the evidence field by field, and how the two hang together."""
    out = views.console()
    e = found.evidence
    verdict = "[green]are one customer[/]" if found.same else "[yellow]are not one customer[/]"
    whose = found.first.customer_id if found.same else f"{found.first.customer_id} and {found.second.customer_id}"
    first, second = views.escaped(found.first), views.escaped(found.second)
    out.print(f"\n[bold]{first}[/] and [bold]{second}[/] {verdict} ({whose}).")
    for key in e.keys:
        out.print(f"They share the key {key.key}: {views.escaped(key.value)}")
    for effect in found.guards:
        out.print(f"[yellow]{views.escaped(effect)}[/]")
    for name in e.never:
        out.print(f"[red]Their {name} differ, and a never rule holds such records apart.[/]")
    if e.tenants:
        out.print("[red]They belong to different tenants.[/]")
    if e.weight is not None:
        _evidence(out, found)
    _way(out, found)
    if found.reason:
        out.print(f"[yellow]A steward is asked about them: {views.escaped(found.reason)}.[/]")


def _evidence(out: Console, found: Explained) -> None:
    e = found.evidence
    first, second = sorted((found.first, found.second), key=lambda r: r.record_no)
    listed = views.table(
        "Evidence in bits (each bit doubles the odds of one customer)",
        ["field", str(first), str(second), "what they say", "bits", "rarity"],
        right=["bits", "rarity"],
    )
    listed.add_row("prior", "", "", "two records drawn at random", f"{e.prior:+.1f}", "")
    for f in e.fields:
        rarity = f"{f.rarity:+.1f}" if abs(f.rarity) >= 0.05 else ""
        listed.add_row(f.column, views.escaped(f.value_a), views.escaped(f.value_b), f.level, f"{f.bits:+.1f}", rarity)
    if e.household:
        listed.add_row("household", "", "", "they could be two people of one household", f"{e.household:+.1f}", "")
    out.print(listed)
    threshold = f"; one customer from {found.merge_at:.0%}, a steward from {found.review_at:.0%}"
    out.print(f"Together {e.weight:+.1f} bits: probability {e.probability:.4f}{threshold}.")


def _way(out: Console, found: Explained) -> None:
    if not found.same:
        return
    if not found.way:
        out.print("They were brought together by the evidence of all records of the customer at once.")
    elif len(found.way) > 1 or found.way[0].key:
        for link in found.way:
            by = f"the key {link.key}" if link.key else f"{link.weight:+.1f} bits of evidence"
            by = "a decision" if link.key == "decision" else by
            out.print(f"  {views.escaped(link.first)} – {views.escaped(link.second)}: {views.escaped(by)}")

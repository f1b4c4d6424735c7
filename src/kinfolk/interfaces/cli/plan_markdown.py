"""A plan as Markdown for a pull request: counts and opaque ids, never anything that a person gave.

Left out are people, values, names of files (a file may be called after somebody) and columns of landed files (of a
file without a header they are its first row).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from kinfolk.interfaces.cli.plan_views import columns, customers_in_words
from kinfolk.model.change import Change
from kinfolk.model.plan import CustomerEffect, Plan, PlannedStep, TableEffect

_SIGN = {True: "⚠️", False: ""}


def markdown(plan: Plan) -> str:
    """The plan, the most important first; the same plan always gives the same text but for its seconds."""
    where = f" ({plan.ground.environment})" if plan.ground.environment else ""
    parts = [f"## Kinfolk plan: {_plain(plan.ground.project)}{where}", _summary(plan)]
    if not plan.deployed:
        parts.append("What was published last kept no definition, so changed settings cannot be named.")
    if plan.breaking:
        parts.append("\n".join(["### Breaking", "", *(f"- {_plain(words)}" for words in plan.breaking)]))
    if plan.changes:
        parts += ["### Definitions", _definitions(plan.changes)]
    if plan.customers:
        parts += ["### Customers", *_customers(plan.customers)]
    if plan.steps:
        parts += _folded("Tables", _tables(plan.tables))
        if plan.arrived:
            parts += _folded("Arrived", _arrived(plan))
        parts += _folded(f"Steps: {len(plan.steps)}, about {plan.seconds:.1f} s", _steps(plan.steps))
    return "\n\n".join(parts) + "\n"


def _summary(plan: Plan) -> str:
    if not plan.changes and not plan.steps:
        return "Nothing has changed and nothing has arrived: a run would do nothing."
    said = [_counted(len(plan.changes), "changed definition"), f"**{_counted(len(plan.breaking), 'breaking effect')}**"]
    if plan.steps:
        touched = sum(effect.touched for effect in plan.tables)
        said += [_counted(len(plan.arrived), "source") + " arrived", _counted(touched, "table") + " changed"]
        said += [_counted(plan.decisions, "decision") + " waiting"] if plan.decisions else []
    else:
        said.append("a run would do nothing")
    return " · ".join(said)


def _definitions(changes: Sequence[Change]) -> str:
    rows = (
        (_SIGN[c.breaking], c.kind, _code(c.what), *_values(c), _code(str(c.place)), _plain(c.why)) for c in changes
    )
    return _table(("", "", "Setting", "Before", "After", "Where", "Effect"), rows)


def _values(change: Change) -> tuple[str, str]:
    if not change.public:
        return ("", "")
    before, after = (_code(value) if value else "" for value in (change.before, change.after))
    return before, after


def _customers(effect: CustomerEffect) -> Iterator[str]:
    yield customers_in_words(effect).replace("->", "→")
    if effect.examples:
        rows = ((m.fate, ", ".join(map(_code, m.before)), ", ".join(map(_code, m.after))) for m in effect.examples)
        yield from _folded("Examples", _table(("", "Before", "After"), rows))


def _tables(tables: Sequence[TableEffect]) -> str:
    rows = (
        (_code(e.table), *map(_number, (e.before, e.after, e.added, e.changed, e.removed)), _columns(e))
        for e in tables
        if e.touched
    )
    return _table(("Table", "Before", "After", "Added", "Changed", "Removed", "Columns"), rows)


def _columns(effect: TableEffect) -> str:
    if effect.table.startswith("landing."):
        return f"{len(effect.columns_added)} new" if effect.columns_added else ""
    return _code(columns(effect)) if effect.reshaped else ""


def _arrived(plan: Plan) -> str:
    rows = (
        (_code(a.source), *map(_number, (len(a.parts), a.rows, a.added, a.changed, a.deleted, a.refused)))
        for a in plan.arrived
    )
    return _table(("Source", "Parts", "Rows", "New", "Changed", "Deleted", "Refused"), rows)


def _steps(steps: Sequence[PlannedStep]) -> str:
    rows = (
        (f"Reading {_code(s.source)}", _number(s.rows), f"{s.seconds:.1f}", "it arrived")
        if s.source
        else (_plain(s.title), _number(s.rows), f"{s.seconds:.1f}", _plain(s.why))
        for s in steps
    )
    return _table(("Step", "Rows", "Seconds", "Why"), rows)


def _folded(title: str, content: str) -> list[str]:
    return [f"<details><summary>{title}</summary>", content, "</details>"]


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    ruled = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(row) + " |" for row in ruled)


def _number(value: int | None) -> str:
    return "" if value is None else f"{value:,}"


def _counted(count: int, thing: str) -> str:
    return f"{count} {thing}{'' if count == 1 else 's'}"


def _code(text: str) -> str:
    """Text as code, so that nothing in it is taken for Markdown, for HTML or for somebody's name."""
    return "`" + " ".join(text.split()).replace("`", "'").replace("|", "\\|") + "`"


def _plain(text: str) -> str:
    """Text with what Markdown, HTML or a mention would be made of taken out of its meaning."""
    safe = " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;").replace("@", "&#64;")
    return "".join(f"\\{c}" if c in "\\`*[]|" else c for c in safe)

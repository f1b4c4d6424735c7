"""Renders the pages and saves them; each holds its own style, and no script."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kinfolk.commands.charts import MOST, Charts, Field, ModelCharts
from kinfolk.errors import ExistsError
from kinfolk.interfaces.cli.charts import geometry

if TYPE_CHECKING:
    from jinja2 import Environment

_MADE_BY = 'name="generator" content="kinfolk identity charts"'
_BAR = 15.0  # bits at which a bar of the parameter chart is full
_LEFTMOST = -16.0  # bits from which the histogram shows pairs; there are no end of them further left


def write(found: Charts, out: Path) -> list[Path]:
    """Saves index.html, and pair.html and customer.html where they were asked for.

    Errors  ExistsError where a file of that name is there that was not made by this command
    """
    if out.exists() and not out.is_dir():
        raise ExistsError("A file is there, and the charts are a folder.", where=str(out), hint="Choose another --out.")
    pages = {out / name: text for name, text in rendered(found).items()}
    for path in pages:
        if path.exists() and _MADE_BY not in path.read_text(encoding="utf-8", errors="replace"):
            raise ExistsError("Another file is there.", where=str(path), hint="Choose another folder with --out.")
    out.mkdir(parents=True, exist_ok=True)
    for path, text in pages.items():
        path.write_text(text, encoding="utf-8")
    return list(pages)


def rendered(found: Charts) -> dict[str, str]:
    """File name -> page."""
    wanted: dict[str, Mapping[str, Any]] = {"index.html": _model(found.model) if found.model else {}}
    if found.pair:
        wanted["pair.html"] = {"pair": found.pair, "fall": geometry.waterfall(found.pair)}
    if found.customer:
        wanted["customer.html"] = {"customer": found.customer, "graph": geometry.graph(found.customer), "most": MOST}
    environment = _environment(found, list(wanted))
    return {name: environment.get_template(name).render(page=name, **context) for name, context in wanted.items()}


def _environment(found: Charts, pages: list[str]) -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    made = Environment(
        loader=PackageLoader("kinfolk.interfaces.cli.charts"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = files("kinfolk") / "interfaces" / "cli" / "charts" / "templates" / "style.css"
    made.globals.update(
        charts=found, pages=pages, style=Markup(style.read_text(encoding="utf-8")), width=geometry.WIDTH
    )
    made.filters.update(share=_share, bits=lambda value: f"{value:+.1f}", count=lambda value: f"{value:,.0f}")
    return made


def _share(value: float) -> str:
    """A share as per cent, with the digits that a small one needs."""
    if value in (0, 1):
        return f"{value:.0%}".replace("%", " %")
    if value < 0.0001:
        return "<0.01 %"
    return f"{value:.2%}".replace("%", " %") if value < 0.1 else f"{value:.1%}".replace("%", " %")


def _model(model: ModelCharts) -> dict[str, Any]:
    marks = {"merge": geometry.bits_of(model.merge_at), "review": geometry.bits_of(model.review_at)}
    thresholds = [t for t in model.thresholds if -12 <= t.bits <= 30]
    reach = [r for r in model.reach if -12 <= r.bits <= 30]
    shown = [t for t in model.thresholds if t.bits % 2 == 0]
    bars = [bar for bar in model.bars if bar.low >= _LEFTMOST]
    plot, columns = geometry.histogram(bars, marks)
    return {
        "model": model,
        "marks": marks,
        "threshold_plot": geometry.line_plot(
            [t.bits for t in thresholds],
            [[t.precision for t in thresholds], [t.recall for t in thresholds], [t.f1 for t in thresholds]],
            marks,
        ),
        "thresholds": shown,
        "bars": bars,
        "beyond": sum(bar.joined + bar.apart for bar in model.bars if bar.low < _LEFTMOST),
        "histogram": plot,
        "columns": columns,
        "reach_plot": geometry.line_plot([r.bits for r in reach], [[r.below for r in reach]], marks),
        "reach": [r for r in reach if r.bits % 3 == 0],
        "unlinkable": _below(model, marks["merge"]),
        "bar": lambda bits: round(min(abs(bits) / _BAR, 1.0) * 50, 1),
        "decisive": _decisive(model.fields),
    }


def _below(model: ModelCharts, bits: float) -> float:
    """The share of records that cannot reach so many bits: of the step the number lies in."""
    return max((r.below for r in model.reach if r.bits <= bits), default=0.0)


def _decisive(fields: tuple[Field, ...]) -> Field:
    """The field whose agreement says most."""
    return max(fields, key=lambda field: field.levels[0].bits)

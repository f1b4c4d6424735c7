"""Measurements in the text format that Prometheus reads (exposition format 0.0.4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

_ESCAPES = str.maketrans({"\\": "\\\\", "\n": "\\n", '"': '\\"'})


@dataclass(frozen=True)
class Family:
    """All samples of one measurement.

    name     in the base unit, as kinfolk_step_seconds; of a counter without _total
    kind     gauge or counter
    samples  labels and value; a sample without a value is left out
    """

    name: str
    kind: str
    about: str
    samples: Sequence[tuple[Mapping[str, str | None], float | None]]


def exposition(families: Iterable[Family], common: Mapping[str, str | None]) -> str:
    """The families as text, each sample with the `common` labels first; a label without a value is left out."""
    lines: list[str] = []
    for family in families:
        known = [(labels, value) for labels, value in family.samples if value is not None]
        if not known:
            continue
        name = f"{family.name}_total" if family.kind == "counter" else family.name
        lines.append(f"# HELP {name} {family.about.translate(_ESCAPES)}")
        lines.append(f"# TYPE {name} {family.kind}")
        lines += [f"{name}{_labels({**common, **labels})} {float(value)!r}" for labels, value in known]
    return "".join(line + "\n" for line in lines)


def _labels(labels: Mapping[str, str | None]) -> str:
    told = [f'{name}="{value.translate(_ESCAPES)}"' for name, value in labels.items() if value is not None]
    return "{" + ",".join(told) + "}" if told else ""

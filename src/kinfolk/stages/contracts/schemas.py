"""Events held to the JSON Schemas of a tracking plan. What is told of an event never repeats what it says."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from kinfolk.engine.sql import column, query, sql, table
from kinfolk.engine.step import Compute, Publish
from kinfolk.model.tracking import OF_TRAITS, PlannedEvent, TrackingPlan

if TYPE_CHECKING:
    import pyarrow as pa

_MOST = 50  # violations of one event that are looked for
_TOLD = 5
_LONGEST = 160  # characters of one of them
_VALUE = "\x1a"  # stands for the value in what the validator says
_NAME = re.compile(r"[A-Za-z_$][A-Za-z0-9_$ -]{0,39}")  # a key that is a name; any other may be about a person
_ITEM = re.compile(r"\[\d+\]")
# What the validator says of these does not begin with the value, or repeats a key.
_WORDS = {
    "const": "is not what it must be",
    "contains": "holds too few, or too many, of what it must",
    "falseSchema": "must not hold anything",
    "not": "is what it must not be",
    "propertyNames": "has a name that does not fit",
}


def off_plan(source: str) -> str:
    """The work table with events that break a schema."""
    return f"off_plan.{source}"


def named() -> exp.Expression:
    """Whether an event tells whom it is about: the door keeps some without, for no purpose, and little else of them."""
    return sql("purposes is distinct from '[]'")


def schema_step(source: str, plan: TrackingPlan, position: str) -> Compute | None:
    """The step that finds events which break the plan's schemas; None where it has none.

    position  the column of judged.<source> that tells its rows apart
    Reads     judged.<source>
    Writes    off_plan.<source>  position; `rules`: where they break it; `reason`: how
    """
    if not plan.events and not plan.calls:
        return None
    said = query(
        "select $at as position, type, event, "
        "case when type in ($traits) then traits else properties end as said "
        "from judged where ((type = 'track' and event in ($events)) or type in ($calls)) and $named",
        at=column(position),
        traits=list(OF_TRAITS),
        events=["", *(event.name for event in plan.events)],
        calls=["", *(call.name for call in plan.calls)],
        judged=table(f"judged.{source}"),
        named=named(),
    )
    writes = off_plan(source)
    return Compute({"said": said}, {writes: Publish.NO}, f"Holding {source} to its tracking plan", _judge(writes, plan))


def _judge(writes: str, plan: TrackingPlan) -> Callable[..., Mapping[str, pa.Table]]:
    def run(inputs: Mapping[str, pa.Table], tell: Callable[[str], None]) -> Mapping[str, pa.Table]:
        import pyarrow as pa

        named = {("track", event.name): _Validator(event, "properties") for event in plan.events}
        named |= {(c.name, ""): _Validator(c, "traits" if c.name in OF_TRAITS else "properties") for c in plan.calls}
        found: list[dict[str, Any]] = []
        for batch in inputs["said"].to_batches():
            for row in batch.to_pylist():
                validator = named[row["type"], row["event"] if row["type"] == "track" else ""]
                if broken := validator.broken(row["said"]):
                    found.append({"position": row["position"], **broken})
        fields: list[tuple[str, pa.DataType]] = [("position", pa.int64())]
        fields += [("rules", pa.string()), ("reason", pa.string())]
        return {writes: pa.Table.from_pylist(found, pa.schema(fields))}

    return run


class _Validator:
    """One schema, ready to be asked."""

    def __init__(self, event: PlannedEvent, root: str) -> None:
        import jsonschema_rs

        self._event, self._root = event.name, root
        self._schema = jsonschema_rs.Draft202012Validator(
            json.loads(event.schema),
            pattern_options=jsonschema_rs.RegexOptions(),
            offline=True,
            mask=_VALUE,
            validate_formats=True,
        )

    def broken(self, said: str | None) -> dict[str, str] | None:
        """The rules that are broken, and how; None where all hold. said: as JSON; nothing is an empty object"""
        try:
            value = json.loads(said) if said else {}
        except ValueError:
            value = said  # a text that is no object
        if self._schema.is_valid(value):
            return None
        found = [one for error in islice(self._schema.iter_errors(value), _MOST) for one in self._sentences(error)]
        told = [f"{path} {words}"[:_LONGEST] for path, words in found]
        more = len(told) - _TOLD
        names = dict.fromkeys(f"{self._event}: {_ITEM.sub('[]', path)}" for path, _ in found)
        return {
            "rules": _few(list(names), ", "),
            "reason": "; ".join(told[:_TOLD]) + (f"; and {more} more" if more > 0 else ""),
        }

    def _sentences(self, error: Any) -> Iterator[tuple[str, str]]:
        """Where, and what is wrong there."""
        path, kind = self._root + _path(error.instance_path), error.kind.name
        if kind == "required":
            yield path + _path([error.kind.property]), "is missing"
        elif kind in ("additionalProperties", "unevaluatedProperties"):
            for name in error.kind.unexpected:
                yield path + _path([name]), "is not in the plan"
        elif kind in _WORDS or not error.message.startswith(_VALUE):
            yield path, _WORDS.get(kind, f"does not fit `{kind}`")
        else:
            yield path, error.message.removeprefix(_VALUE).strip().replace(_VALUE, "it")


def _path(steps: Iterable[Any]) -> str:
    return "".join(
        f"[{step}]" if isinstance(step, int) else f".{step if _NAME.fullmatch(step) else '…'}" for step in steps
    )


def _few(names: list[str], between: str) -> str:
    return between.join(names[:_TOLD]) + (f"{between}…" if len(names) > _TOLD else "")

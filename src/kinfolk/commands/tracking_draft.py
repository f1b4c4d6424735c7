"""`kinfolk tracking draft`: a tracking plan that the events keep as they came, to be read and corrected."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from kinfolk.commands.open_project import open_project
from kinfolk.commands.tracking import event_source
from kinfolk.engine.reader import reading
from kinfolk.engine.sql import query, table
from kinfolk.errors import KinfolkError, NotFoundError
from kinfolk.model.project import Project
from kinfolk.model.source import Source
from kinfolk.model.tracking import OF_TRAITS
from kinfolk.project.tracking import CALLS

_SAMPLE = 1_000  # events of one name that are looked at, the latest
_NAMES = 200  # names, those that came most often
_LEVELS = 6
_KEYS = 50  # an object with more of them is no list of properties


def draft(folder: Path, source_name: str, environment: str | None = None, *, write: bool = True) -> tuple[Path, str]:
    """The plan and where it was written, or would be.

    Errors  NotFoundError for a source of events there is not, or of which none landed; KinfolkError where it has a plan
    """
    project = open_project(folder, environment)
    source = event_source(project, source_name)
    path = folder / "tracking" / f"{source.name}.yml"
    planned = any(source.name in plan.sources for plan in project.tracking)
    if write and (path.exists() or planned):
        hint = "--print shows a draft beside it."
        raise KinfolkError(f"{source.name} has a tracking plan already.", where=str(path), hint=hint)
    text = _text(source, _came(project, source))
    if write:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return path, text


def _came(project: Project, source: Source) -> list[tuple[str, str, str | None]]:
    """The latest events of each name: type, name, what it says as JSON."""
    tree = query(
        "select type, called, said from ("
        "select *, count(*) over (partition by type, called) as often, "
        "row_number() over (partition by type, called order by _record_no desc) as place from ("
        "select type, case when type = 'track' then event else '' end as called, _record_no, "
        "case when type in ($traits) then traits else properties end as said from t where _change <> 'deleted') e) n "
        "where place <= $most and called is not null order by often desc, type, called, place",
        traits=list(OF_TRAITS),
        most=_SAMPLE,
        t=table(f"landing.{source.name}"),
    )
    with reading(project.state) as reader:
        rows = reader.read(tree).rows if reader.present(f"landing.{source.name}") else []
    if not rows:
        raise NotFoundError(f"No event of {source.name} has landed yet.", hint="Send some, and `kinfolk run`.")
    return [(kind, name, said) for kind, name, said in rows]


def _text(source: Source, came: list[tuple[str, str, str | None]]) -> str:
    from genson import SchemaBuilder  # type: ignore[import-untyped]  # ships no types

    builders: dict[tuple[str, str], SchemaBuilder] = {}
    for kind, name, said in came:
        if (kind, name) in builders or len(builders) < _NAMES:
            builders.setdefault((kind, name), SchemaBuilder(schema_uri=None)).add_object(_object(said))
    found = {key: _clipped(builder.to_schema(), _LEVELS) for key, builder in builders.items()}
    plan: dict[str, Any] = {"source": source.name, "unplanned": "allow"}
    plan["events"] = {name: _entry(schema) for (kind, name), schema in found.items() if kind == "track"}
    plan |= {kind: _entry(schema) for (kind, _), schema in found.items() if kind in CALLS}
    head = f"# Drafted from events of {source.name}. Read it, correct it, and say of each event when it is sent.\n"
    return head + yaml.safe_dump(plan, sort_keys=False, allow_unicode=True, width=110, default_flow_style=None)


def _object(said: str | None) -> Any:
    try:
        found = json.loads(said) if said else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _clipped(schema: dict[str, Any], levels: int) -> dict[str, Any]:
    """The schema without what lies too deep, or has names that are values."""
    properties = schema.get("properties", {})
    if not levels or len(properties) > _KEYS:
        return {key: value for key, value in schema.items() if key == "type"}
    made = dict(schema)
    if properties:
        made["properties"] = {name: _clipped(inner, levels - 1) for name, inner in properties.items()}
    if isinstance(schema.get("items"), dict):
        made["items"] = _clipped(schema["items"], levels - 1)
    if "anyOf" in schema:
        made["anyOf"] = [_clipped(inner, levels - 1) for inner in schema["anyOf"]]
    return made


def _entry(schema: dict[str, Any]) -> dict[str, Any]:
    """An event is an object without saying so; what is asked of it comes before what it may hold."""
    return {key: schema[key] for key in ("required", "properties") if key in schema}

"""JSON Schemas of the project's files, for editors that complete and check while one writes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from kinfolk.project.written.access import AccessFile
from kinfolk.project.written.consent import ConsentFile
from kinfolk.project.written.contract import ContractFile
from kinfolk.project.written.identity import IdentityFile
from kinfolk.project.written.kinfolk import KinfolkFile
from kinfolk.project.written.matching_model import MatchingModelFile
from kinfolk.project.written.model import ModelFile
from kinfolk.project.written.owners import OwnersFile
from kinfolk.project.written.source import source_model
from kinfolk.project.written.tracking import TrackingFile
from kinfolk.tables.staging import MAPPABLE

_REFERENCE = {"type": "string", "pattern": r"\$\{[A-Za-z_][A-Za-z0-9_]*\}"}
_NOT_TEXT = ("integer", "number", "boolean")


def schemas(connectors: Mapping[str, type[BaseModel]]) -> dict[str, dict[str, Any]]:
    """Kind of file (kinfolk, source, identity, …, matching-model) -> its JSON Schema, draft 2020-12.

    connectors  name of a connector -> the settings it takes
    """
    made = {
        "kinfolk": _schema(KinfolkFile, "kinfolk.yml"),
        "source": _schema(source_model(tuple(connectors.items())), "sources/*.yml"),
        "identity": _schema(IdentityFile, "identity.yml"),
        "owners": _schema(OwnersFile, "owners.yml"),
        "contract": _schema(ContractFile, "contracts/*.odcs.yaml"),
        "model": _schema(ModelFile, "models/*.yml"),
        "consent": _schema(ConsentFile, "policies/consent.yml"),
        "access": _schema(AccessFile, "policies/access.yml"),
        "tracking": _schema(TrackingFile, "tracking/*.yml"),
        "matching-model": _schema(MatchingModelFile, "matching-model.json"),
    }
    made["matching-model"]["required"] = ["schema", "prior", "fields"]
    made["kinfolk"]["required"] = ["name"]
    made["consent"]["required"] = ["versions", "purposes"]
    made["source"]["allOf"] = [
        {"oneOf": [{"required": [name]} for name in connectors]},
        {"anyOf": [{"required": [table]} for table in MAPPABLE]},
    ]
    return made


def _schema(model: type[BaseModel], file: str) -> dict[str, Any]:
    schema = model.model_json_schema(by_alias=True, mode="validation")
    return {
        "$schema": GenerateJsonSchema.schema_dialect,
        "title": f"Kinfolk: {file}",
        **{key: _with_references(value) for key, value in schema.items() if key != "title"},
    }


def _with_references(schema: Any) -> Any:
    """The schema, with `${NAME}` allowed wherever a number or a boolean is."""
    if isinstance(schema, list):
        return [_with_references(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {
        key: value if key in ("const", "default", "enum") else _with_references(value) for key, value in schema.items()
    }
    if inner.get("type") in _NOT_TEXT:
        about = {key: inner.pop(key) for key in ("title", "description", "default") if key in inner}
        return {**about, "anyOf": [inner, _REFERENCE]}
    return inner

"""JSON Schemas inside the project files: draft 2020-12, with references inside their file alone, bounded in their cost.

A schema never refers to itself, so what an event costs is bounded by the schema's size; patterns are matched in time
in proportion to the text, without looking around or back; nothing is ever fetched.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from kinfolk.errors import Mistake
from kinfolk.project.document import Document, Path
from kinfolk.project.suggest import hint, listed

MOST_SCHEMAS = 2_000  # with all that is referred to, as often as it is

_ONE = frozenset(
    ("items", "additionalProperties", "unevaluatedItems", "unevaluatedProperties", "contains", "propertyNames")
    + ("not", "if", "then", "else")
)
_SEVERAL = frozenset(("allOf", "anyOf", "oneOf", "prefixItems"))
_NAMED = frozenset(("properties", "patternProperties", "dependentSchemas"))
_PLAIN = frozenset(
    ("$ref", "$comment", "type", "enum", "const", "multipleOf", "minimum", "maximum", "exclusiveMinimum")
    + ("exclusiveMaximum", "minLength", "maxLength", "pattern", "minItems", "maxItems", "uniqueItems", "minContains")
    + ("maxContains", "minProperties", "maxProperties", "required", "dependentRequired", "format", "contentEncoding")
    + ("contentMediaType", "title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly")
)
KEYWORDS = _ONE | _SEVERAL | _NAMED | _PLAIN
_TYPES = ("string", "number", "integer", "boolean", "object", "array", "null")
_FORMATS = frozenset(
    ("date-time", "date", "time", "duration", "email", "idn-email", "hostname", "idn-hostname", "ipv4", "ipv6", "uri")
    + ("uri-reference", "iri", "iri-reference", "uri-template", "uuid", "json-pointer", "relative-json-pointer")
    + ("regex",)
)
_REFERENCE = "#/$defs/"


def plain(value: Any) -> Any:
    """The value as JSON has it: numbers no longer remember how they were written."""
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return int(value)
    return float(value) if isinstance(value, float) else value


def whole(document: Document, path: Path, ours: Collection[str]) -> dict[str, Any]:
    """The schema of an object that is written at `path`, with the definitions it refers to.

    ours  keys beside it that are no part of it
    """
    written = document.at(*path)
    given = written if isinstance(written, Mapping) else {}
    schema = plain({key: value for key, value in given.items() if key not in ours})
    needed: dict[str, Any] = {}
    waiting = [schema]
    while waiting:
        for _, inner in _schemas(waiting.pop(), ()):
            name = _named(inner)
            if name is not None and name not in needed:
                needed[name] = plain(document.at("$defs", name))
                waiting.append(needed[name])
    return {"type": "object", **schema, **({"$defs": dict(sorted(needed.items()))} if needed else {})}


def mistakes(document: Document, path: Path, ours: Collection[str]) -> Iterator[Mistake]:
    """What is wrong with the schema at `path`, at the line where it is."""
    found = [mistake for at in _parts(document, path, ours) for mistake in _misread(document, *at)]
    yield from found
    if found:
        return
    if (size := _size(document, path, ours, ())) is None:
        what = "The schema refers to itself, so what it costs could not be bounded."
        yield Mistake(document.place(*path), what, "Write out as many levels as events have.")
    elif size > MOST_SCHEMAS:
        what = f"With all that it refers to, this comes to more than {MOST_SCHEMAS:,} schemas."
        yield Mistake(document.place(*path), what, "Say less of each event.")
    else:
        yield from _refused(document, path, whole(document, path, ours))


def _parts(document: Document, path: Path, ours: Collection[str]) -> Iterator[tuple[Path, Mapping[str, Any], Any]]:
    """Every schema inside, with its path and the keys that are no part of it."""
    for at, schema in _schemas(document.at(*path), path):
        if isinstance(schema, Mapping):
            yield at, schema, ours if at == path else ()


def _schemas(schema: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    """The schema and all inside it, each with its path."""
    yield path, schema
    if not isinstance(schema, Mapping):
        return
    for key, value in schema.items():
        if key in _ONE:
            yield from _schemas(value, (*path, key))
        elif key in _SEVERAL and isinstance(value, list):
            for number, inner in enumerate(value):
                yield from _schemas(inner, (*path, key, number))
        elif key in _NAMED and isinstance(value, Mapping):
            for name, inner in value.items():
                yield from _schemas(inner, (*path, key, name))


def _misread(document: Document, path: Path, schema: Mapping[str, Any], ours: Collection[str]) -> Iterator[Mistake]:
    """Keywords there are not, which a validator would pass over, and references that lead nowhere."""
    for key in schema:
        if key not in KEYWORDS and key not in ours and not key.startswith("x-"):
            what = f"`{key}` is no keyword of JSON Schema that is read here."
            yield Mistake(document.place(*path, key), what, hint(key, KEYWORDS | set(ours)))
    reference = schema.get("$ref")
    if reference is not None and _named(schema) not in document.key_names("$defs"):
        what = f"`{reference}` leads to nothing in this file."
        advice = hint(str(reference).removeprefix(_REFERENCE), document.key_names("$defs"))
        yield Mistake(
            document.place(*path, "$ref"), what, advice or 'Write `$ref: "#/$defs/NAME"`, and the name under `$defs`.'
        )

    if isinstance(schema.get("format"), str) and schema["format"] not in _FORMATS:
        what = f"`{schema['format']}` is no format of JSON Schema."
        yield Mistake(document.place(*path, "format"), what, hint(schema["format"], _FORMATS))


def _named(schema: Any) -> str | None:
    """The definition a schema refers to."""
    reference = schema.get("$ref") if isinstance(schema, Mapping) else None
    found = isinstance(reference, str) and reference.startswith(_REFERENCE)
    return str(reference).removeprefix(_REFERENCE) if found else None


def _size(document: Document, path: Path, ours: Collection[str], within: tuple[str, ...]) -> int | None:
    """How many schemas there are, with those referred to, as far as is allowed; None where one refers to itself."""
    size = 0
    for _, schema in _schemas(document.at(*path), path):
        size += 1
        name = _named(schema)
        if name in within:
            return None
        if name is not None:
            inner = _size(document, ("$defs", name), (), (*within, name))
            if inner is None:
                return None
            size += inner
        if size > MOST_SCHEMAS:
            return size
    return size


def _refused(document: Document, path: Path, schema: dict[str, Any]) -> Iterator[Mistake]:
    """What the validator itself says of a schema."""
    import jsonschema_rs

    try:
        jsonschema_rs.Draft202012Validator(schema, pattern_options=jsonschema_rs.RegexOptions(), offline=True, mask="")
    except ValueError as error:
        inside = tuple(getattr(error, "instance_path", ()))
        at = inside if inside[:1] == ("$defs",) else (*path, *inside)
        key = next((step for step in reversed(at) if isinstance(step, str)), "schema")
        words, advice = str(getattr(error, "message", error)).splitlines()[0].strip(), None
        if words == 'is not a "regex"':
            words = "is no regular expression that is read here"
            advice = "Write it without look-around and back-references."
        elif key == "type":
            words, advice = "is no type of JSON", f"Known here: {listed(_TYPES)}."
        yield Mistake(document.place(*at), f"`{key}` {words}.", advice)

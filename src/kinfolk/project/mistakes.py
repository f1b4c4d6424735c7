"""What pydantic found, in the words of the person who wrote the file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

from kinfolk.errors import Mistake
from kinfolk.project import suggest
from kinfolk.project.document import Document, Path
from kinfolk.project.references import Resolved
from kinfolk.project.written.base import OWN_ERROR

# pydantic's error type -> (what, hint); none of these repeats the value that was written.
_PLAIN: dict[str, tuple[str, str | None]] = {
    "string_type": ("`{key}` takes text.", None),
    "int_type": ("`{key}` takes a whole number.", None),
    "int_parsing": ("`{key}` takes a whole number.", None),
    "int_from_float": ("`{key}` takes a whole number.", None),
    "float_type": ("`{key}` takes a number.", None),
    "float_parsing": ("`{key}` takes a number.", None),
    "bool_type": ("`{key}` takes true or false.", None),
    "bool_parsing": ("`{key}` takes true or false.", None),
    "list_type": ("`{key}` takes a list.", "Write `[a, b]`, or one `- item` a line."),
    "dict_type": ("`{key}` takes keys and values.", "Write one `name: value` a line below it."),
    "model_type": ("`{key}` takes keys and values.", "Write one `name: value` a line below it."),
    "model_attributes_type": ("`{key}` takes keys and values.", "Write one `name: value` a line below it."),
    "string_too_short": ("`{key}` is empty.", None),
    "too_short": ("`{key}` is empty.", None),
    "too_long": ("`{key}` takes at most {max_length}, and there are {actual_length}.", None),
    "greater_than": ("`{key}` must be greater than {gt}.", None),
    "greater_than_equal": ("`{key}` must be at least {ge}.", None),
    "less_than": ("`{key}` must be less than {lt}.", None),
    "less_than_equal": ("`{key}` must be at most {le}.", None),
    "string_pattern_mismatch": ("`{key}` does not have the form it needs.", None),
}
_SELDOM = 8  # a value this long does not stand in a sentence by chance
_PATTERNS = {
    r"^[A-Z]{3}$": "Write the three capital letters of ISO 4217, such as `EUR`.",
    r"^[^@\s]+@[^@\s]+$": "Write an e-mail address.",
}


def found(error: ValidationError, model: type[BaseModel], document: Document) -> list[tuple[Path, Mistake]]:
    """Each error as the path it concerns and a Mistake at the line of that key or item."""
    return [_translated(one, model, document) for one in error.errors(include_url=False, include_input=True)]


def safe(mistakes: list[tuple[Path, Mistake]], elsewhere: set[Mistake], resolved: Resolved) -> list[Mistake]:
    """The mistakes as they may be shown: none tells what the environment held.

    elsewhere  mistakes found in the same file under another environment: what is said there too, and quotes no
               value, is about the file
    """
    shown = []
    for path, mistake in mistakes:
        if path in resolved.missing:
            continue
        if resolved.within(path) and (mistake not in elsewhere or _quotes(mistake, resolved)):
            names = suggest.listed(
                sorted({s.reference for at, s in resolved.secrets.items() if at[: len(path)] == path})
            )
            what = f"The value of {names} does not fit here."
            mistake = Mistake(mistake.place, what, "Look at what the environment holds.")
        shown.append(mistake)
    return shown


def masked(mistake: Mistake, values: Mapping[str, str]) -> Mistake:
    """The mistake with values of the environment shown as their references.

    values  what the environment held -> the reference, for every variable the project uses
    """
    hint = None if mistake.hint is None else _masked(mistake.hint, values)
    return Mistake(mistake.place, _masked(mistake.what, values), hint)


def _masked(text: str, values: Mapping[str, str]) -> str:
    """Values are quoted between backticks; short ones may well be ordinary words outside of them."""
    for value in sorted(filter(None, values), key=len, reverse=True):
        if len(value) >= _SELDOM or "`" in value:
            text = text.replace(value, values[value])
        else:
            word = rf"(?<![A-Za-z0-9]){re.escape(value)}(?![A-Za-z0-9])(?=[^`]*`(?:[^`]*`[^`]*`)*[^`]*$)"
            text = re.sub(word, values[value], text)
    return text


def _quotes(mistake: Mistake, resolved: Resolved) -> bool:
    return any(value and value in f"{mistake.what} {mistake.hint}" for value in resolved.values)


def _translated(error: Any, model: type[BaseModel], document: Document) -> tuple[Path, Mistake]:
    loc: Path = tuple(error["loc"])
    context: Mapping[str, Any] = error.get("ctx") or {}
    path = document.nearest(loc)
    place = document.place(*path)
    kind = error["type"]
    key = _spoken(path, loc)
    if kind == OWN_ERROR:
        return path, Mistake(place, context["what"], context["hint"])
    if kind == "extra_forbidden":
        return path, Mistake(
            place, f"`{loc[-1]}` is not known here.", suggest.hint(str(loc[-1]), _keys(model, loc[:-1]))
        )
    if kind == "missing":
        return path, Mistake(place, f"`{loc[-1]}` is missing{f' under `{key}`' if path else ''}.")
    if kind in ("literal_error", "enum"):
        words = re.findall(r"'([^']*)'", str(context["expected"]))
        written = _text(error["input"])
        if not isinstance(written, str):
            return path, Mistake(place, f"`{key}` takes one word.", f"Known here: {suggest.listed(words)}.")
        return path, Mistake(place, f"`{key}` cannot be `{written}`.", suggest.hint(written, words))
    if kind in _PLAIN:
        what, advice = _PLAIN[kind]
        if kind == "string_type" and isinstance(error["input"], (int, float)):
            advice = "Put it in quotes."
        if kind == "string_pattern_mismatch":
            advice = _PATTERNS.get(context["pattern"])
        return path, Mistake(place, what.format(key=key, **context), advice)
    return path, Mistake(place, f"`{key}`: {_sentence(error['msg'])}")


def _spoken(path: Path, loc: Path) -> str:
    """The key people would point at: the last one written."""
    steps = [step for step in path if isinstance(step, str)] or [step for step in loc if isinstance(step, str)]
    return steps[-1] if steps else "file"


def _text(value: Any) -> Any:
    return ("true" if value else "false") if isinstance(value, bool) else getattr(value, "text", value)


def _sentence(message: str) -> str:
    for prefix in ("Value error, ", "Assertion failed, "):
        message = message.removeprefix(prefix)
    return message if message.endswith((".", "?", "!")) else message + "."


def _keys(model: type[BaseModel], path: Path) -> list[str]:
    """The keys that are known at `path` below `model`."""
    inside: list[Any] = [model]
    for step in path:
        inside = [deeper for annotation in inside for deeper in _below(annotation, step)]
    models = [m for annotation in inside for m in _models(annotation)]
    return [field.alias or name for m in models for name, field in m.model_fields.items()]


def _below(annotation: Any, step: str | int) -> list[Any]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        fields = annotation.model_fields
        return [field.annotation for name, field in fields.items() if (field.alias or name) == step]
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is dict:
        return [args[1]]
    if origin is list:
        return [args[0]] if isinstance(step, int) else _below(args[0], step)
    if hasattr(annotation, "__metadata__"):
        return _below(args[0], step)
    return [deeper for arg in args for deeper in _below(arg, step)]


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    if hasattr(annotation, "__metadata__"):
        return _models(get_args(annotation)[0])
    if get_origin(annotation) in (dict, list):
        return []
    return [m for arg in get_args(annotation) for m in _models(arg)]

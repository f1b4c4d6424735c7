"""Text held to a logical type: whether it can be read so, and what it then is."""

from __future__ import annotations

import re

from sqlglot import exp

from kinfolk.engine.sql import sql
from kinfolk.expressions import answer, email, number, time
from kinfolk.model.contract import Property
from kinfolk.model.source import Conventions

# The letters of JDK's DateTimeFormatter, as strptime has them.
_LETTERS = {
    "yyyy": "%Y",
    "uuuu": "%Y",
    "yy": "%y",
    "MMMM": "%B",
    "MMM": "%b",
    "MM": "%m",
    "M": "%-m",
    "dd": "%d",
    "d": "%-d",
    "HH": "%H",
    "H": "%-H",
    "hh": "%I",
    "mm": "%M",
    "ss": "%S",
    "SSSSSS": "%f",
    "SSS": "%g",
    "a": "%p",
    "XXX": "%z",
    "X": "%z",
    "Z": "%z",
}
_WHOLE = {"i8": "TINYINT", "i16": "SMALLINT", "i32": "INTEGER", "i64": "BIGINT", "i128": "HUGEINT"}
_WHOLE |= {"u8": "UTINYINT", "u16": "USMALLINT", "u32": "UINTEGER", "u64": "UBIGINT", "u128": "UHUGEINT"}
_CLOCK = r"[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?"
_JSON = {"object": "OBJECT", "array": "ARRAY"}
_FORMATS = {
    "uri": r"[A-Za-z][A-Za-z0-9+.-]*:[^\s]+",
    "hostname": r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*",
    "ipv4": r"(?:(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])\.){3}(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])",
    "ipv6": r"[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*",
    "uuid": r"[0-9A-Fa-f]{8}-?(?:[0-9A-Fa-f]{4}-?){3}[0-9A-Fa-f]{12}",
}
NAMES = {"integer": "whole number", "object": "JSON object", "array": "JSON list", "boolean": "yes or no"}


def value(text: exp.Expression, p: Property, conventions: Conventions) -> exp.Expression:
    """The text as its type has it, NULL where it cannot be read so: what staging would make of it."""
    kind, form = p.logical_type, p.options.get("format")
    if kind in ("date", "timestamp", "time") and form:
        target = {"date": "DATE", "time": "TIME"}.get(kind, "TIMESTAMP")
        made = sql("try_strptime($text, $form)", text=text, form=strptime(form))
        return exp.cast(made, target)
    if kind == "integer":
        return number.integer(text, conventions.decimal)
    if kind == "number":
        return _number(text, conventions)
    if kind == "date":
        return time.date(text, conventions.dates)
    if kind == "timestamp":
        return time.timestamp(text, conventions.dates, conventions.time_zone)
    if kind == "time":
        return sql(
            "CASE WHEN regexp_full_match($text, $clock) THEN try_cast($text AS TIME) END", text=text, clock=_CLOCK
        )
    if kind == "boolean":
        return answer.boolean(text)
    return text


def _number(text: exp.Expression, conventions: Conventions) -> exp.Expression:
    exact = number.double(text, conventions.decimal)
    if conventions.decimal != ".":
        return exact
    return sql("coalesce(try_cast($text AS DOUBLE), $exact)", text=text, exact=exact)


def unreadable(text: exp.Expression, p: Property, conventions: Conventions) -> exp.Expression | None:
    """True for text that its type cannot be read from; None where the type allows any text."""
    kind, form = p.logical_type, p.options.get("format")
    if kind in _JSON:
        return sql("coalesce(json_type(try_cast($text AS JSON)) <> $kind, true)", text=text, kind=_JSON[kind])
    if kind == "integer" and form in _WHOLE:
        whole = value(text, p, conventions)
        return exp.Is(this=exp.TryCast(this=whole, to=exp.DataType.build(_WHOLE[form])), expression=exp.null())
    if kind in ("integer", "number", "date", "timestamp", "time", "boolean"):
        return sql("$read IS NULL", read=value(text, p, conventions))
    return None


def misformed(text: exp.Expression, form: str) -> exp.Expression | None:
    """True for text that has not the named form (email, uuid …); None for forms that are not judged."""
    if form == "email":
        return sql("$read IS NULL", read=email.email(text))
    if form in _FORMATS:
        return sql("NOT regexp_full_match($text, $form)", text=text, form=_FORMATS[form])
    return None


def strptime(form: str) -> str:
    """A DateTimeFormatter pattern as strptime has it."""
    return "".join(_letter(part[0]) for part in re.finditer(r"'[^']*'|([A-Za-z])\1*|.", form))


def _letter(part: str) -> str:
    if part.startswith("'"):
        return part.strip("'") or "'"
    return _LETTERS.get(part, part.replace("%", "%%"))

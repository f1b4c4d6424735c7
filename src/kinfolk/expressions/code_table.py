"""Tables of codes and the names people write for them, kept as package data."""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from unicodedata import combining, normalize


@cache
def codes(table: str) -> tuple[str, ...]:
    """The codes of countries.csv or languages.csv."""
    return tuple(row[0] for row in _rows(table))


@cache
def names(table: str) -> MappingProxyType[str, str]:
    """Lower-case name or code -> code; names also without accents, and with `and` for &."""
    listed: dict[str, str] = {}
    for code, *aliases, written in _rows(table):
        for name in (code.lower(), *(alias.lower() for alias in aliases), *written.split("|")):
            listed.setdefault(name, code)
    for name, code in list(listed.items()):
        listed.setdefault(_plain(name), code)
        listed.setdefault(name.replace("&", "and"), code)
    listed.pop("", None)
    return MappingProxyType(listed)


def _rows(table: str) -> list[list[str]]:
    text = files("kinfolk.expressions").joinpath("data", table).read_text(encoding="utf-8")
    return list(csv.reader((line for line in text.splitlines() if not line.startswith("#")), delimiter=";"))


def _plain(name: str) -> str:
    return "".join(sign for sign in normalize("NFD", name) if not combining(sign)).replace("ß", "ss")

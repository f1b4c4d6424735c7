"""SQL with its words, texts and remarks marked, for reading on a page."""

from __future__ import annotations

from markupsafe import escape
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import Token, TokenType

_NAMES = frozenset({TokenType.VAR, TokenType.IDENTIFIER})
_CLASSES = {TokenType.STRING: "text", TokenType.NUMBER: "number"}


def highlighted(text: str) -> str:
    """The SQL as HTML, letter for letter the same; as plain text where it cannot be told apart."""
    try:
        tokens = DuckDB().tokenize(text)
    except SqlglotError:
        return str(escape(text))
    parts, done = [], 0
    for token in tokens:
        if token.start < done:
            continue
        parts += [_between(text[done : token.start]), _marked(text[token.start : token.end + 1], token)]
        done = token.end + 1
    return "".join([*parts, _between(text[done:])])


def _between(text: str) -> str:
    return _span(text, "remark") if text.strip() else str(escape(text))


def _marked(text: str, token: Token) -> str:
    kind = _CLASSES.get(token.token_type)
    if kind is None and token.token_type not in _NAMES and all(c.isalpha() or c in "_ " for c in text):
        kind = "word"
    return _span(text, kind) if kind else str(escape(text))


def _span(text: str, kind: str) -> str:
    return f'<span class="{kind}">{escape(text)}</span>'

"""Whether a text is SQL, or a sentence that happens to use its words."""

from __future__ import annotations

import re

_STATEMENTS = (
    r"SELECT\b.*?\bFROM\b",
    r"INSERT\s+(OR\s+\w+\s+)?INTO\b",
    r"CREATE\s+(OR\s+REPLACE\s+)?(TEMP\s+|TEMPORARY\s+)?(TABLE|VIEW|SCHEMA|SECRET|MACRO|SEQUENCE|INDEX)\b",
    r"DROP\s+(TABLE|VIEW|SCHEMA)\b",
    r"ALTER\s+TABLE\b",
    r"DELETE\s+FROM\b",
    r"UPDATE\s+\S+\s+SET\b",
    r"MERGE\s+INTO\b",
)
# One verb and one object is not yet SQL: these need the sign that follows them in SQL alone.
_SHORT_STATEMENTS = (
    r"""ATTACH\s+(DATABASE\s+|IF\s+NOT\s+EXISTS\s+)*['"{]""",
    r"""DETACH\s+(DATABASE\s+)?['"{]""",
    r"COPY\s+[({\"'\w.]+.*?\b(TO|FROM)\b",
    r"PRAGMA\s+[\w{]",
    r"CALL\s+[\w.{}]+\(",
    r"(INSTALL|LOAD)\s+['{]",
    r"USE\s+[\w.{\"]",
    r"SET\s+\w+\s*=",
)

# Upper case is SQL wherever it stands; lower case where a statement can begin, because "select" is also plain English.
_UPPER = re.compile(r"(?<![\w])(?:" + "|".join((*_STATEMENTS, *_SHORT_STATEMENTS)) + ")", re.DOTALL)
_LOWER = re.compile(
    r"(?:^|[(;\n])\s*(?:with\b.*?\(\s*)?(?:"
    + re.sub(r"[A-Z]{2,}", lambda m: m[0].lower(), "|".join(_STATEMENTS))
    + ")",
    re.DOTALL,
)


def is_sql(text: str) -> bool:
    """True for text with a SQL statement in it; False for sentences ("Select a file from the list")."""
    return bool(_UPPER.search(text) or _LOWER.search(text))

"""`${NAME}` references to the environment, and secrets written where everybody can read them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from kinfolk.errors import Mistake
from kinfolk.model.secret import Secret
from kinfolk.project.document import Document, Path
from kinfolk.project.suggest import hint

_DOLLAR = re.compile(r"\$\$\{|\$\{([^}]*)\}?")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SECRET_KEY = re.compile(
    r"(?:^|[_-])(password|passwd|passphrase|pwd|token|secret|credential|credentials|private[_-]?key|secret[_-]?key"
    r"|access[_-]?key|account[_-]?key|api[_-]?key)(?:$|[_-]value$)",
    re.IGNORECASE,
)
_SIGNS = ("0123456789", "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_OTHERS = str.maketrans({sign: signs[(at + 1) % len(signs)] for signs in _SIGNS for at, sign in enumerate(signs)})
_PASSWORD_IN_URL = re.compile(r"://[^/\s:@]*:(?!\$\{)[^@\s/]+@")


@dataclass(frozen=True)
class Resolved:
    """A document with its references replaced.

    document    as used: values from the environment in place
    as_written  as it stands in the file
    secrets     path -> the text that was made from a reference
    missing     paths whose variable is not set; they still hold what was written
    values      what the environment held -> its reference, for every variable that is used
    """

    document: Document
    as_written: Document
    secrets: Mapping[Path, Secret] = field(default_factory=dict)
    missing: frozenset[Path] = frozenset()
    values: Mapping[str, str] = field(default_factory=dict)

    def within(self, path: Path) -> bool:
        """Whether anything at or below `path` came from the environment, or should have."""
        return any(known[: len(path)] == path for known in (*self.secrets, *self.missing))


def resolve(document: Document, env: Mapping[str, str]) -> tuple[Resolved, list[Mistake]]:
    """The document with every `${NAME}` replaced from `env`; `$${` stands for `${` itself.

    A mistake names a variable that is not set. No value of the environment is ever part of a mistake.
    """
    walk = _Walk(document, env)
    data = walk.value(document.data, ())
    used = Document(document.file, data, document.lines, document.readable)
    return Resolved(used, document, walk.secrets, frozenset(walk.missing), walk.values), walk.mistakes


def exposed(document: Document, *path: str) -> Iterator[Mistake]:
    """Mistakes for passwords, tokens and keys that stand as plain text below `path`."""
    for where, value in _texts(document.at(*path), path):
        key = next((step for step in reversed(where) if isinstance(step, str)), "")
        if "${" in value.replace("$${", "") or not value:
            continue
        advice = f"Put it in the environment and write `{key}: ${{{_variable(key)}}}`."
        if _SECRET_KEY.search(key):
            yield Mistake(document.place(*where), f"`{key}` is a secret written as plain text.", advice)
        elif _PASSWORD_IN_URL.search(value):
            what = f"The address under `{key}` holds a password as plain text."
            yield Mistake(
                document.place(*where), what, "Put the password in the environment: `…://name:${PASSWORD}@…`."
            )


def disguised(env: Mapping[str, str]) -> dict[str, str]:
    """Another environment of the same shape: letters and digits replaced by others, the rest as it is.

    What is said of a file under both is about the file, not about what the environment holds.
    """
    return {name: value.translate(_OTHERS) for name, value in env.items()}


def _variable(key: str) -> str:
    return re.sub(r"[^A-Z0-9]+", "_", key.upper())


def _texts(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _texts(inner, (*path, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _texts(inner, (*path, number))
    elif value is not None and not isinstance(value, bool):
        yield path, getattr(value, "text", value)


class _Walk:
    def __init__(self, document: Document, env: Mapping[str, str]) -> None:
        self.document = document
        self.env = env
        self.secrets: dict[Path, Secret] = {}
        self.missing: set[Path] = set()
        self.values: dict[str, str] = {}
        self.mistakes: list[Mistake] = []

    def value(self, value: Any, path: Path) -> Any:
        if isinstance(value, Mapping):
            return {key: self.value(inner, (*path, key)) for key, inner in value.items()}
        if isinstance(value, list):
            return [self.value(inner, (*path, number)) for number, inner in enumerate(value)]
        if isinstance(value, str) and "${" in value:
            return self._text(value, path)
        return value

    def _text(self, text: str, path: Path) -> str:
        found = list(_DOLLAR.finditer(text))
        names = [match for match in found if match[0] != "$${"]
        wrong = [mistake for match in names if (mistake := self._wrong(match, path))]
        if wrong:
            self.mistakes += wrong
            self.missing.add(path)
            return text
        used = _DOLLAR.sub(lambda match: "${" if match[0] == "$${" else self.env[match[1]], text)
        if names:
            self.secrets[path] = Secret(text, used)
            self.values.update({self.env[match[1]]: match[0] for match in names})
        return used

    def _wrong(self, match: re.Match[str], path: Path) -> Mistake | None:
        place = self.document.place(*path)
        name = match[1]
        if not match[0].endswith("}") or not _NAME.fullmatch(name):
            return Mistake(
                place, "`${` begins a reference that is not complete.", "Write `${NAME}`, or `$${` for the text itself."
            )
        if name not in self.env:
            near = hint(name, (known for known in self.env)) if len(name) > 3 else None
            advice = near if near and near.startswith("Did") else f"Set it before running Kinfolk: `export {name}=…`."
            return Mistake(place, f"The environment variable `{name}` is not set.", advice)
        return None

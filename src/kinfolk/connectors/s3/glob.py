"""Globs over keys of objects, with the same meaning as over paths of files."""

from __future__ import annotations

import fnmatch
import re

_MAGIC = re.compile(r"[*?[]")
_VISIBLE = r"(?!\.)"


class KeyGlob:
    """Which keys a glob means: `*` and `?` stop at a slash, `**` is any number of folders.

    folder     the part before the first wildcard, as far as its last slash
    recursive  whether keys deeper than `folder` can match
    """

    def __init__(self, written: str) -> None:
        steps = written.split("/")
        fixed = next((number for number, step in enumerate(steps) if _MAGIC.search(step)), len(steps) - 1)
        self.folder = "/".join(steps[:fixed])
        self.recursive = fixed < len(steps) - 1 or steps[-1] == "**"
        self._pattern = re.compile("".join(map(_step, steps[:-1])) + _name(steps[-1]))

    def matches(self, key: str) -> bool:
        """Whether the key is one of those."""
        return self._pattern.fullmatch(key) is not None


def is_glob(written: str) -> bool:
    """Whether it holds wildcards."""
    return _MAGIC.search(written) is not None


def _step(step: str) -> str:
    return rf"(?:{_VISIBLE}[^/]+/)*" if step == "**" else _name(step) + "/"


def _name(step: str) -> str:
    """The step's pattern. Nothing that a wildcard stands for holds a slash, or begins with a dot."""
    if step == "**":
        return _step(step) + rf"{_VISIBLE}[^/]+"
    signs = re.findall(r"\[!?\]?[^\]]*\]|.", step, re.DOTALL)
    return (_VISIBLE if _MAGIC.match(step) else "") + "".join(map(_sign, signs))


def _sign(sign: str) -> str:
    if sign in ("*", "?"):
        return "[^/]" + sign.replace("?", "")
    if sign.startswith("[") and len(sign) > 2:
        return "(?!/)" + fnmatch.translate(sign).removeprefix("(?s:").removesuffix(r")\Z")
    return re.escape(sign)

"""contracts/signatures.yml: who agreed to which version of which contract.

A file of its own, so that it is versioned and reviewed with the contracts, a program never rewrites a contract that
people wrote, and two who sign at once touch different lines.
"""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import Field

from kinfolk.errors import ProjectError
from kinfolk.model.signature import Party, Signature
from kinfolk.project.files import parse
from kinfolk.project.loading import SIGNATURES
from kinfolk.project.written.base import Word, Written
from kinfolk.project.yaml_reader import read

_HEAD = "# Who agreed to what; written by `kinfolk contract sign`.\nsignatures:\n"


class Signed(Written):
    """One signature."""

    source: Word
    version: Word
    digest: Word
    party: Party = Field(alias="as")
    by: Word
    at: Word


class SignaturesFile(Written):
    """All signatures, in the order they were given."""

    signatures: list[Signed] = []


def read_signatures(folder: Path) -> tuple[Signature, ...]:
    """Every signature of the project, in the order they were given. Errors: ProjectError for a damaged file."""
    path = folder / "contracts" / SIGNATURES
    if not path.is_file():
        return ()
    document, mistakes = read(path, f"contracts/{SIGNATURES}")
    parsed, more = parse(document, SignaturesFile, None)
    if mistakes + more:
        raise ProjectError(mistakes + more)
    found = parsed.settings.signatures
    return tuple(Signature(s.source, s.version, s.digest, s.party, s.by, s.at) for s in found)


def add_signature(folder: Path, signature: Signature) -> Path:
    """Writes one more signature at the end of the file, and returns where that is."""
    path = folder / "contracts" / SIGNATURES
    written = path.read_text(encoding="utf-8") if path.exists() else _HEAD
    words = {
        "source": signature.source,
        "version": signature.version,
        "digest": signature.digest,
        "as": str(signature.party),
        "by": signature.by,
        "at": signature.at,
    }
    line = ", ".join(f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in words.items())
    path.write_text(f"{written.rstrip()}\n  - {{{line}}}\n", encoding="utf-8")
    return path

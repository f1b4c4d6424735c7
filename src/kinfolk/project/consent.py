"""policies/consent.yml as frozen values, and the notices it names."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

from kinfolk.errors import Mistake
from kinfolk.model.consent import Basis, ConsentPolicy, Ended, Formerly, PolicyVersion, Purpose
from kinfolk.project.files import Parsed
from kinfolk.project.written.consent import ConsentFile, PurposeEntry


def notices(folder: Path, parsed: Parsed[ConsentFile]) -> tuple[dict[str, str], list[Mistake]]:
    """Version -> sha256 (hex) of its text; a mistake for each whose text is not there."""
    digests, mistakes = dict[str, str](), list[Mistake]()
    for name, version in parsed.settings.versions.items():
        place = parsed.document.place("versions", name)
        if (version.text is None) == (version.file is None):
            both = "both a text and a file" if version.text else "neither a text nor a file"
            mistakes.append(Mistake(place, f"The version `{name}` has {both}.", "Write `text: …` or `file: …`."))
        elif version.text is not None:
            digests[name] = hashlib.sha256(version.text.encode()).hexdigest()
        elif version.file is not None:
            file = folder / version.file
            if file.is_file():
                digests[name] = hashlib.sha256(file.read_bytes()).hexdigest()
            else:
                where = parsed.document.place("versions", name, "file")
                advice = "Write its path from the project's folder."
                mistakes.append(Mistake(where, f"There is no file {version.file}.", advice))
    return digests, mistakes


def consent_policy(parsed: Parsed[ConsentFile] | None, digests: Mapping[str, str], zone: str) -> ConsentPolicy | None:
    """The policy of a file that holds no mistake, by the calendar of that zone; None where there is no file."""
    if parsed is None:
        return None
    place, settings = parsed.document.place, parsed.settings
    versions = [
        PolicyVersion(
            name, place("versions", name), date.fromisoformat(entry.since), digests[name], entry.file, entry.text
        )
        for name, entry in settings.versions.items()
    ]
    return ConsentPolicy(
        tuple(replace(_purpose(parsed, name, entry), zone=zone) for name, entry in settings.purposes.items()),
        tuple(sorted(versions, key=lambda version: version.since)),
        Formerly(settings.formerly.purposes, settings.formerly.channels, settings.formerly.topics),
        Ended(tuple(settings.ended.purposes), tuple(settings.ended.channels), tuple(settings.ended.topics)),
        place("purposes"),
    )


def _purpose(parsed: Parsed[ConsentFile], name: str, entry: PurposeEntry) -> Purpose:
    silence = "denied" if entry.basis is Basis.CONSENT else "granted"
    return Purpose(
        name=name,
        place=parsed.document.place("purposes", name),
        title=entry.title or name,
        use=entry.use,
        basis=entry.basis,
        default=(entry.default or silence) == "granted",
        channels=tuple(entry.channels),
        topics=tuple(entry.topics),
        months=_months(entry.expires),
        minimum_age=entry.minimum_age,
        about=entry.about,
    )


def _months(text: str | None) -> int | None:
    if text is None:
        return None
    number, unit = text.split()
    return int(number) * (12 if unit.startswith("year") else 1)

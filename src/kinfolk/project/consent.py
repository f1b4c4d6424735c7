"""policies/consent.yml as frozen values, and the notices it names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

from kinfolk.errors import Mistake
from kinfolk.model.consent import Basis, ConsentPolicy, Ended, Formerly, PolicyVersion, Purpose, Signals
from kinfolk.project.files import Parsed
from kinfolk.project.written.consent import ConsentFile, PurposeEntry, SignalsEntry

_SOLD_OR_SHARED = ("marketing.advertising.third_party", "third_party_sharing")  # data uses of fideslang, and below


def notices(folder: Path, parsed: Parsed[ConsentFile]) -> tuple[dict[str, bytes], list[Mistake]]:
    """Version -> its text or document; a mistake for each whose text is not there."""
    contents, mistakes = dict[str, bytes](), list[Mistake]()
    for name, version in parsed.settings.versions.items():
        place = parsed.document.place("versions", name)
        if (version.text is None) == (version.file is None):
            both = "both a text and a file" if version.text else "neither a text nor a file"
            mistakes.append(Mistake(place, f"The version `{name}` has {both}.", "Write `text: …` or `file: …`."))
        elif version.text is not None:
            contents[name] = version.text.encode()
        elif version.file is not None:
            file = folder / version.file
            if file.is_file():
                contents[name] = file.read_bytes()
            else:
                where = parsed.document.place("versions", name, "file")
                advice = "Write its path from the project's folder."
                mistakes.append(Mistake(where, f"There is no file {version.file}.", advice))
    return contents, mistakes


def consent_policy(
    parsed: Parsed[ConsentFile] | None, contents: Mapping[str, bytes], zone: str
) -> ConsentPolicy | None:
    """The policy of a file that holds no mistake, by the calendar of that zone; None where there is no file."""
    if parsed is None:
        return None
    place, settings = parsed.document.place, parsed.settings
    versions = [
        PolicyVersion(name, place("versions", name), date.fromisoformat(entry.since), contents[name], entry.file)
        for name, entry in settings.versions.items()
    ]
    return ConsentPolicy(
        tuple(replace(_purpose(parsed, name, entry), zone=zone) for name, entry in settings.purposes.items()),
        tuple(sorted(versions, key=lambda version: version.since)),
        Formerly(settings.formerly.purposes, settings.formerly.channels, settings.formerly.topics),
        Ended(tuple(settings.ended.purposes), tuple(settings.ended.channels), tuple(settings.ended.topics)),
        place("purposes"),
        _signals(settings.signals),
    )


def _signals(entry: SignalsEntry) -> Signals:
    categories = {name: tuple(meant) for name, meant in entry.categories.items()}
    if entry.tcf is None:
        return Signals(categories)
    return Signals(categories, {n: tuple(meant) for n, meant in entry.tcf.purposes.items()}, entry.tcf.vendor)


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
        ended=Ended(channels=tuple(entry.ended.channels), topics=tuple(entry.ended.topics)),
        months=_months(entry.expires),
        minimum_age=entry.minimum_age,
        gpc=_sold_or_shared(entry.use) if entry.gpc is None else entry.gpc,
        about=entry.about,
    )


def _sold_or_shared(use: str) -> bool:
    return any(use == one or use.startswith(f"{one}.") for one in _SOLD_OR_SHARED)


def _months(text: str | None) -> int | None:
    if text is None:
        return None
    number, unit = text.split()
    return int(number) * (12 if unit.startswith("year") else 1)

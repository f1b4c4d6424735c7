"""Checks of policies/consent.yml."""

from __future__ import annotations

from collections.abc import Iterator

from kinfolk.errors import Mistake
from kinfolk.model.consent import Basis
from kinfolk.project.files import Files
from kinfolk.project.suggest import hint


def versions_differ(files: Files) -> Iterator[Mistake]:
    """There is a version of the notice, and no two begin on one day."""
    if files.consent is None or not files.consent.written.readable:
        return
    document, settings = files.consent.document, files.consent.settings
    if not files.consent.written.key_names("versions"):
        what = "The notice that people are shown has no version."
        yield Mistake(document.place("versions"), what, "Write `versions: {name: {since: …, file: …}}`.")
    begun: dict[str, str] = {}
    for name, version in settings.versions.items():
        if version.since in begun:
            what = f"The versions `{begun[version.since]}` and `{name}` begin on one day."
            yield Mistake(document.place("versions", name, "since"), what)
        begun.setdefault(version.since, name)


def purposes_there(files: Files) -> Iterator[Mistake]:
    """There is something to consent to."""
    if files.consent and files.consent.written.readable and not files.consent.written.key_names("purposes"):
        place = files.consent.document.place("purposes")
        yield Mistake(place, "There is no purpose.", "Write `purposes: {name: {use: …, basis: …}}`.")


def purposes_sound(files: Files) -> Iterator[Mistake]:
    """Silence is no consent, and what is about grants stands where there are grants."""
    if files.consent is None:
        return
    place = files.consent.document.place
    for name, purpose in files.consent.settings.purposes.items():
        if purpose.basis is not Basis.CONSENT:
            for key in ("expires", "minimum_age"):
                if getattr(purpose, key) is not None:
                    what = f"`{key}` is about consent, and the basis of `{name}` is {purpose.basis}."
                    yield Mistake(place("purposes", name, key), what, "Leave it out.")
        elif purpose.default == "granted":
            what = f"Silence is no consent: the default of `{name}` cannot be granted."
            yield Mistake(place("purposes", name, "default"), what, "Leave it out, or choose another basis.")


def channels_known(files: Files) -> Iterator[Mistake]:
    """Channels and topics of a purpose are among those listed, each once."""
    if files.consent is None:
        return
    document, settings = files.consent.document, files.consent.settings
    for name, purpose in settings.purposes.items():
        for key, used, known in (
            ("channels", purpose.channels, settings.channels),
            ("topics", purpose.topics, settings.topics),
        ):
            for number, word in enumerate(used):
                where = document.place("purposes", name, key, number)
                if word not in known:
                    advice = hint(word, known) or f"List it under `{key}`."
                    yield Mistake(where, f"`{word}` is not among the {key}.", advice)
                elif word in used[:number]:
                    yield Mistake(where, f"`{word}` is listed twice.")


def former_names_gone(files: Files) -> Iterator[Mistake]:
    """What had another name has a name now, and a name that was given up is none that something has."""
    if files.consent is None:
        return
    place, settings = files.consent.document.place, files.consent.settings
    for kind, known in (
        ("purposes", list(settings.purposes)),
        ("channels", settings.channels),
        ("topics", settings.topics),
    ):
        for former, called in getattr(settings.formerly, kind).items():
            where = place("formerly", kind, former)
            if former in known:
                yield Mistake(where, f"`{former}` is among the {kind}, so it is no former name.", "Leave it out.")
            elif called not in known:
                yield Mistake(where, f"`{called}` is not among the {kind}.", hint(called, known))
        for number, word in enumerate(getattr(settings.ended, kind)):
            if word in known:
                what = f"`{word}` is among the {kind}, so it is not given up."
                yield Mistake(place("ended", kind, number), what, "Leave it out here or there.")


def ended_here_gone(files: Files) -> Iterator[Mistake]:
    """What a purpose has given up is none that it has."""
    if files.consent is None:
        return
    for name, purpose in files.consent.settings.purposes.items():
        for kind in ("channels", "topics"):
            for number, word in enumerate(getattr(purpose.ended, kind)):
                if word in getattr(purpose, kind):
                    what = f"`{word}` is among the {kind} of `{name}`, so it is not given up there."
                    place = files.consent.document.place("purposes", name, "ended", kind, number)
                    yield Mistake(place, what, "Leave it out here or there.")


def signals_mean_purposes(files: Files) -> Iterator[Mistake]:
    """What banners and TCF strings are said to mean are purposes of the file."""
    if files.consent is None:
        return
    document, settings = files.consent.document, files.consent.settings
    meant: list[tuple[tuple[str | int, ...], list[str]]] = [
        (("signals", "categories", name), words) for name, words in settings.signals.categories.items()
    ]
    if settings.signals.tcf:
        meant += [(("signals", "tcf", "purposes", n), words) for n, words in settings.signals.tcf.purposes.items()]
    for path, words in meant:
        for number, word in enumerate(words):
            if word not in settings.purposes:
                yield Mistake(
                    document.place(*path, number), f"There is no purpose `{word}`.", hint(word, settings.purposes)
                )


def ages_known(files: Files) -> Iterator[Mistake]:
    """A minimum age needs a source of dates of birth."""
    if files.consent is None or not all(source.written.readable for source in files.sources):
        return
    if any(source.written.at("people", "birth_date") is not None for source in files.sources):
        return
    for name, purpose in files.consent.settings.purposes.items():
        if purpose.minimum_age is not None:
            where = files.consent.document.place("purposes", name, "minimum_age")
            yield Mistake(where, "No source has a `birth_date`, so nobody's age is known.", "Map it in a source.")

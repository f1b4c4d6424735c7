"""Checks of sources that are made of events sent to Kinfolk."""

from __future__ import annotations

from collections.abc import Iterator

from kinfolk.errors import Mistake
from kinfolk.model.source import COLLECT
from kinfolk.project.files import Files, Parsed, source_name
from kinfolk.project.suggest import hint
from kinfolk.project.written.source import SourceFile

_KNOWN_ALREADY = ("record_id", "load", "cursor", "late", "deleted")


def loaded_as_events_are(files: Files) -> Iterator[Mistake]:
    """How events are loaded follows from what they are, so nothing else is written."""
    for source in _collecting(files):
        for key in _KNOWN_ALREADY:
            if key in source.written.key_names():
                what = f"`{key}` is known of events: their record id is the message id, and each is loaded once."
                yield Mistake(source.document.place(key), what, "Remove the line.")


def write_keys_of_one_source(files: Files) -> Iterator[Mistake]:
    """A write key leads to one source in one environment, so that test data never mixes with production."""
    first: dict[str, Parsed[SourceFile]] = {}
    environments = files.kinfolk.settings.environments if files.kinfolk.written.readable else ()
    for source in _collecting(files):
        keys = source.settings.part(COLLECT).write_keys
        if keys and environments and source.settings.environment is None:
            what = "Nothing says which environment these events are of, so those of a test could end up in production."
            advice = "Write `environment:`, and for each environment a source with keys of its own."
            yield Mistake(source.document.place(COLLECT), what, advice)
        for key in keys:
            other = first.setdefault(key, source)
            if other is not source:
                what = f"The source `{source_name(other)}` ({other.document.place(COLLECT)}) has the same write key."
                yield Mistake(source.document.place(COLLECT, "write_keys"), what, "Give each source a key of its own.")


def visitors_of_events(files: Files) -> Iterator[Mistake]:
    """The source whose visitors are asked for collects events, in the same environment."""
    names = files.source_names()
    collecting = {source_name(s) for s in _collecting(files) if s.settings.part(COLLECT).write_keys}
    for source in _collecting(files):
        name = source.settings.part(COLLECT).visitors_of
        if name is None:
            continue
        where = source.document.place(COLLECT, "visitors_of")
        if name not in names:
            yield Mistake(where, f"There is no source `{name}`.", hint(name, collecting))
        elif not names[name].written.readable:
            continue
        elif name not in collecting:
            yield Mistake(where, f"The source `{name}` collects no events.", "Name one that has `write_keys`.")
        elif names[name].settings.environment != source.settings.environment:
            theirs = names[name].settings.environment
            what = f"The source `{name}` is of {f'the environment `{theirs}`' if theirs else 'every environment'}."
            advice = f"Write `environment: {theirs}` here too." if theirs else "Remove `environment:`."
            yield Mistake(where, what, advice)


def purposes_known(files: Files) -> Iterator[Mistake]:
    """What events are taken in for are purposes of policies/consent.yml, of which the door can know what holds."""
    known = files.consent.settings.purposes if files.consent else {}
    if files.consent and not files.consent.written.readable:
        return
    for source in _collecting(files):
        written = source.settings.part(COLLECT)
        named: list[tuple[tuple[str | int, ...], list[str]]] = [(("purposes",), written.purposes)]
        named += [(("events", name), purposes) for name, purposes in written.events.items()]
        for path, purposes in named:
            for number, purpose in enumerate(purposes):
                where = source.document.place(COLLECT, *path, number)
                if purpose not in known:
                    advice = hint(purpose, known) or "Describe it under `purposes` of policies/consent.yml."
                    yield Mistake(where, f"There is no purpose `{purpose}`.", advice)
                elif known[purpose].minimum_age is not None:
                    what = f"`{purpose}` has a minimum age, and nobody's age is known where events come in."
                    yield Mistake(where, what, "Name a purpose without, or nothing would ever be taken in for it.")


def _collecting(files: Files) -> Iterator[Parsed[SourceFile]]:
    """Sources whose settings of the connector could be read."""
    for source in files.sources:
        if source.written.readable and COLLECT in files.connectors and source.settings.part(COLLECT) is not None:
            yield source

"""Events as they were taken in at the door. Their visitors are made of those that have landed, so a run reads them."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from kinfolk.connectors.collect.options import CollectOptions
from kinfolk.connectors.collect.reading import end_of, lines
from kinfolk.connectors.file.json_lines import Found, accepted, decoded, object_batches
from kinfolk.connectors.file.rows import rejected
from kinfolk.errors import SourceError
from kinfolk.model.discovery import Dataset
from kinfolk.model.locator import ArrowBatches, Locator, Part, Rejection
from kinfolk.model.secret import revealed
from kinfolk.model.source import Source
from kinfolk.model.visitor import VISITOR_COLUMNS

# The fields of an event, in the order of its columns. What else a program sends at the top of an event is in `extra`.
# `purposes` and `consent` are ours: what the event may be used for, and what decided that.
COLUMNS = (
    "type",
    "messageId",
    "visitor",
    "userId",
    "anonymousId",
    "event",
    "name",
    "category",
    "groupId",
    "previousId",
    "properties",
    "traits",
    "context",
    "integrations",
    "timestamp",
    "originalTimestamp",
    "sentAt",
    "receivedAt",
    "purposes",
    "consent",
    "extra",
)


class CollectConnector:
    """Events sent to `kinfolk serve`. Paths refer to the folder of what was collected."""

    def parts(self, source: Source, folder: Path) -> list[Part]:
        """The log as one part, known by where it ends now; before the first event it is empty."""
        log = folder / (source.visitors_of or source.name)
        what = f"{'visitors' if source.visitors_of else 'events'} of {log.name}"
        return [Part(what, f"up to {end_of(log) or 0}", log)]

    def open(self, source: Source, part: Part) -> tuple[Locator, list[Rejection]]:
        """A locator for the events from where the last load arrived to where the log ended when it was looked at.

        Errors  SourceError for visitors, who are made of events that have landed
        """
        if source.visitors_of:
            what = f"{source.name} is made of the events of {source.visitors_of} that have landed, and cannot be read."
            raise SourceError(what, where=str(source.place), hint=f"Ask for {source.visitors_of}, or query the tables.")
        since, until = int(part.since or 0), int(part.fingerprint.removeprefix("up to "))
        return ArrowBatches(COLUMNS, partial(_placed, part.path, since, until)), []

    def ping(self, options: Mapping[str, Any], folder: Path) -> str:
        """What is waited for."""
        written = CollectOptions.model_validate(revealed(options))
        if written.visitors_of:
            return f"The visitors of {written.visitors_of}."
        return f"Events come in through `kinfolk serve`, with {len(written.write_keys)} write keys."

    def discover(self, options: Mapping[str, Any], folder: Path) -> list[Dataset]:
        """The one dataset events are, or visitors."""
        of = CollectOptions.model_validate(revealed(options)).visitors_of
        columns = VISITOR_COLUMNS if of else COLUMNS
        return [Dataset(f"visitors of {of}" if of else "events", dict.fromkeys(columns, "text"), options=dict(options))]


COLLECT = CollectConnector()


def _placed(folder: Path, since: int, until: int) -> Iterator[Any]:
    """Batches whose `_row` is the place of the event in the log."""
    import pyarrow as pa

    places = array("q")  # eight bytes for each row of a load

    def objects() -> Iterator[Found]:
        for place, line in lines(folder, since, until):
            places.append(place)
            yield _event(place, line), len(line)

    for batch in object_batches(objects):
        if isinstance(batch, Rejection):
            yield batch
            continue
        numbers = [places[int(number or 0) - 1] for number in batch.column("_row").to_pylist()]
        yield batch.set_column(batch.schema.get_field_index("_row"), "_row", pa.array(numbers, pa.int64()))


def _event(place: int, line: bytes) -> dict[str, Any] | Rejection:
    text = line.decode()
    try:
        return accepted(decoded(text), place, text)
    except (ValueError, RecursionError) as error:
        return rejected(place, f"not JSON: {error}", text)

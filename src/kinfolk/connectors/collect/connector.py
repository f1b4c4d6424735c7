"""Events as they were taken in at the door, and the visitors who sent them."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from kinfolk.connectors.collect import visitors
from kinfolk.connectors.collect.options import CollectOptions
from kinfolk.connectors.collect.reading import end_of, lines
from kinfolk.connectors.file.json_lines import Found, accepted, decoded, object_batches
from kinfolk.connectors.file.rows import rejected
from kinfolk.model.discovery import Dataset
from kinfolk.model.locator import ArrowBatches, Locator, Part, Rejection
from kinfolk.model.secret import revealed
from kinfolk.model.source import Source

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
        log = folder / log_of(source)
        return [Part(f"events of {log_of(source)}", f"up to {end_of(log) or 0}", log)]

    def open(self, source: Source, part: Part) -> tuple[Locator, list[Rejection]]:
        """A locator for the events from where the last load arrived to where the log ended when it was looked at."""
        since, until = int(part.since or 0), int(part.fingerprint.removeprefix("up to "))
        of_visitors = revealed(source.options).get("visitors_of") is not None
        read, columns = (_visitors, visitors.COLUMNS) if of_visitors else (_events, COLUMNS)
        return ArrowBatches(columns, partial(_placed, part.path, since, until, read)), []

    def ping(self, options: Mapping[str, Any], folder: Path) -> str:
        """What is waited for."""
        written = CollectOptions.model_validate(revealed(options))
        if written.visitors_of:
            return f"The visitors of {written.visitors_of}."
        return f"Events come in through `kinfolk serve`, with {len(written.write_keys)} write keys."

    def discover(self, options: Mapping[str, Any], folder: Path) -> list[Dataset]:
        """The one dataset events are, or visitors."""
        of = CollectOptions.model_validate(revealed(options)).visitors_of
        columns = visitors.COLUMNS if of else COLUMNS
        return [Dataset(f"visitors of {of}" if of else "events", dict.fromkeys(columns, "text"), options=dict(options))]


COLLECT = CollectConnector()


def log_of(source: Source) -> str:
    """The name of the folder with the events that the source is made of."""
    return str(revealed(source.options).get("visitors_of") or source.name)


Read = Callable[[Iterator[tuple[int, bytes]]], Iterator[tuple[int, Found]]]


def _placed(folder: Path, since: int, until: int, read: Read) -> Iterator[Any]:
    """Batches whose `_row` is the place of the event in the log."""
    import pyarrow as pa

    places = array("q")  # eight bytes for each row of a load

    def objects() -> Iterator[Found]:
        for place, (found, length) in read(lines(folder, since, until)):
            places.append(place)
            yield found, length

    for batch in object_batches(objects):
        if isinstance(batch, Rejection):
            yield batch
            continue
        numbers = [places[int(number or 0) - 1] for number in batch.column("_row").to_pylist()]
        yield batch.set_column(batch.schema.get_field_index("_row"), "_row", pa.array(numbers, pa.int64()))


def _events(found: Iterator[tuple[int, bytes]]) -> Iterator[tuple[int, Found]]:
    for place, line in found:
        yield place, (_event(place, line), len(line))


def _visitors(found: Iterator[tuple[int, bytes]]) -> Iterator[tuple[int, Found]]:
    """Rows of visitors. The last comes even if it says nothing new, so that the next load begins behind it."""
    known, last = set[str](), None
    for place, line in found:
        event = _event(place, line)
        if isinstance(event, Rejection):
            continue  # it is kept, with its reason, where the events themselves are read
        for row in visitors.rows(event):
            last = place, (row, len(line))
            if "timestamp" in row or row["visitor"] not in known:
                known.add(row["visitor"])
                yield last
                last = None
    if last:
        yield last


def _event(place: int, line: bytes) -> dict[str, Any] | Rejection:
    text = line.decode()
    try:
        return accepted(decoded(text), place, text)
    except (ValueError, RecursionError) as error:
        return rejected(place, f"not JSON: {error}", text)

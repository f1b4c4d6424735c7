"""Objects in S3: found by key or glob, copied here one by one, and read like files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from difflib import get_close_matches
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any

from kinfolk.connectors.file.discovery import columns_of
from kinfolk.connectors.file.formats import open_file
from kinfolk.connectors.file.options import FORMATS, FormatOptions
from kinfolk.connectors.file.temporary import kept_for
from kinfolk.connectors.s3.bucket import Bucket, Object
from kinfolk.connectors.s3.glob import KeyGlob, is_glob
from kinfolk.connectors.s3.options import S3Options
from kinfolk.errors import NothingToLoadError, SourceError
from kinfolk.model.discovery import Dataset
from kinfolk.model.locator import Locator, Part, Rejection
from kinfolk.model.secret import revealed
from kinfolk.model.source import Source

_SHOWN = 5
_LOOKED_AT = 100_000  # objects of a folder that is looked around in
_PEEKED = 32 << 20  # bytes of an object that is read to tell its columns


class S3Connector:
    """Objects in S3-compatible storage."""

    ahead = 8  # parts that are worth opening at once: nearly all of the time is waiting

    def __init__(self) -> None:
        self._buckets: dict[str, tuple[S3Options, Bucket]] = {}

    def parts(self, source: Source, folder: Path) -> list[Part]:
        """One part per object, sorted by key. Its fingerprint is made of key, size and ETag.

        Errors  SourceError if there is no bucket, it may not be read, or nothing matches
        """
        options, bucket = self._bucket(source)
        found = sorted(_matching(bucket, options, f"source {source.name}"), key=lambda one: one.key)
        return [Part(f"s3://{bucket.name}/{one.key}", one.fingerprint, folder) for one in found]

    def open(self, source: Source, part: Part) -> tuple[Locator, list[Rejection]]:
        """A locator for a copy of the object, which is removed once it was read.

        Errors  SourceError if it is gone or was written anew since it was listed
        """
        options, bucket = self._bucket(source)
        return _opened(bucket, part, options), []

    def ping(self, options: Mapping[str, Any], folder: Path) -> str:
        """A sentence on what was reached. Errors: SourceError as for `parts`, but for nothing that matches."""
        written = S3Options.model_validate(revealed(options))
        bucket = Bucket(written, "s3")
        if not is_glob(written.key):
            found = bucket.object(written.key) if written.key else None
            next(bucket.objects("", recursive=True), None)  # whether it may be listed, and is there
            what = f"{written.key} has {found.size:,} bytes" if found else "Name the objects in it to read them"
            return f"The bucket {bucket.name} answers. {what}."
        glob = KeyGlob(written.key)
        count = sum(map(glob.matches, (one.key for one in bucket.objects(glob.folder, recursive=glob.recursive))))
        return f"The bucket {bucket.name} answers. Objects that match {written.key}: {count:,}."

    def discover(self, options: Mapping[str, Any], folder: Path) -> list[Dataset]:
        """The objects that are named, as one dataset; of a folder, one for each folder and ending below it.

        The columns are those of the newest object.
        """
        written = S3Options.model_validate(revealed(options))
        bucket = Bucket(written, "s3")
        if is_glob(written.key) or (written.key and bucket.object(written.key)):
            groups = {f"{bucket.name}/{written.key}": list(_matching(bucket, written, "s3"))}
        else:
            groups = _groups(bucket, written.key.rstrip("/"))
        return [
            Dataset(path, _columns(bucket, max(found, key=_age), written), options={**options, "path": path})
            for path, found in sorted(groups.items())
        ]

    def _bucket(self, source: Source) -> tuple[S3Options, Bucket]:
        """The source's bucket: one for all of its parts, so that connections are kept."""
        options = S3Options.model_validate(revealed(source.options))
        known, bucket = self._buckets.get(source.name, (None, None))
        if bucket is None or known != options:
            bucket = Bucket(options, f"source {source.name}")
            self._buckets[source.name] = (options, bucket)
        return options, bucket


S3 = S3Connector()


def _matching(bucket: Bucket, options: S3Options, where: str) -> Iterator[Object]:
    written = options.key
    if not written or written.endswith("/"):
        shown = f"{bucket.name}/{written}".rstrip("/")
        raise SourceError(
            f"{shown} is a {'folder' if written else 'bucket'}.",
            where=where,
            hint=f"Name the objects in it, such as {shown}/*.csv.",
        )
    if not is_glob(written):
        found = bucket.object(written)
        if found is None:
            raise NothingToLoadError(
                f"Nothing is called {written} in {bucket.name}.", where=where, hint=_nearby(bucket, written)
            )
        yield found
        return
    glob, none = KeyGlob(written), True
    for one in bucket.objects(glob.folder, recursive=glob.recursive):
        if glob.matches(one.key):
            none = False
            yield one
    if none:
        raise NothingToLoadError(
            f"Nothing matches {written} in {bucket.name}.", where=where, hint=_nearby(bucket, written)
        )


def _nearby(bucket: Bucket, written: str) -> str:
    """What is there instead, nearest names first; of a large folder only its beginning is looked at."""
    folder = KeyGlob(written).folder
    names: list[str] = []
    for one in bucket.objects(folder, recursive=True):
        names.append(one.key.removeprefix(f"{folder}/"))
        if len(names) == 1_000:
            break
    if not names:
        return f"The folder {folder} is empty, or there is none." if folder else "The bucket is empty."
    near = get_close_matches(written.removeprefix(f"{folder}/"), names, n=_SHOWN, cutoff=0.4) or names[:_SHOWN]
    shown = ", ".join(near) + (" …" if len(names) > len(near) else "")
    return f"In {bucket.name}/{folder} there is {shown}." if folder else f"In {bucket.name} there is {shown}."


def _opened(bucket: Bucket, part: Part, options: FormatOptions) -> Locator:
    copy = bucket.download(part.name.removeprefix(f"s3://{bucket.name}/"), part.fingerprint, part.name)
    try:
        return kept_for(open_file(replace(part, path=copy.path), options), copy)
    except BaseException:
        copy.discard()
        raise


def _groups(bucket: Bucket, folder: str) -> dict[str, list[Object]]:
    """A glob for each folder and ending below a folder, and the objects it means."""
    groups: dict[str, list[Object]] = {}
    for one in islice(bucket.objects(folder, recursive=True), _LOOKED_AT):
        path = PurePosixPath(one.key)
        if ending := _ending(path):
            groups.setdefault(f"{bucket.name}/{path.parent / '*'}{ending}", []).append(one)
    return groups


def _age(found: Object) -> tuple[str, str]:
    return found.changed, found.key


def _ending(path: PurePosixPath) -> str:
    """The ending that says what an object is, that of its compression included; "" if it says nothing."""
    endings = path.suffixes[-2:]
    packed = endings.pop() if endings and endings[-1].lower() in (".gz", ".gzip") else ""
    return endings[-1] + packed if endings and endings[-1].lower() in FORMATS else ""


def _columns(bucket: Bucket, found: Object, options: FormatOptions) -> dict[str, str]:
    if found.size > _PEEKED:
        return {}
    part = Part(f"s3://{bucket.name}/{found.key}", found.fingerprint, Path())
    try:
        locator = _opened(bucket, part, options)
    except SourceError:
        return {}  # what cannot be read is still worth naming
    try:
        return columns_of(locator)
    finally:
        if locator.discard:
            locator.discard()

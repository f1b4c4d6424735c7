"""One bucket: what is in it, and the bytes of an object; what goes wrong is told in sentences."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from kinfolk.connectors.file.formats import said
from kinfolk.connectors.file.temporary import TemporaryFile
from kinfolk.connectors.s3.options import S3Options
from kinfolk.errors import NothingToLoadError, SourceError

if TYPE_CHECKING:
    from obstore.store import S3Store

_PAGE = 1_000  # objects asked for at once, the most S3 gives
_BLOCK = 4 << 20
_CODE = re.compile(r"<Code>(\w+)</Code>")
_STATUS = re.compile(r"status code: (\d{3})")
_KEY_REFUSED = {"InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken", "TokenRefreshRequired"}


@dataclass(frozen=True)
class Object:
    """An object as it was listed. etag: what its bytes are known by, where the storage tells."""

    key: str
    size: int
    changed: str
    etag: str | None

    @property
    def fingerprint(self) -> str:
        """Another one when the object was written anew, as far as the storage tells."""
        return hashlib.sha256("\n".join((self.key, str(self.size), self.etag or self.changed)).encode()).hexdigest()


class Bucket:
    """A bucket, reached with the options of a source. Nothing is asked before it has to be."""

    def __init__(self, options: S3Options, where: str) -> None:
        self.name = options.bucket
        self._address = options.endpoint or "Amazon S3"
        self._where = where
        self._obstore = _library(where)
        self._store = _store(options)

    def objects(self, folder: str, *, recursive: bool) -> Iterator[Object]:
        """Objects below a folder ("" = all), a thousand at a time; folders' own markers are passed over.

        Errors  SourceError if there is no such bucket, it may not be listed, or cannot be reached
        """
        with self._explained():
            if recursive:
                for page in self._obstore.list(self._store, folder or None, chunk_size=_PAGE):
                    yield from _objects(page)
            else:
                yield from _objects(self._obstore.list_with_delimiter(self._store, folder or None)["objects"])

    def object(self, key: str) -> Object | None:
        """One object; None if there is none of that key."""
        with self._explained():
            try:
                return _object(self._obstore.head(self._store, key))
            except FileNotFoundError:
                return None

    def download(self, key: str, fingerprint: str, where: str) -> TemporaryFile:
        """The object's bytes, exactly those that were listed.

        Errors  SourceError if it is gone, was written anew since, or breaks off
        """
        file = TemporaryFile("-" + PurePosixPath(key).name[-60:])
        try:
            with self._explained(where):
                answer = self._obstore.get(self._store, key)
                found = _object(answer.meta)
                if found.fingerprint != fingerprint:
                    raise _written_anew(where)
                path = file.filled(bytes(block) for block in answer.stream(min_chunk_size=_BLOCK))
            if (size := path.stat().st_size) != found.size:
                raise SourceError(f"Only {size:,} of its {found.size:,} bytes came.", where=where, hint="Run again.")
        except BaseException:
            file.discard()
            raise
        return file

    @contextmanager
    def _explained(self, where: str | None = None) -> Iterator[None]:
        errors = self._obstore.exceptions
        at = where or self._where
        try:
            yield
        except FileNotFoundError as error:
            if where is None:
                raise
            raise NothingToLoadError(
                "The object is gone: it was listed a moment ago.", where=at, hint="Run again, once nothing removes it."
            ) from error
        except errors.InvalidPathError as error:
            raise SourceError(
                f"A key in the bucket {self.name} has an empty step or a dot for a step, which cannot be addressed.",
                where=at,
                hint="Rename that object, or name a folder without it.",
            ) from error
        except errors.BaseError as error:
            raise self._failed(str(error), at) from error
        except OSError as error:
            raise SourceError(f"Cannot be copied here: {said(error)}.", where=at) from error

    def _failed(self, words: str, where: str) -> SourceError:
        """The error in a sentence. `words` are never shown: they may hold addresses that are signed."""
        code = (_CODE.search(words) or _STATUS.search(words) or [None, ""])[1]
        if code in ("NoSuchBucket", "404"):
            return NothingToLoadError(
                f"There is no bucket {self.name} at {self._address}.",
                where=where,
                hint="Look at `path` and `endpoint`.",
            )
        if code in _KEY_REFUSED:
            return SourceError(
                f"{self._address} refuses the key ({code}).",
                where=where,
                hint="Look at `access_key_id` and `secret_access_key`, and whether the key has expired.",
            )
        if code in ("AccessDenied", "AllAccessDisabled", "401", "403") and "169.254.169.254" not in words:
            return SourceError(
                f"The key may not read the bucket {self.name} at {self._address}.",
                where=where,
                hint="Reading needs the rights s3:ListBucket on the bucket and s3:GetObject on its objects.",
            )
        if code in ("PermanentRedirect", "AuthorizationHeaderMalformed", "301"):
            return SourceError(
                f"The bucket {self.name} lies in another region.", where=where, hint="Write its `region:`."
            )
        if "169.254." in words:
            return SourceError(
                "No key is written, and neither the environment nor this machine has one.",
                where=where,
                hint="Write `access_key_id` and `secret_access_key`, or `anonymous: true` for a public bucket.",
            )
        answered = f" answers with {code}" if code else " cannot be reached, or stopped answering"
        return SourceError(f"{self._address}{answered}.", where=where, hint="Look at `endpoint`, or run again later.")


def _object(found: Any) -> Object:
    changed = found["last_modified"].isoformat(timespec="seconds")
    return Object(found["path"], found["size"], changed, found["e_tag"])


def _objects(page: Any) -> Iterator[Object]:
    """The objects, without those of no bytes and no ending, by which tools mark a folder."""
    return (_object(found) for found in page if found["size"] or "." in found["path"].rpartition("/")[2])


def _written_anew(where: str) -> SourceError:
    return SourceError(
        "The object was written anew while it was to be read. Nothing was changed.",
        where=where,
        hint="Run again, once nothing writes to it.",
    )


def _library(where: str) -> Any:
    try:
        import obstore
        import obstore.exceptions
    except ImportError as error:
        raise SourceError(
            "Reading from S3 needs a library that is not installed.",
            where=where,
            hint="Install it with `pip install 'kinfolk[s3]'`.",
        ) from error
    return obstore


def _store(options: S3Options) -> S3Store:
    from obstore.store import S3Store

    written = options.model_dump(
        include={"endpoint", "region", "access_key_id", "secret_access_key", "session_token"}, exclude_none=True
    )
    if options.anonymous:
        written["skip_signature"] = True
    plain = (options.endpoint or "").startswith("http://")
    seconds = timedelta(seconds=options.timeout)
    return S3Store(
        options.bucket,
        **written,
        client_options={
            "allow_http": plain,
            "connect_timeout": min(seconds, timedelta(seconds=10)),
            "read_timeout": seconds,
            "timeout": timedelta(days=1),  # the whole of a large object may take its time
        },
        retry_config={"max_retries": 4, "retry_timeout": 4 * seconds},
    )

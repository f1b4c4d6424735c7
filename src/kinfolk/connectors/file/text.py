"""Text files made readable as UTF-8, and what one pass over their bytes tells."""

from __future__ import annotations

import codecs
import gzip
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO, cast

import pyarrow as pa

from kinfolk.connectors.file import encoding
from kinfolk.connectors.file.temporary import TemporaryFile
from kinfolk.errors import SourceError
from kinfolk.model.locator import Part

BLOCK = 1 << 20
_KINDS = (
    (b"PK\x03\x04", "an Excel workbook or another zip archive", "excel"),
    (b"\xd0\xcf\x11\xe0", "an Excel workbook of the old kind", "excel"),
    (b"PAR1", "a Parquet file", "parquet"),
    (b"%PDF", "a PDF document", None),
    (b"SQLite format 3\0", "a SQLite database", None),
    (b"\x89PNG", "a picture", None),
    (b"\xff\xd8\xff", "a picture", None),
    (b"BZh", "compressed with bzip2", None),
    (b"\x28\xb5\x2f\xfd", "compressed with Zstandard", None),
)


@dataclass(frozen=True)
class TextFile:
    """A text that reads as UTF-8.

    path     the file itself, or a temporary copy of it in UTF-8
    lines    its lines; a line ends with \\n, \\r\\n or \\r
    damaged  some bytes are not UTF-8
    nul      there are NUL bytes
    """

    path: Path
    lines: int
    damaged: bool
    nul: bool
    discard: Callable[[], None] | None = None
    notes: tuple[str, ...] = ()

    def blank(self) -> int:
        """How many lines hold nothing but space."""
        with self.path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
            return sum(1 for line in file if line.isspace())


def open_text(part: Part, declared: str | None) -> TextFile:
    """The part's text in UTF-8: decompressed and transcoded to a temporary file where it has to be.

    declared  the encoding a person wrote; None = found out, and noted
    Errors    SourceError if it is empty, not text, a damaged archive, or does not fit the encoding
    """
    path, head, copies = part.path, _head(part.path), []
    if head.startswith(b"\x1f\x8b"):
        copies.append(TemporaryFile())
        path = copies[-1].filled(_decompressed(part))
        head = _head(path)
    name = encoding.canonical(declared, part.name) if declared else encoding.marked(head)
    _refuse_other_kinds(head, part, name)
    found = _scan(path) if name in (None, "utf-8") else None
    notes: tuple[str, ...] = ()
    if found and found.damaged:
        if declared:
            raise _misfit(part, path, "utf-8")
        name = encoding.guessed(path)
        notes = (_guess_note(part, name),)
    if name not in (None, "utf-8"):
        copies.append(TemporaryFile())
        path = copies[-1].filled(_transcoded(part, path, name))
        found = _scan(path)
    assert found is not None
    return replace(found, discard=copies[-1].discard if copies else None, notes=notes)


def _guess_note(part: Part, name: str | None) -> str:
    if name is None:
        raise SourceError(
            "Not UTF-8, and no other encoding fits.", where=part.name, hint="Write `encoding:` in the source."
        )
    if name == "utf-8":
        return "Read as UTF-8; rows with bytes that are not UTF-8 were rejected."
    return f"Not UTF-8; read as {name}, which was guessed. Write `encoding: {name}` in the source to settle it."


@dataclass
class _Tally:
    """Counts over blocks of bytes that follow each other."""

    line_feeds: int = 0
    returns: int = 0
    pairs: int = 0
    nul: bool = False
    damaged: bool = False
    last: bytes = b""
    rest: bytes = field(default=b"", repr=False)

    def add(self, block: bytes) -> None:
        self.line_feeds += block.count(b"\n")
        if b"\r" in block:
            self.returns += block.count(b"\r")
            self.pairs += block.count(b"\r\n")
        if self.last == b"\r" and block.startswith(b"\n"):
            self.pairs += 1
        self.nul = self.nul or b"\0" in block
        self.last = block[-1:]
        if not self.damaged and (self.rest or not block.isascii()):
            self.rest, self.damaged = _check_utf8(self.rest + block)

    def lines(self) -> int:
        open_line = self.last not in (b"\n", b"\r", b"")
        return self.line_feeds + self.returns - self.pairs + open_line


def _check_utf8(block: bytes) -> tuple[bytes, bool]:
    """The incomplete character at the end, and whether what stands before it is not UTF-8."""
    end = len(block)
    for back in range(1, min(4, end) + 1):
        byte = block[end - back]
        if byte >= 0xC0:
            width = 2 + (byte >= 0xE0) + (byte >= 0xF0)
            end -= back if width > back else 0
            break
        if byte < 0x80:
            break
    offsets = pa.py_buffer((0).to_bytes(4, "little") + end.to_bytes(4, "little"))
    try:
        # Arrow checks several times faster than bytes.decode, which has to build the text as well.
        pa.StringArray.from_buffers(1, offsets, pa.py_buffer(block)).validate(full=True)
    except pa.ArrowInvalid:
        return b"", True
    return block[end:], False


def _scan(path: Path) -> TextFile:
    tally = _Tally()
    with path.open("rb", buffering=0) as file:
        while block := file.read(BLOCK):
            tally.add(block)
    return TextFile(path, tally.lines(), tally.damaged or bool(tally.rest), tally.nul)


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(BLOCK)


def _refuse_other_kinds(head: bytes, part: Part, name: str | None) -> None:
    if not head.removeprefix(codecs.BOM_UTF8).strip():
        raise SourceError(
            "The file is empty: there is not even a header.",
            where=part.name,
            hint="Export it again, or take it out of the source.",
        )
    for magic, kind, format_name in _KINDS:
        if head.startswith(magic):
            hint = f"Write `format: {format_name}` in the source." if format_name else "Export it as CSV."
            raise SourceError(f"This is {kind}, not text.", where=part.name, hint=hint)
    if not (name or "").startswith(("utf-16", "utf-32")) and head.count(0) > max(0.1 * len(head), 64):
        raise SourceError("This is a binary file, not text.", where=part.name, hint="Export it as CSV.")


def _decompressed(part: Part) -> Iterator[bytes]:
    try:
        with gzip.open(part.path) as file:
            while block := cast(BinaryIO, file).read(BLOCK):
                yield block
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise SourceError(
            f"The gzip archive is damaged ({error}).", where=part.name, hint="Copy or export the file again."
        ) from error


def _transcoded(part: Part, path: Path, name: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(name)("strict")
    with path.open("rb", buffering=0) as file:
        while True:
            block = file.read(BLOCK)
            try:
                text = decoder.decode(block, final=not block)
            except UnicodeError as error:
                raise _misfit(part, path, name) from error
            yield text.encode("utf-8", "surrogatepass")
            if not block:
                return


def _misfit(part: Part, path: Path, name: str) -> SourceError:
    """The error that says where bytes stop fitting the encoding."""
    decoder = codecs.getincrementaldecoder(name)("strict")
    offset, line = 0, 1
    with path.open("rb") as file:
        # Small pieces: the place of a fault is then known to the byte without keeping the text before it.
        for piece in iter(lambda: file.read(1 << 16), b""):
            state = decoder.getstate()
            try:
                line += decoder.decode(piece).count("\n")
                offset += len(piece)
            except UnicodeDecodeError as error:
                kept = len(error.object) - len(piece)
                byte = offset - kept + error.start
                fresh = codecs.getincrementaldecoder(name)("ignore")
                fresh.setstate(state)
                line += fresh.decode(piece[: max(error.start - kept, 0)]).count("\n")
                what = (
                    f"Byte {byte + 1} (hexadecimal {error.object[error.start]:02x}) does not fit the encoding {name}."
                )
                break
        else:
            what = f"The file ends in the middle of a character of {name}."
    return SourceError(
        what,
        where=f"{part.name}, line {line}",
        hint="Correct `encoding:` in the source, or leave it out to have it found.",
    )

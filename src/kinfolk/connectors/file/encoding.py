"""Which encoding a text file is written in."""

from __future__ import annotations

import codecs
import unicodedata
from difflib import get_close_matches
from encodings.aliases import aliases
from pathlib import Path

from kinfolk.errors import SourceError

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CANDIDATES = (
    "cp1250 cp1251 cp1252 cp1253 cp1254 cp1255 cp1256 koi8_r shift_jis euc_jp gb18030 big5 euc_kr mac_roman cp850"
)
_SAMPLE = 1 << 16
_BESIDE_LETTERS = "’‘´ªº°"


def canonical(declared: str, where: str) -> str:
    """The codec's own name of a declared encoding. Errors: SourceError if there is no such encoding."""
    try:
        name = codecs.lookup(declared).name
    except LookupError:
        near = get_close_matches(declared.lower().replace("-", "_"), {*aliases, *aliases.values()}, n=1)
        hint = f"Did you mean {near[0]}?" if near else "Usual ones are utf-8, cp1252, iso-8859-1 and utf-16."
        raise SourceError(f"There is no encoding {declared!r}.", where=where, hint=hint) from None
    return "utf-8" if name in ("utf-8", "utf-8-sig", "ascii") else name


def marked(head: bytes) -> str | None:
    """The encoding a byte order mark, or the zero bytes of UTF-16 without one, gives away."""
    for bom, name in _BOMS:
        if head.startswith(bom):
            return name
    sample = head[: _SAMPLE & ~1]
    half = len(sample) / 2
    if half < 1:
        return None
    even, odd = sample[::2].count(0) / half, sample[1::2].count(0) / half
    if odd > 0.4 and even < 0.05:
        return "utf-16-le"
    return "utf-16-be" if even > 0.4 and odd < 0.05 else None


def guessed(path: Path) -> str | None:
    """The encoding of text that is not all UTF-8, from its lines that are not ASCII.

    "utf-8" means that most such lines are UTF-8 and the others are damaged; None that nothing fits.
    """
    good = bad = 0
    sample = bytearray()
    with path.open("rb") as file:
        for line in iter(lambda: file.readline(_SAMPLE), b""):
            if line.isascii():
                continue
            try:
                line.decode()
                good += 1
            except UnicodeDecodeError:
                bad += 1
                if len(sample) < _SAMPLE:
                    sample += line
            if good + bad >= 20_000:
                break
    return "utf-8" if good > bad else _from_sample(bytes(sample))


def _from_sample(sample: bytes) -> str | None:
    try:
        if _reads_western(sample.decode("cp1252")):
            return "cp1252"
    except UnicodeDecodeError:
        pass
    from charset_normalizer import from_bytes

    best = from_bytes(sample, cp_isolation=_CANDIDATES.split()).best()
    return best.encoding if best else None


def _reads_western(text: str) -> bool:
    """Whether the non-ASCII characters stand as they do in Western European words: alone among ASCII letters."""
    odd = seen = 0
    for before, character, after in zip(" " + text, text, text[1:] + " ", strict=False):
        if character.isascii():
            continue
        seen += 1
        foreign_neighbour = before.isalpha() and not before.isascii()
        if character.isalpha():
            shouted = character.isupper() and before.islower()
            odd += foreign_neighbour or shouted or unicodedata.category(character) == "Lm"
        elif character not in _BESIDE_LETTERS:
            odd += before.isalpha() or after.isalpha()
    return odd <= 0.1 * seen

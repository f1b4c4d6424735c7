"""Arrow columns become codes: every distinct value is looked at once, however many records share it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from kinfolk.stages.identity.arrays import NO_VALUE, Codes, Floats, Ints, Texts
from kinfolk.stages.identity.arrow import ArrowArray, Strings, array, pc
from kinfolk.stages.identity.forms import FORMS, plain


@dataclass(frozen=True)
class Column:
    """A column as codes.

    codes    one per record; NO_VALUE where the value is unknown
    values   the distinct values the codes stand for, in order of first appearance
    counted  records per distinct value when the model was learned, where that and not today's number is to count
    people   people behind each distinct value, where these are too many to tell anybody by it; else 0
    kinds    what these values seem to be: a household's, a mailbox …
    """

    codes: Codes
    values: Strings
    counted: Ints | None = None
    people: Floats | None = None
    kinds: Texts | None = None

    def counts(self) -> Ints:
        """Records per distinct value."""
        if self.counted is not None:
            return self.counted
        return np.bincount(self.codes[self.codes >= 0], minlength=len(self.values)).astype(np.int64)

    def of(self, record: int) -> str | None:
        """The value of one record, None where it has none."""
        code = int(self.codes[record])
        value: str | None = self.values[code].as_py() if code >= 0 else None
        return value

    def texts(self, codes: Codes) -> Strings:
        """The values of some codes, as they come; null for NO_VALUE."""
        return self.values.take(array(codes, mask=codes < 0))

    def at(self, records: Ints) -> Column:
        """The column of these records alone, with no value that none of them has."""
        codes = self.codes[records]
        used = np.zeros(len(self.values), bool)
        used[codes[codes >= 0]] = True
        kept = np.flatnonzero(used)
        numbers = np.full(len(used) + 1, NO_VALUE, np.int32)  # the last one serves NO_VALUE
        numbers[kept] = np.arange(len(kept), dtype=np.int32)
        counted = None if self.counted is None else self.counted[kept]
        people = None if self.people is None else self.people[kept]
        kinds = None if self.kinds is None else self.kinds[kept]
        return Column(numbers[codes], self.values.take(array(kept)), counted, people, kinds)

    def ordered(self, order: Ints) -> Column:
        """The column of the records in another order; its values again in order of first appearance."""
        codes = self.codes[order]
        first = np.full(len(self.values) + 1, len(codes), np.int64)  # the last one serves NO_VALUE
        first[codes[::-1]] = np.arange(len(codes) - 1, -1, -1)
        ranked = np.argsort(first[:-1], kind="stable")
        numbers = np.full(len(self.values) + 1, NO_VALUE, np.int32)
        numbers[ranked] = np.arange(len(ranked), dtype=np.int32)
        return Column(numbers[codes], self.values.take(array(ranked)))


def code(column: ArrowArray) -> Column:
    """The column as text, coded; blank text is unknown."""
    text = column if pa.types.is_string(column.type) else pc.cast(column, pa.string())
    encoded = text.dictionary_encode()
    pieces: Sequence[ArrowArray] = encoded.chunks if isinstance(encoded, pa.ChunkedArray) else [encoded]
    values = pieces[-1].dictionary if pieces else array([], pa.string())
    # The pieces share one dictionary.
    indices = [piece.indices.fill_null(NO_VALUE).to_numpy(zero_copy_only=False) for piece in pieces]
    codes = np.concatenate([np.zeros(0, np.int32), *indices]).astype(np.int32, copy=False)
    return without(Column(codes, values), pc.equal(values, ""))


def without(column: Column, unwanted: ArrowArray) -> Column:
    """The column with the values marked taken for unknown."""
    gone = unwanted.to_numpy(zero_copy_only=False).astype(bool)
    return (
        _renumbered(column, np.where(gone, NO_VALUE, np.arange(len(gone))).astype(np.int32)) if gone.any() else column
    )


def in_form(column: Column, kind: str) -> Column:
    """The column with each value in the form its kind is compared in."""
    if len(column.values) == 0:
        return column
    forms = FORMS.get(kind, plain)(column.values)  # a graded kind compares plain text
    if forms.equals(column.values):
        return column
    formed = forms.dictionary_encode()
    mapping = formed.indices.to_numpy(zero_copy_only=False).astype(np.int32)
    shaped = Column(_mapped(column.codes, mapping), formed.dictionary)
    return without(shaped, pc.equal(shaped.values, ""))


def ignored(column: Column, patterns: Sequence[str]) -> ArrowArray:
    """Which distinct values match one of the patterns (* is any text, upper and lower case are alike)."""
    return pc.match_substring_regex(column.values, pattern_of(patterns))


def pattern_of(patterns: Sequence[str]) -> str:
    """The patterns as one regular expression (RE2), which Arrow and the database read alike."""
    whole = "|".join(".*".join(re.escape(part) for part in pattern.split("*")) for pattern in patterns)
    return f"(?is)^(?:{whole})$"


def _renumbered(column: Column, mapping: Codes) -> Column:
    """Values mapped to NO_VALUE leave; the others move up."""
    kept = np.flatnonzero(mapping >= 0)
    numbers = np.full(len(mapping), NO_VALUE, np.int32)
    numbers[kept] = np.arange(len(kept), dtype=np.int32)
    return Column(_mapped(column.codes, numbers), column.values.take(array(kept)))


def _mapped(codes: Codes, mapping: Codes) -> Codes:
    return np.where(codes >= 0, mapping[codes], NO_VALUE).astype(np.int32)

"""Everything one record is held against, as plain arrays: made from what is published, looked up without a scan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from kinfolk.model.identity import IdentityRules
from kinfolk.stages.identity.arrays import Codes, Floats, Ints, distinct, stable_order, starts_of
from kinfolk.stages.identity.arrow import Strings, array
from kinfolk.stages.identity.blocking import LARGEST_BLOCK
from kinfolk.stages.identity.coding import Column
from kinfolk.stages.identity.fingerprints import combined, fingerprints
from kinfolk.stages.identity.guards import Guards
from kinfolk.stages.identity.kept import Kept
from kinfolk.stages.identity.keys import never_codes, values_of_groups
from kinfolk.stages.identity.model import Model, from_json
from kinfolk.stages.identity.naming import numbers_of
from kinfolk.stages.identity.prepared import Prepared, prepare
from kinfolk.stages.identity.rows import Rows, collapse
from kinfolk.stages.identity.shared import found_by_keys

LAYOUT = 2  # of the arrays; another one is made anew
Arrays = Mapping[str, Any]  # name -> NumPy array or, for texts, Arrow array
ABSENT = -1  # no value
ELSEWHERE = -2  # a value that no record has


@dataclass(frozen=True)
class Index:
    """The arrays by their meaning.

    rows are records alike in everything compared; a customer is a place in `customers`.

    customers  customer numbers, ascending
    records    source:record_id of each record
    """

    arrays: Arrays
    rules: IdentityRules
    model: Model | None

    @property
    def customers(self) -> Ints:
        """Customer numbers, ascending."""
        return self._numbers("customers")

    def codes(self, field: int) -> Codes:
        """The value code of each row in a compared field."""
        return np.asarray(self.arrays[f"field.{field}.rows"])

    def values(self, field: int) -> tuple[Strings, Ints, Floats]:
        """A compared field's values, and how many records shared each when the model was learned, and many people."""
        people = np.asarray(self.arrays[f"field.{field}.people"])
        return self.arrays[f"field.{field}.values"], self._numbers(f"field.{field}.counted"), people

    def code(self, name: str, text: str | None) -> int:
        """The code of a text among the values of `field.<n>` or `exact.<n>`; ABSENT for none, ELSEWHERE if new."""
        if text is None:
            return ABSENT
        printed = int(fingerprints(array([text], pa.string()))[0])
        prints = self._numbers(f"{name}.prints")
        at = int(np.searchsorted(prints, printed))
        if at == len(prints) or prints[at] != printed:
            return ELSEWHERE
        code = int(self.arrays[f"{name}.codes"][at])
        # A number stands for the text; that they are one is read, not believed: strangers choose these texts.
        return code if self.arrays[f"{name}.values"][code].as_py() == text else ELSEWHERE

    def exact(self, column: str) -> str:
        """The name of a column's values as they were staged."""
        return f"exact.{exact_columns(self.rules).index(column)}"

    def having(self, postings: str, codes: Sequence[int]) -> Ints:
        """Rows of a block, or customers of a key's value, for the codes of its columns (and tenant)."""
        at = self._place(postings, codes)
        starts, items = self.arrays[f"{postings}.starts"], self.arrays[f"{postings}.items"]
        return np.zeros(0, np.int64) if at is None else np.asarray(items[starts[at] : starts[at + 1]], np.int64)

    def sharing(self, postings: str, codes: Sequence[int]) -> int:
        """Records that share a key's value."""
        at = self._place(postings, codes)
        return 0 if at is None else int(self.arrays[f"{postings}.records"][at])

    def shared(self, key: int, codes: Sequence[int]) -> bool:
        """Whether too many people are behind a key's value."""
        if any(code < 0 for code in codes):
            return False
        return bool(np.isin(combined([np.array([code]) for code in codes]), self.arrays[f"key.{key}.shared"])[0])

    def customers_of(self, rows: Ints) -> Ints:
        """The customers of some rows, each once."""
        starts, customers = self.arrays["row.starts"], self.arrays["row.customers"]
        parts = [customers[starts[row] : starts[row + 1]] for row in rows.tolist()]
        return np.unique(np.concatenate(parts)).astype(np.int64) if parts else np.zeros(0, np.int64)

    def rows_of(self, customer: int, most: int) -> tuple[Ints, Ints]:
        """The first rows of a customer, and a record of each."""
        starts = self.arrays["customer.starts"]
        span = slice(int(starts[customer]), min(int(starts[customer + 1]), int(starts[customer]) + most))
        rows, records = self.arrays["customer.rows"][span], self.arrays["customer.records"][span]
        return np.asarray(rows, np.int64), np.asarray(records, np.int64)

    def record(self, number: int) -> str:
        """A record, as people name it: source:record_id."""
        return str(self.arrays["records"][number].as_py())

    def never(self, rule: int) -> Codes:
        """The value code of each customer in the column of a never rule."""
        return np.asarray(self.arrays[f"never.{rule}"])

    def _place(self, postings: str, codes: Sequence[int]) -> int | None:
        if any(code < 0 for code in codes):
            return None
        keys = self._numbers(f"{postings}.keys")
        wanted = int(combined([np.array([code]) for code in codes])[0])
        at = int(np.searchsorted(keys, wanted))
        return at if at < len(keys) and keys[at] == wanted else None

    def _numbers(self, name: str) -> Ints:
        return np.asarray(self.arrays[name])


def exact_columns(rules: IdentityRules) -> list[str]:
    """Columns whose values count as they were staged: those of keys and never rules, and the tenant."""
    names = [rules.tenant] if rules.tenant else []
    names += [name for key in rules.keys for name in key.columns]
    return list(dict.fromkeys([*names, *(never.different for never in rules.never if never.same_source is None)]))


def index_arrays(
    records: pa.Table, members: pa.Table, learned: tuple[str, pa.Table], rules: IdentityRules
) -> dict[str, Any]:
    """The arrays of an index.

    records  the columns of staging.records that identity reads
    members  identity.members
    learned  identity.model, the text, and identity.frequencies
    """
    prepared = prepare(records, rules, Guards())
    members = members.sort_by("record_no")
    customers, of_record = distinct(numbers_of(members["customer_id"]))
    names = [members[name].to_pylist() for name in ("source", "record_id")]
    named = array([f"{source}:{record}" for source, record in zip(*names, strict=True)], pa.string())
    made: dict[str, Any] = {"customers": customers, "records": named}
    tenant = [] if prepared.tenant is None else [prepared.tenant]
    for number, name in enumerate(exact_columns(rules)):
        made |= _texts(f"exact.{number}", prepared.exact[name].values)
    _, shared = found_by_keys(prepared, rules)
    for number, key in enumerate(rules.keys):
        numbers, known = _together([*(prepared.exact[n].codes for n in key.columns), *tenant])
        made |= _postings(f"key.{number}", numbers, of_record[known])
        made[f"key.{number}.records"] = np.unique(numbers, return_counts=True)[1]
        made[f"key.{number}.shared"] = combined(shared[number]) if number in shared else np.zeros(0, np.int64)
    apart = never_codes(prepared, rules)
    made |= {f"never.{n}": values_of_groups(of_record.astype(np.int32), codes) for n, codes in enumerate(apart)}
    model = from_json(learned[0])
    if model is not None:
        kept = Kept(model, learned[1])
        made |= _of_matching(kept.counting(prepared), collapse(prepared, apart), of_record, kept)
    return made


def _of_matching(prepared: Prepared, rows: Rows, of_record: Ints, kept: Kept) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for number, column in enumerate(prepared.compared.values()):
        made |= _texts(f"field.{number}", column.values)
        made[f"field.{number}.rows"] = rows.codes[list(prepared.compared)[number]]
        made[f"field.{number}.counted"] = column.counts()
        made[f"field.{number}.people"] = np.zeros(len(column.values)) if column.people is None else column.people
    for number, (names, left_out) in enumerate(kept.blocking(prepared).items()):
        tenant = [] if rows.tenant is None else [rows.tenant]
        numbers, known = _together([*(rows.codes[name] for name in names), *tenant])
        kept_rows = (_shared(numbers) <= LARGEST_BLOCK) & ~np.isin(numbers, combined(left_out) if left_out else [])
        made |= _postings(f"block.{number}", numbers[kept_rows], known[kept_rows])
    width = int(of_record.max(initial=0)) + 1
    pairs, first = np.unique(rows.of_record * width + of_record, return_index=True)
    of_row, customer = pairs // width, pairs % width
    made["row.starts"] = np.searchsorted(of_row, np.arange(len(rows) + 1))
    made["row.customers"] = customer.astype(np.int32)
    order = stable_order(customer)
    made["customer.starts"] = np.searchsorted(customer[order], np.arange(width + 1))
    made["customer.rows"] = of_row[order].astype(np.int32)
    made["customer.records"] = first[order].astype(np.int32)
    return made


def _texts(name: str, values: Strings) -> dict[str, Any]:
    """Distinct texts, and the code of each by the number that stands for it."""
    prints = fingerprints(values)
    order = np.argsort(prints, kind="stable")
    return {f"{name}.values": values, f"{name}.prints": prints[order], f"{name}.codes": order.astype(np.int32)}


def _together(columns: Sequence[Codes]) -> tuple[Ints, Ints]:
    """One number for the values of all columns, where each has one, and the positions where that is so."""
    known = np.flatnonzero(np.logical_and.reduce([codes >= 0 for codes in columns]))
    return combined([codes[known] for codes in columns]), known


def _shared(numbers: Ints) -> Ints:
    """How often the number at each position occurs."""
    _, which, counts = np.unique(numbers, return_inverse=True, return_counts=True)
    return np.asarray(counts[which], np.int64)


def _postings(name: str, numbers: Ints, items: Ints) -> dict[str, Any]:
    """For each number the items (customers, or rows) that have it, each once."""
    order = np.lexsort((items, numbers))
    numbers, items = numbers[order], items[order]
    first = np.ones(len(numbers), bool)
    first[1:] = (numbers[1:] != numbers[:-1]) | (items[1:] != items[:-1])
    numbers, items = numbers[first], items[first]
    starts = starts_of(numbers)
    return {
        f"{name}.keys": numbers[starts],
        f"{name}.starts": np.append(starts, len(numbers)),
        f"{name}.items": items.astype(np.int32),
    }


def narrowed(column: tuple[Strings, Ints, Floats], codes: Codes, mine: tuple[int, str | None]) -> Column:
    """A column of one more record, first, and some rows, with no value that none of them has.

    column  all values, how many records shared each, and people behind it where they are many
    mine    code and text of the one more record
    """
    values, counted, people = column
    used, places = np.unique(codes, return_inverse=True)
    unknown = int(len(used) > 0 and used[0] == ABSENT)
    used, places = used[unknown:], places - unknown
    code, text = mine
    chosen, counts, many = values.take(array(used)), counted[used], people[used]
    at = int(np.searchsorted(used, code)) if code >= 0 else len(used)
    if text is None:
        at = ABSENT
    elif at == len(used) or used[at] != code:
        at = len(used)
        chosen = pa.concat_arrays([chosen, array([text], pa.string())])
        counts = np.append(counts, counted[code] if code >= 0 else 1)
        many = np.append(many, people[code] if code >= 0 else 0.0)
    return Column(np.concatenate([[at], places]).astype(np.int32), chosen, counts, many)

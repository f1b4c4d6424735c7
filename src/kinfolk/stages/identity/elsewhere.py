"""What a finder is asked that compares pairs elsewhere, and its answers: the embedded executor's own comparisons.

Rows go out with their compared values and the number of their block under each rule, so that exactly the pairs come
about that this machine would look at. Each pair is compared by the same code, sent along as a function.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa

from kinfolk.engine.step import PairSearch
from kinfolk.stages.identity.arrays import NO_VALUE, Floats, Ints, Levels
from kinfolk.stages.identity.arrow import ArrowArray, Strings, array, pc
from kinfolk.stages.identity.blocking import Blocks
from kinfolk.stages.identity.coding import Column
from kinfolk.stages.identity.comparison import UNKNOWN, fields
from kinfolk.stages.identity.evidence import Comparer, comparer
from kinfolk.stages.identity.learning import assumed
from kinfolk.stages.identity.model import FieldModel, Model
from kinfolk.stages.identity.patterns import LEVELS, Patterns, packed, unpacked
from kinfolk.stages.identity.scoring import Scorer, soft_minimum
from kinfolk.stages.identity.splink import UNIQUE_ID, Conditions, column_names, lookups, settings

_FUNCTION = "kinfolk_levels"
_BLOCK = "kinfolk_block_{}"


def asked_first(judge: Comparer, blocks: Sequence[Blocks]) -> PairSearch:
    """How often each pattern occurs: a model whose parameters do not matter."""
    m, u = assumed(judge)
    model = Model(
        fields=tuple(
            FieldModel(
                field.name, "", tuple(str(level + 1) for level in range(len(ms))), tuple(ms), tuple(us),
                term_frequency=False,
            )
            for field, ms, us in zip(judge.fields, m, u, strict=True)
        ),
        prior=0.5,
        related_prior=None,
        records=0,
    )  # fmt: skip
    return _search(model, judge, blocks, {})


def asked_likely(fitted: Scorer, blocks: Sequence[Blocks]) -> PairSearch:
    """Pairs at even odds or better under the model, its term frequencies sent along."""
    judge, model = fitted.comparer, fitted.model
    counted = zip((field.column for field in judge.fields), fitted.counts, strict=True)
    return _search(model, judge, blocks, lookups(model, ((column.values, counts) for column, counts in counted)))


def counted(answer: pa.Table, judge: Comparer, rules: int) -> Patterns:
    """The patterns the finder counted."""
    numbers = packed(_levels(answer, _sizes(judge), judge))
    distinct, which = np.unique(numbers, return_inverse=True)
    counts = np.zeros((max(rules, 1), len(distinct)))
    rule = np.asarray(answer["match_key"].to_pylist(), dtype=np.int64)
    np.add.at(counts, (rule, which), answer["pairs"].to_numpy().astype(np.float64))
    return Patterns(unpacked(distinct, len(judge.fields)), counts)


def weighed(answer: pa.Table, fitted: Scorer) -> tuple[Ints, Ints, Floats]:
    """The finder's pairs with their weight: Splink's against strangers, taken together with ours against a household.

    A pair is likely only where both are, so none is missing among those that Splink finds likely.
    """
    a, b = (answer[f"{UNIQUE_ID}_{side}"].to_numpy().astype(np.int64) for side in "lr")
    weight = answer["match_weight"].to_numpy().astype(np.float64)
    levels = _levels(answer, [len(field.levels) for field in fitted.model.fields], fitted.comparer)
    order = np.lexsort((b, a))
    a, b, weight, levels = a[order], b[order], weight[order], levels[:, order]
    kin = fitted.against_kin(levels, a)
    if kin is not None:
        weight = soft_minimum(weight, kin)
    kept = weight >= 0
    return a[kept], b[kept], weight[kept]


def levels_of_pairs(kinds: tuple[tuple[str, str], ...], shared: dict[str, pa.Table], *texts: Any) -> ArrowArray:
    """The levels of pairs of rows, packed: the first row's and the second's values of each column by turns.

    kinds   compared column -> kind, in the order of the columns; values are in the form they are compared in
    shared  compared column -> the values that many people share, and how many
    """
    count = len(texts[0])
    columns = {}
    for number, (name, _) in enumerate(kinds):
        both = pa.concat_arrays([pa.array(side, pa.string()) for side in texts[2 * number : 2 * number + 2]])
        encoded = both.dictionary_encode()
        codes = encoded.indices.fill_null(NO_VALUE).to_numpy(zero_copy_only=False).astype(np.int32)
        columns[name] = Column(codes, encoded.dictionary, people=_people(encoded.dictionary, shared.get(name)))
    judge = comparer(fields(columns, dict(kinds)))
    pairs = np.arange(count, dtype=np.int64)
    return array(packed(judge.compare(pairs, pairs + count)), pa.int64())


def _search(model: Model, judge: Comparer, blocks: Sequence[Blocks], rare: dict[str, pa.Table]) -> PairSearch:
    names = column_names([field.name for field in judge.fields])
    kinds = tuple((field.name, field.kind_name) for field in judge.fields)
    rules = [_rule(_BLOCK.format(number)) for number in range(len(blocks))]
    conditions = [_conditions(number, size, list(names.values())) for number, size in enumerate(_sizes(judge))]
    return PairSearch(
        rows=_rows(judge, blocks, names),
        settings={**settings(model, "spark", conditions, rules), "retain_matching_columns": True},
        lookups=rare,
        function=(_FUNCTION, partial(levels_of_pairs, kinds, _shared(judge))),
    )


def _shared(judge: Comparer) -> dict[str, pa.Table]:
    """Of each compared column the values that many people share, and how many."""
    found = {}
    for field in judge.fields:
        people = field.column.people
        if people is not None and people.any():
            at = np.flatnonzero(people)
            found[field.name] = pa.table({"value": field.column.values.take(array(at)), "people": people[at]})
    return found


def _people(values: Strings, shared: pa.Table | None) -> Floats | None:
    """People behind each value where they are many, else 0; None where no value of the column has many."""
    if shared is None:
        return None
    at = pc.index_in(values, value_set=shared["value"].combine_chunks())
    people: Floats = pc.fill_null(shared["people"].combine_chunks().take(at), 0.0).to_numpy(zero_copy_only=False)
    return people


def _rows(judge: Comparer, blocks: Sequence[Blocks], names: dict[str, str]) -> pa.Table:
    """Each row with its values, and the number of its block under each rule; unknown where it has none."""
    count = len(judge.codes[0])
    columns: dict[str, ArrowArray] = {UNIQUE_ID: array(np.arange(count, dtype=np.int64))}
    for field, codes in zip(judge.fields, judge.codes, strict=True):
        columns[names[field.name]] = field.column.texts(codes)
    for number, block in enumerate(blocks):
        columns[_BLOCK.format(number)] = array(block.keys, mask=block.keys < 0)
    return pa.table(columns)


def _rule(column: str) -> str:
    return " = ".join(f"{side}.`{column}`" for side in "lr")


def _conditions(field: int, size: int, columns: list[str]) -> Conditions:
    """The levels of one field as the function tells them."""
    arguments = ", ".join(f"`{name}_{side}`" for name in columns for side in "lr")
    told = f"(shiftright({_FUNCTION}({arguments}), {3 * (len(columns) - 1 - field)}) & {LEVELS - 1})"
    return Conditions(f"{told} = {UNKNOWN}", tuple((level, f"{told} = {level}") for level in range(1, size)))


def _sizes(judge: Comparer) -> list[int]:
    return [len(shares) for shares in assumed(judge)[0]]


def _levels(answer: pa.Table, sizes: Sequence[int], judge: Comparer) -> Levels:
    """Our levels from Splink's: it counts down to 0 for the last one, and -1 is unknown."""
    names = column_names([field.name for field in judge.fields])
    lines = [answer[f"gamma_{names[field.name]}"].to_numpy().astype(np.int64) for field in judge.fields]
    told = [np.where(line < 0, UNKNOWN, size - line) for line, size in zip(lines, sizes, strict=True)]
    return np.stack(told).astype(np.uint8)

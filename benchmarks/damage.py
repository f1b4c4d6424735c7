"""What goes wrong when people type: vectorised choice of the victims, one small change to each."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

_LETTERS = "etaoinsrhldcumfpgwybvkxjqz"
_DIGITS = "0123456789"


def replaced(values: pa.Array, victims: npt.NDArray[np.bool_], change: Callable[[str], str]) -> pa.Array:
    """The values, those of the victims that are not empty changed."""
    victims = victims & values.is_valid().to_numpy(zero_copy_only=False)
    changed = [change(value) for value in values.filter(pa.array(victims)).to_pylist()]
    return pc.replace_with_mask(values, pa.array(victims), pa.array(changed, pa.string()))


def typed_wrong(rng: np.random.Generator, values: pa.Array, rate: float, *, digits: bool = False) -> pa.Array:
    """The values, a share of them with one character substituted, inserted, left out or swapped with the next."""
    victims = rng.random(len(values)) < rate
    draws = iter(rng.random((int(victims.sum()), 3)).tolist())
    alphabet = _DIGITS if digits else _LETTERS

    def change(value: str) -> str:
        kind, where, which = next(draws)
        if len(value) < 2:
            return value
        at = int(where * len(value))
        letter = alphabet[int(which * len(alphabet))]
        if digits and not value[at].isdigit():
            return value
        if kind < 0.35:
            return value[:at] + letter + value[at + 1 :]
        if kind < 0.55:
            return value[:at] + letter + value[at:]
        if kind < 0.80:
            return value[:at] + value[at + 1 :]
        at = min(at, len(value) - 2)
        return value[:at] + value[at + 1] + value[at] + value[at + 2 :]

    return replaced(values, victims, change)


def nicknamed(
    rng: np.random.Generator, first: pa.Array, pools: list[tuple[list[str], list[list[str]]]], rate: float
) -> pa.Array:
    """Given names as text, a share of them as a nickname, where one is known."""
    full = [name for pool in pools for name in pool[0]]
    short = [nicknames for pool in pools for nicknames in pool[1]]
    counts = np.array([len(nicknames) for nicknames in short])
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    every = pa.array([name for nicknames in short for name in nicknames])
    numbers = first.to_numpy()
    wanted = (rng.random(len(numbers)) < rate) & (counts[numbers] > 0)
    which = starts[numbers] + (rng.random(len(numbers)) * counts[numbers]).astype(np.int64)
    nickname = every.take(pa.array(np.where(wanted, which, 0)))
    return pc.if_else(pa.array(wanted), nickname, pa.array(full).take(first))

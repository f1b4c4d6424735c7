"""The frame of a spot audit: every pair a person could be asked about, in strata that lie side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from kinfolk.stages.identity.arrays import Codes, Flags, Floats, Ints
from kinfolk.stages.identity.arrow import ArrowArray
from kinfolk.stages.identity.blocking import again, candidates
from kinfolk.stages.identity.net import Caught, cast
from kinfolk.stages.identity.scoring import probability
from kinfolk.stages.identity.weighing import Weigher

LARGE = 20  # records; pairs of larger customers are a stratum of their own, and not all listed
_LARGE_PAIRS = 20_000
_MOST = 2_000_000  # pairs of smaller customers that are listed
_FAR = -10.0  # bits: below, one pair in a thousand is one customer if the model is right

JOINED = (
    "joined: the same key",
    "joined: strong evidence",
    "joined: weaker evidence",
    "joined: only through other records",
    f"joined: customers of more than {LARGE} records",
)
APART = (
    "apart: in review",
    "apart: likely, but not joined",
    "apart: near, and compared",
    "apart: near, and never compared",
    "apart: alike in something",
)
FAR = APART[-1]
_STRONG = 0.999


@dataclass(frozen=True)
class Frame:
    """Pairs of record positions, an entry each.

    stratum      number of its stratum: JOINED, then APART
    probability  the model's opinion; not a number where it has none
    pairs        pairs of records that a verdict on this one settles: all between the two customers
    doubles      customers that are found to have a double if it is one person
    listed       per stratum, the share of its pairs that are listed here
    """

    a: Ints
    b: Ints
    stratum: Ints
    probability: Floats
    pairs: Floats
    doubles: Floats
    listed: Floats


@dataclass(frozen=True)
class Published:
    """What a run decided, as positions of records in order of their number.

    customers  customer of each record, numbered
    links      rows of identity.links: hub, other record, number of the key
    pairs      rows of identity.pairs: a < b and weight
    """

    customers: Codes
    links: tuple[Ints, Ints, Ints]
    pairs: tuple[Ints, Ints, Floats]


def published(records: pa.Table, links: pa.Table, pairs: pa.Table) -> Published:
    """The tables of identity as positions.

    records  record_no and customer_id, in order of record_no
    """
    number = records["record_no"].to_numpy()
    customers = records["customer_id"].combine_chunks().dictionary_encode()
    keys = links["key"].combine_chunks().dictionary_encode()

    def at(table: pa.Table, name: str) -> Ints:
        return np.searchsorted(number, table[name].to_numpy()).astype(np.int64)

    return Published(
        customers=_codes(customers),
        links=(at(links, "record_no_a"), at(links, "record_no_b"), _codes(keys).astype(np.int64)),
        pairs=(at(pairs, "record_no_a"), at(pairs, "record_no_b"), pairs["weight"].to_numpy()),
    )


def frame(weigher: Weigher, known: Published, settings: tuple[float, Mapping[str, str]], seed: int) -> Frame:
    """Every stratum of pairs inside customers and of pairs between them.

    settings  the probability from which a steward is asked, and compared column -> kind
    """
    review_at, kinds = settings
    inside = _inside(known, seed)
    between = _between(weigher, known, cast(weigher, known.customers, dict(kinds), seed), review_at)
    sides = (inside, between)
    return Frame(
        **{
            name: np.concatenate([getattr(side, name) for side in sides])
            for name in ("a", "b", "stratum", "probability", "pairs", "doubles", "listed")
        }
    )


def _codes(encoded: ArrowArray) -> Codes:
    return np.asarray(encoded.indices.to_numpy(zero_copy_only=False), dtype=np.int32)


def _inside(known: Published, seed: int) -> Frame:
    """Pairs of records of one customer."""
    sizes = np.bincount(known.customers)
    size = sizes[known.customers]
    rng = np.random.default_rng(seed)
    few = (size > 1) & (size <= LARGE)
    share = min(1.0, _MOST / max(float((size[few] - 1).sum()) / 2, 1.0))
    blocks = again({"customer": np.where(few, known.customers, -1).astype(np.int32)}, {("customer",): ()}, None)
    pieces = [(a[kept], b[kept]) for _, a, b in candidates(blocks) for kept in [rng.random(len(a)) < share]]
    large_a, large_b, large_share = _of_large(known.customers, sizes, rng)
    a = np.concatenate([*(a for a, _ in pieces), large_a]).astype(np.int64)
    b = np.concatenate([*(b for _, b in pieces), large_b]).astype(np.int64)
    chance, scored = _looked_up(known, a, b)
    stratum = np.select(
        [size[a] > LARGE, _by_key(known, a, b), scored & (chance >= _STRONG), scored], [4, 0, 1, 2], default=3
    )
    listed = np.array([share] * 4 + [large_share])
    return Frame(a, b, stratum, chance, np.ones(len(a)), np.zeros(len(a)), listed)


def _of_large(customers: Codes, sizes: Ints, rng: np.random.Generator) -> tuple[Ints, Ints, float]:
    """Different pairs of records of large customers, drawn at random, and the share they are of all such pairs."""
    order = np.argsort(customers, kind="stable")
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    large = np.flatnonzero(sizes > LARGE)
    pairs = sizes[large] * (sizes[large] - 1) // 2
    total = int(pairs.sum())
    if not total:
        return np.zeros(0, np.int64), np.zeros(0, np.int64), 1.0
    wanted = np.arange(total) if total <= _LARGE_PAIRS else np.unique(rng.integers(0, total, _LARGE_PAIRS))
    ends = np.cumsum(pairs)
    which = np.searchsorted(ends, wanted, side="right")
    place = wanted - (ends - pairs)[which]
    later = np.floor((1 + np.sqrt(1 + 8 * place.astype(np.float64))) / 2).astype(np.int64)
    later -= later * (later - 1) // 2 > place  # where the root was rounded up
    earlier = place - later * (later - 1) // 2
    first = starts[large[which]]
    return order[first + earlier], order[first + later], len(wanted) / total


def _looked_up(known: Published, a: Ints, b: Ints) -> tuple[Floats, Flags]:
    """The probability of each pair that was scored, and which ones were."""
    count = len(known.customers)
    keys = known.pairs[0] * count + known.pairs[1]
    order = np.argsort(keys)
    wanted = a * count + b
    if not len(keys):
        return np.full(len(a), np.nan), np.zeros(len(a), bool)
    at = order[np.searchsorted(keys, wanted, sorter=order).clip(max=len(keys) - 1)]
    scored = keys[at] == wanted
    return np.where(scored, probability(known.pairs[2][at]), np.nan), scored


def _by_key(known: Published, a: Ints, b: Ints) -> Flags:
    """Pairs that share the value of a key which linked them: both in the star of one hub."""
    hub, spoke, key = known.links
    shared = np.zeros(len(a), bool)
    for number in range(int(key.max(initial=-1)) + 1):
        star = np.full(len(known.customers), -1, np.int64)
        of_key = key == number
        star[hub[of_key]] = hub[of_key]
        star[spoke[of_key]] = hub[of_key]
        shared |= (star[a] >= 0) & (star[a] == star[b])
    return shared


def _between(weigher: Weigher, known: Published, net: Caught, review_at: float) -> Frame:
    """Pairs of customers, each by its strongest pair of records."""
    a, b, weight = known.pairs
    open_ = known.customers[a] != known.customers[b]
    a, b, weight = a[open_], b[open_], weight[open_]
    fresh = ~np.isin(net.a * len(known.customers) + net.b, a * len(known.customers) + b)
    x, y = net.a[fresh], net.b[fresh]
    caught = weigher.weights(x, y)
    everything = Frame(
        a=np.concatenate([a, x]),
        b=np.concatenate([b, y]),
        stratum=_apart(weigher, (weight, caught), (x, y), review_at),
        probability=probability(np.concatenate([weight, caught])),
        pairs=np.zeros(0),
        doubles=np.zeros(0),
        listed=np.array([1.0, 1.0, *[net.share] * 3]),
    )
    return _by_customers(everything, known.customers)


def _apart(weigher: Weigher, weights: tuple[Floats, Floats], net: tuple[Ints, Ints], review_at: float) -> Ints:
    """Stratum of pairs that were scored, then of those the net alone caught; without a model these are all alike."""
    scored, caught = weights
    first = np.where(probability(scored) >= review_at, 0, 1)
    compared = weigher.found(*net)
    then = np.select([~(caught >= _FAR), compared], [4, 2], default=3)
    return np.concatenate([first, then]).astype(np.int64) + len(JOINED)


def _by_customers(every: Frame, customers: Codes) -> Frame:
    """One entry for each pair of customers, with what a verdict on it settles."""
    low = np.minimum(customers[every.a], customers[every.b]).astype(np.int64)
    high = np.maximum(customers[every.a], customers[every.b]).astype(np.int64)
    best = np.lexsort((every.b, every.a, -np.nan_to_num(every.probability), every.stratum, high, low))
    first = np.ones(len(best), bool)
    first[1:] = (low[best][1:] != low[best][:-1]) | (high[best][1:] != high[best][:-1])
    kept = best[first]
    low, high, chance = low[kept], high[kept], np.nan_to_num(every.probability[kept])
    sizes = np.bincount(customers).astype(np.float64)
    doubtful = np.zeros(len(sizes))  # doubles each customer is expected to have
    np.add.at(doubtful, low, chance)
    np.add.at(doubtful, high, chance)
    doubles = _first_double(doubtful[low] - chance) + _first_double(doubtful[high] - chance)
    return replace(
        every,
        a=every.a[kept],
        b=every.b[kept],
        stratum=every.stratum[kept],
        probability=every.probability[kept],
        pairs=sizes[low] * sizes[high],
        doubles=doubles,
    )


def _first_double(others: Floats) -> Floats:
    """The part of a customer that one double of it stands for, when `others` more doubles are expected.

    A customer with k other doubles is met k + 1 times, so each time counts 1 / (k + 1) (weight shares, Lavallée 1995);
    the mean of that for k by Poisson.
    """
    many = np.maximum(others, 1e-9)
    return np.asarray(-np.expm1(-many) / many)

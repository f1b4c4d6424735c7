"""Groups of customers who live together, from the pairs likely to: a chain of neighbours is no household."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np

from kinfolk.stages.identity.arrays import Floats, Ints


def live_together(pairs: tuple[Ints, Ints, Floats], count: int, largest: int) -> Ints:
    """The group of each of `count` customers, as the smallest number in it.

    pairs    customers a < b likely to live together, and the weight of each pair
    largest  customers of a household at most

    The strongest pairs go first. Two groups become one when at least half of the pairs across them are likely, so
    that a child who moved out does not tie the new neighbours to the parents.
    """
    left, right, weight = pairs
    order = np.lexsort((right, left, -weight))
    homes = _Homes(left, right)
    for at in order.tolist():
        homes.join(int(left[at]), int(right[at]), largest)
    return homes.of(count)


class _Homes:
    """Groups that grow, with the number of likely pairs between every two of them."""

    def __init__(self, left: Ints, right: Ints) -> None:
        self._home: dict[int, int] = {}
        self._people: dict[int, list[int]] = {}
        self._between: dict[int, Counter[int]] = defaultdict(Counter)
        for a, b in zip(left.tolist(), right.tolist(), strict=True):
            self._between[a][b] = self._between[b][a] = 1

    def join(self, a: int, b: int, largest: int) -> None:
        """Makes the groups of two people one, where that is right."""
        a, b = self._home.get(a, a), self._home.get(b, b)
        if a == b:
            return
        ours, theirs = self._people.get(a, [a]), self._people.get(b, [b])
        likely, every = self._between[a][b], len(ours) * len(theirs)
        if 2 * likely < every or len(ours) + len(theirs) > largest:
            return
        keep, gone = min(a, b), max(a, b)
        self._people[keep] = ours + theirs
        self._people.pop(gone, None)
        for other, pairs in self._between.pop(gone).items():
            del self._between[other][gone]
            if other != keep:
                self._between[keep][other] += pairs
                self._between[other][keep] += pairs
        for person in (*ours, *theirs):
            self._home[person] = keep

    def of(self, count: int) -> Ints:
        """The group of each person."""
        groups = np.arange(count)
        for person, home in self._home.items():
            groups[person] = home
        return groups

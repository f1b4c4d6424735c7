"""What the rules of identity.yml hold apart, so that no answer of people makes one customer of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from kinfolk.engine.reader import Reader
from kinfolk.engine.sql import query, table
from kinfolk.errors import KinfolkError
from kinfolk.model.decision import Named
from kinfolk.model.identity import IdentityRules
from kinfolk.stages.identity.arrays import Codes
from kinfolk.stages.identity.arrow import array
from kinfolk.stages.identity.guards import Guards
from kinfolk.stages.identity.keys import components, never_codes
from kinfolk.stages.identity.prepared import prepare
from kinfolk.stages.identity.reach import among
from kinfolk.stages.identity.stage import needed
from kinfolk.tables.identity import MEMBERS

Pairs = Iterable[tuple[Named, Named]]


def check_may_join(reader: Reader, rules: IdentityRules, known: Pairs, asked: Pairs) -> None:
    """Looks at whole customers: all records that `asked` would join, through what is published and what is decided.

    known   pairs that people hold for one customer, whether or not a run has met them yet
    Errors  KinfolkError names two of these records that a never rule or the tenant keeps apart
    """
    asked = list(asked)
    joined = [*known, *asked]
    of = customers_of(reader, (name for pair in joined for name in pair))
    # A record that nobody has now still leads from one customer to another.
    numbers: dict[str | Named, int] = {}
    ends = np.array([[numbers.setdefault(of.get(name, name), len(numbers)) for name in pair] for pair in joined])
    groups = components(ends[:, 0], ends[:, 1], len(numbers))
    for group in np.unique(groups[ends[-len(asked) :, 0]]).tolist():
        customers = sorted(one for one, number in numbers.items() if groups[number] == group and isinstance(one, str))
        if len(customers) > 1:
            _check(reader, rules, customers)


def customers_of(reader: Reader, names: Iterable[Named]) -> dict[Named, str]:
    """The customer of each record that is there now."""
    wanted = set(names)
    ids = sorted({record_id for _, record_id in wanted})
    tree = query(
        "select source, record_id, customer_id from m where record_id in ($ids)",
        m=table(MEMBERS.name),
        ids=[*ids, None],
    )
    found = {(source, record_id): customer for source, record_id, customer in reader.read(tree).rows}
    return {name: customer for name, customer in found.items() if name in wanted}


def _check(reader: Reader, rules: IdentityRules, customers: Sequence[str]) -> None:
    numbers = query(
        "select record_no from m where customer_id in ($ids)", m=table(MEMBERS.name), ids=[*customers, None]
    )
    records = reader.arrow(among(needed(rules), numbers))
    prepared = prepare(records, rules, Guards())
    codes = {never.what: code for never, code in zip(rules.never, never_codes(prepared, rules), strict=True)}
    if prepared.tenant is not None:
        codes["the tenant"] = prepared.tenant
    apart = {what: pair for what, code in codes.items() if (pair := _differing(code))}
    if not apart:
        return
    sources, ids = (records[name].take(array(prepared.order)).to_pylist() for name in ("source", "record_id"))
    a, b = next(iter(apart.values()))
    raise KinfolkError(
        f"{sources[a]}:{ids[a]} and {sources[b]}:{ids[b]} cannot be one customer: "
        f"they differ in {' and '.join(apart)}.",
        hint="The rules of identity.yml go before decisions; mend the record where it is wrong.",
    )


def _differing(codes: Codes) -> tuple[int, int] | None:
    """Two positions with different values, None where there are none; an unknown value differs from no other."""
    known = np.flatnonzero(codes >= 0)
    other = known[codes[known] != codes[known[0]]] if len(known) else known
    return (int(known[0]), int(other[0])) if len(other) else None

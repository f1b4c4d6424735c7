"""Survivorship the slow and obvious way: sort a customer's candidate records by each preference in turn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

TOGETHER = {
    "last_name": (("last_name", "first_name", "middle_name", "full_name"), ("last_name", "first_name")),
    "street": (("street", "postcode", "city", "address_2", "region"), ("street", "postcode", "city")),
    "email": (("email", "email_verified"), ("email",)),
    "phone": (("phone", "phone_verified"), ("phone",)),
}


def survivor(
    records: Sequence[dict[str, Any]], field: str, rules: Sequence[str], trust: Sequence[str]
) -> dict[str, Any]:
    """The record whose value of `field` is golden, among all records of one customer."""
    leader, fields, anchors = _group_of(field)
    candidates = [r for r in records if any(r.get(f) is not None for f in fields if not f.endswith("_verified"))]
    times = Counter(r[leader] for r in records if r.get(leader) is not None)

    def order(record: dict[str, Any]) -> tuple[Any, ...]:
        missing = sum(record.get(a) is None for a in anchors)
        ranks = {
            "most_trusted": trust.index(record["source"]),
            "most_recent": -record["observed_at"].timestamp(),
            "most_frequent": -times[record.get(leader)],
            "longest": -len(str(record.get(leader) or "")),
            "verified": 0 if record.get(f"{leader}_verified") else 1,
        }
        return (missing, *(ranks[rule] for rule in rules), record["record_no"])

    return min(candidates, key=order)


def _group_of(field: str) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    for leader, (members, anchors) in TOGETHER.items():
        if field in members:
            return leader, members, anchors
    return field, (field,), (field,)

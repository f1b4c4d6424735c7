"""Who sent events: rows about visitors, made from what events say.

A visitor is a pair of ids, userId and anonymousId, either of which may be missing. One row stands for the pair itself,
so that every event has a row to belong to. What is said of a person comes in rows beside it, one for each set of traits
that are given together: a later call takes the place of an earlier one with the same set, and of calls with different
sets none takes anything from another.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

VISITOR_COLUMNS = ("visitor", "type", "userId", "anonymousId", "groupId", "traits", "timestamp")
# An id that was given up knows nothing newer than any other row.
_LONG_AGO = "1970-01-01T00:00:00.000Z"


def visitor(user: str | None, anonymous: str | None) -> str | None:
    """The name of a pair of ids; None without either."""
    if user is None and anonymous is None:
        return None
    return "/".join("" if part is None else _escaped(part) for part in (user, anonymous))


def _escaped(part: str) -> str:
    return part.replace("~", "~0").replace("/", "~1").replace("#", "~2")


def ids_of(record_id: str) -> tuple[str | None, str | None]:
    """The user and the anonymous id in the name of a row about visitors."""
    user, _, anonymous = record_id.partition("#")[0].partition("/")
    return _plain(user) or None, _plain(anonymous) or None


def _plain(part: str) -> str:
    return part.replace("~2", "#").replace("~1", "/").replace("~0", "~")


def rows(event: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """What one event says of visitors.

    event  its fields, with `traits`, those of the call itself, and `carried`, those of its context, as decoded values
    """
    user, anonymous, pair = event.get("userId"), event.get("anonymousId"), event.get("visitor")
    if pair is None:
        return
    yield {"visitor": pair, "userId": user, "anonymousId": anonymous}
    # One id is enough to lead to the person, and a device is not to look shared because much is said of who uses it.
    ids = {"userId": user, "anonymousId": None if user else anonymous}
    if event["type"] == "alias" and (previous := event.get("previousId")):
        yield from _alias(user, previous)
    elif event["type"] == "group" and (group := event.get("groupId")):
        what = {"type": "group", "groupId": group, "timestamp": event["timestamp"]}
        yield {"visitor": f"{pair}##group/{_escaped(group)}", **ids, **what}  # no trait is called #group
    traits = traits_of(event["type"], event.get("traits"), event.get("carried"))
    if given := {name: value for name, value in traits.items() if value is not None and value != ""}:
        what = {"type": event["type"], "traits": given, "timestamp": event["timestamp"]}
        yield {"visitor": f"{pair}#{'/'.join(map(_escaped, sorted(given)))}", **ids, **what}


def _alias(user: str | None, previous: str) -> Iterator[dict[str, Any]]:
    """Two rows that share the previous id as a device's, for nobody knows whether it was a visitor's or a user's."""
    yield {"visitor": visitor(user, previous), "userId": user, "anonymousId": previous}
    what = {"type": "alias", "timestamp": _LONG_AGO}
    yield {"visitor": f"{visitor(previous, previous)}##alias", "userId": previous, "anonymousId": previous, **what}


def traits_of(kind: Any, own: Any, carried: Any) -> Mapping[str, Any]:
    """Traits of the person: those of a call that names them, else those its context carries; never those of a group."""
    found = (own if kind == "identify" else None) or carried
    return found if isinstance(found, dict) else {}

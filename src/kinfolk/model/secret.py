"""A setting that came from the environment: known to those who use it, never shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NoReturn


class Secret:
    """Text made from `${NAME}` references. Shown as it was written; `reveal()` gives what the environment held.

    It cannot be pickled, turned into JSON or reached through `vars`, so that it does not end up in a file by accident.
    """

    __slots__ = ("_value", "reference")

    def __init__(self, reference: str, value: str) -> None:
        self.reference = reference
        self._value = value

    def reveal(self) -> str:
        """The value itself: for the call that needs it, not for keeping."""
        return self._value

    def __repr__(self) -> str:
        return self.reference

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and (self.reference, self._value) == (other.reference, other._value)

    def __hash__(self) -> int:
        return hash(self.reference)

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Secret:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"{self.reference} is a secret and is not written down.")


def revealed(options: Any) -> Any:
    """The same options with every Secret in them, at any depth, replaced by its value."""
    if isinstance(options, Secret):
        return options.reveal()
    if isinstance(options, Mapping):
        return {key: revealed(value) for key, value in options.items()}
    if isinstance(options, (list, tuple)):
        return [revealed(item) for item in options]
    return options


def secrets_in(options: Any) -> Iterator[str]:
    """What the environment held, for every Secret at any depth; nothing too short to be told from ordinary words."""
    if isinstance(options, Secret):
        if len(options.reveal()) > 3:
            yield options.reveal()
    elif isinstance(options, Mapping):
        for inner in options.values():
            yield from secrets_in(inner)
    elif isinstance(options, (list, tuple)):
        for inner in options:
            yield from secrets_in(inner)

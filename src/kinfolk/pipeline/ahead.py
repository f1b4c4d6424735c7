"""Opening parts before their turn, where opening one is mostly waiting for another machine."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from kinfolk.errors import KinfolkError
from kinfolk.model.locator import Locator, Rejection
from kinfolk.pipeline.arrivals import Connector, Delivery
from kinfolk.pipeline.spool import opened

Opened = tuple[Locator, list[Rejection]]


@contextmanager
def opening(connector: Connector, delivery: Delivery, state: Path | None) -> Iterator[Iterator[Callable[[], Opened]]]:
    """For each part, in order, the call that opens it; of a connector that says so, the next few are open by then.

    What was opened and not asked for, because something failed before, is discarded at the end.
    state   the project's state folder, where what a broken run had received is kept; None = keep nothing
    Errors  those of `connector.open`, when the part's turn comes
    """
    ahead, source, parts = getattr(connector, "ahead", 1), delivery.source, delivery.parts
    if ahead == 1 or len(parts) == 1:
        yield (partial(opened, connector, source, part, state) for part in parts)
        return
    waiting: deque[Future[Opened]] = deque()
    threads = ThreadPoolExecutor(max_workers=ahead)

    def calls() -> Iterator[Callable[[], Opened]]:
        for part in parts:
            waiting.append(threads.submit(opened, connector, source, part, state))
            if len(waiting) > ahead:
                yield waiting.popleft().result
        while waiting:
            yield waiting.popleft().result

    try:
        yield calls()
    finally:
        threads.shutdown(cancel_futures=True)
        for future in waiting:
            _discard(future)


def _discard(future: Future[Opened]) -> None:
    if not future.cancelled():
        with suppress(KinfolkError):
            locator, _ = future.result()
            if locator.discard:
                locator.discard()

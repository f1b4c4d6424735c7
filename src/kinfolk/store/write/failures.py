"""Wrong passwords, counted by account."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Engine, delete, func, insert, select

from kinfolk.store.database import writing
from kinfolk.store.schema import sign_in_failures

_KEPT = timedelta(days=1)  # accounts that nobody has are tried, too, and would fill the table


def begin_attempt(engine: Engine, account: str, most: int, locked: timedelta, now: datetime) -> datetime | None:
    """Counts an attempt as failed before it is made, so that many at once are no more than `most`; None: go on.

    Where there were `most` already, each within `locked` of the one before, it is not made: until when.
    account  sha256 (hex) of the address
    """
    mine = sign_in_failures.c.account == account
    counted = select(func.count(), func.max(sign_in_failures.c.failed_at)).where(mine)
    with writing(engine) as connection:
        number, last = connection.execute(counted).one()
        if last is not None and last + locked <= now:
            connection.execute(delete(sign_in_failures).where(mine))
        elif number >= most:
            return last + locked  # type: ignore[no-any-return]
        connection.execute(delete(sign_in_failures).where(sign_in_failures.c.failed_at < now - max(locked, _KEPT)))
        connection.execute(insert(sign_in_failures).values(account=account, failed_at=now))
    return None


def forget_failures(engine: Engine, account: str) -> None:
    """The account is as if nobody had failed: its password was right, or is a new one."""
    with writing(engine) as connection:
        connection.execute(delete(sign_in_failures).where(sign_in_failures.c.account == account))

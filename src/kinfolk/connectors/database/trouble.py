"""What a database refused, in a sentence with what to do; never with a password."""

from __future__ import annotations

import re
from collections.abc import Iterable

from kinfolk.errors import SourceError

# First match counts: what the database says -> what to do.
_ADVICE = (
    (
        r"closed the connection|lost connection|terminating connection|gone away|reset by peer|"
        r"connection.* (lost|dead)|no connection to the server|SSL SYSCALL|broken pipe|packet sequence",
        "The connection broke; nothing of this load was taken in. Run again.",
    ),
    (
        r"password|access denied|authentication|no pg_hba|role .* does not exist|"
        r"not authorized|unauthorized|credential",
        "Look at `user` and `password` in the source, and at what the environment holds.",
    ),
    (r"permission denied|command denied|insufficient privilege", "Ask for the right to read it (GRANT SELECT)."),
    (r"database .*(does not exist|not found)|unknown database", "Look at `database` in the source."),
    (
        r"(relation|table|view|catalog|object).*(does(n.t| not) exist|not found)|no such table|unknown table",
        "Look at `table` or `query` in the source; `kinfolk source discover` lists what there is.",
    ),
    (r"column|field", "Look at the columns named in the source; `kinfolk source discover` lists what there is."),
    (r"\bssl\b|\btls\b|certificate", "Look at how the server is encrypted, and at `tls` or `dsn` in the source."),
    (r"could not load", "Install the driver's package, or look at `driver` in the source."),
    (
        r"refused|translate host|can.t connect|timed? ?out|timeout|unreachable|name or service|no such file|no route",
        "Look at `host` and `port`, and whether the server runs and lets this machine in.",
    ),
    (r"syntax|parse", "Look at `query` in the source."),
    (r"locked|busy", "Another program is writing to it. Run again when it has finished."),
    (r"not a database|malformed|corrupt|not a valid", "Look at `path` in the source, or copy the file again."),
)


def refused(system: str, error: Exception, where: str, secrets: Iterable[str]) -> SourceError:
    """The error as a SourceError: the database's own first words, and what to do about them."""
    said = _masked(_words(error), secrets)
    advice = next((words for pattern, words in _ADVICE if re.search(pattern, said, re.IGNORECASE)), None)
    return SourceError(f"{system} says: {said}.", where=where, hint=advice)


def not_installed(system: str, extra: str, where: str) -> SourceError:
    """The error for a driver that is not there."""
    return SourceError(
        f"The driver for {system} is not installed.", where=where, hint=f"Install it: pip install 'kinfolk[{extra}]'."
    )


def _words(error: Exception) -> str:
    """The first line that says something, without the driver's own prefixes."""
    text = str(error.args[1]) if len(error.args) > 1 and isinstance(error.args[0], int) else str(error)
    lines = [line.strip() for line in text.splitlines() if line.strip()] or [type(error).__name__]
    said = re.sub(
        r"^([A-Z_]+: )?(\[\w+\] )?(Failed to [a-z ]+: |could not begin COPY: |Execution error \[\w+\]: )*", "", lines[0]
    )
    said = re.sub(r"\b(ERROR|FATAL):\s+", "", said)
    return said[:400].rstrip(".: ")


def _masked(text: str, secrets: Iterable[str]) -> str:
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, "***")
    return re.sub(r"(://[^/\s:@]*):[^@\s/]+@", r"\1:***@", text)

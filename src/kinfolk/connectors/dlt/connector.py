"""Resources of dlt: their items become rows by the rules of JSON Lines."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import partial
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from itertools import chain, islice
from pathlib import Path
from typing import Any

from kinfolk.connectors.dlt.options import DltOptions
from kinfolk.connectors.file.json_lines import Found, accepted, compact, object_batches
from kinfolk.errors import NothingToLoadError, SourceError
from kinfolk.model.discovery import Dataset
from kinfolk.model.locator import ArrowBatches, Locator, Part, Rejection
from kinfolk.model.secret import revealed, secrets_in
from kinfolk.model.source import Source


class DltConnector:
    """Resources of dlt."""

    def parts(self, source: Source, folder: Path) -> list[Part]:
        """The resource as one part. Nothing tells beforehand whether it is as before, so it is always read."""
        return [Part(_shown(source.options), f"asked at {datetime.now(UTC).isoformat()}", folder)]

    def open(self, source: Source, part: Part) -> tuple[Locator, list[Rejection]]:
        """A locator for the resource's items. The first is here already.

        Errors  SourceError if dlt is not installed, there is no such resource, or it fails;
                NothingToLoadError if it has no items where all were asked for
        """
        with _told(source.options, part.name):
            items = iter(_resource(source.options, part.path, part.since))
            first = list(islice(items, 1))
        if not first and part.since is None:
            raise NothingToLoadError("It has no items.", where=part.name, hint="Look at `arguments`.")
        objects = partial(_objects, source.options, part.name, chain(first, items))
        return ArrowBatches((), partial(object_batches, objects)), []

    def ping(self, options: Mapping[str, Any], folder: Path) -> str:
        """A sentence on the resources there are; the service behind them is not asked."""
        with _told(options, _shown(options)):
            names = ", ".join(_resources(_made(options, folder, None)))
        return f"{_shown(options)} has the resources {names}."

    def discover(self, options: Mapping[str, Any], folder: Path) -> list[Dataset]:
        """Every resource of the source, with the columns and the key it declares."""
        written = DltOptions.model_validate(revealed(options))
        with _told(options, _shown(options)):
            resources = _resources(_made(options, folder, None))
            named = [name for name in sorted(resources) if written.resource in (None, name)]
            return [_dataset(name, resources[name], options) for name in named]


DLT = DltConnector()


def _shown(options: Mapping[str, Any]) -> str:
    resource = options.get("resource")
    return f"{options['source']}, {resource}" if resource else str(options["source"])


def _resource(options: Mapping[str, Any], folder: Path, since: str | None) -> Any:
    written = DltOptions.model_validate(revealed(options))
    found = _resources(_made(options, folder, since))
    if written.resource in found:
        return found[written.resource]
    if written.resource is None and len(found) == 1:
        return next(iter(found.values()))
    what = f"There is no resource {written.resource}." if written.resource else "It has several resources."
    raise SourceError(what, where=written.source, hint=f"Write `resource:`; there is {', '.join(sorted(found))}.")


def _made(options: Mapping[str, Any], folder: Path, since: str | None) -> Any:
    """What the function returns."""
    written = DltOptions.model_validate(revealed(options))
    arguments = dict(written.arguments)
    if since is not None and written.since_argument:
        arguments[written.since_argument] = since
    return _function(written.source, folder)(**arguments)


def _resources(made: Any) -> dict[str, Any]:
    """Name -> resource: those of a source, or the one that was made."""
    if hasattr(made, "resources"):
        return dict(made.resources)
    return {getattr(made, "name", "items"): made}


def _function(written: str, folder: Path) -> Callable[..., Any]:
    os.environ.setdefault("RUNTIME__DLTHUB_TELEMETRY", "false")  # nobody is told what a company reads
    try:
        import_module("dlt")
    except ImportError as error:
        raise SourceError(
            "Reading through dlt needs a library that is not installed.",
            where=written,
            hint="Install it with `pip install 'kinfolk[dlt]'`.",
        ) from error
    module, _, name = written.partition(":")
    function: Callable[..., Any] | None = getattr(_module(module, folder, written), name, None)
    if not callable(function):
        raise SourceError(f"There is no function {name} in {module}.", where=written, hint="Look at `source`.")
    return function


def _module(name: str, folder: Path, written: str) -> Any:
    """A file of the project, read anew each time, or else an installed module."""
    file = folder.joinpath(*name.split(".")).with_suffix(".py")
    sys.path.insert(0, str(folder))  # for what the file imports from beside it
    try:
        return _of_project(name, file, written) if file.is_file() else import_module(name)
    except ModuleNotFoundError as error:
        raise SourceError(
            f"There is no module {error.name}.",
            where=written,
            hint=f"Write it as {file.name} in the project, or install it.",
        ) from error
    finally:
        sys.path.remove(str(folder))


def _of_project(name: str, file: Path, written: str) -> Any:
    there = sys.modules.get(name)
    if there is not None and getattr(there, "__file__", None) != str(file):
        raise SourceError(
            f"The name {name} is that of a module Kinfolk itself uses, or of another project.",
            where=written,
            hint=f"Rename {file.name}.",
        )
    spec = spec_from_file_location(name, file)
    assert spec and spec.loader
    module = sys.modules[name] = module_from_spec(spec)  # where dlt looks for the module of a function
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _objects(options: Mapping[str, Any], shown: str, items: Iterator[Any]) -> Iterator[Found]:
    with _told(options, shown):
        for number, item in enumerate(_flat(items), start=1):
            value = _plain(item)
            text = compact(value)
            yield accepted(value, number, text), len(text)


def _flat(items: Iterable[Any]) -> Iterator[Any]:
    """Items one by one; resources may give them by lists or Arrow tables."""
    for item in items:
        if hasattr(item, "to_pylist"):
            yield from item.to_pylist()
        elif isinstance(item, list):
            yield from _flat(item)
        else:
            yield item


def _plain(value: Any) -> Any:
    """The value as JSON has it; moments in ISO 8601, decimals with all their digits."""
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [_plain(inner) for inner in value]
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        return value if value - value == 0 else None  # NaN and the infinities are no values
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    return str(value)


def _dataset(name: str, resource: Any, options: Mapping[str, Any]) -> Dataset:
    declared = resource.compute_table_schema()["columns"] if hasattr(resource, "compute_table_schema") else {}
    columns = {column: str(about.get("data_type", "")) for column, about in declared.items()}
    key = tuple(column for column, about in declared.items() if about.get("primary_key"))
    return Dataset(name, columns, key, options={**options, "resource": name})


@contextmanager
def _told(options: Mapping[str, Any], shown: str) -> Iterator[None]:
    """Whatever the company's or a service's code raises becomes a sentence, without a secret."""
    try:
        yield
    except (SourceError, GeneratorExit):
        raise
    except Exception as error:
        cause: BaseException = error
        while cause.__cause__ is not None:
            cause = cause.__cause__
        words = (str(cause).strip() or type(cause).__name__).splitlines()[0]
        for secret in secrets_in(options):
            words = words.replace(secret, "•••")
        raise SourceError(
            f"It failed: {type(cause).__name__}: {words[:300]}", where=shown, hint="Look at `arguments`."
        ) from None

"""From settings as written to the frozen values that everything after works with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path as FilePath
from typing import Any

from kinfolk.model.identity import (
    Accounts,
    Comparison,
    Households,
    IdentityRules,
    Key,
    Matching,
    Never,
    SurvivorRule,
    Survivorship,
)
from kinfolk.model.matching import GivenModel
from kinfolk.model.project import Domain, Ownership, Person, Project, Spark
from kinfolk.model.schedule import Schedule
from kinfolk.model.source import COLLECT, BelongsTo, ColumnRule, Conventions, Cursor, Load, Source, TableMapping
from kinfolk.project.access import access_policy
from kinfolk.project.consent import consent_policy
from kinfolk.project.contracts import contract, contract_text, source_of
from kinfolk.project.document import Document, Path
from kinfolk.project.files import Files, Parsed, source_name
from kinfolk.project.fingerprint import fingerprint
from kinfolk.project.freeze_models import company_models, sql_tests
from kinfolk.project.matching_model import given
from kinfolk.project.written.identity import IdentityFile, PreferenceEntry
from kinfolk.project.written.kinfolk import KinfolkFile
from kinfolk.project.written.matching_model import MatchingModelFile
from kinfolk.project.written.owners import OwnersFile
from kinfolk.project.written.source import Mapped, Rule, SourceFile, short_key
from kinfolk.tables.staging import MAPPABLE, canonical


def project(files: Files, folder: FilePath) -> Project:
    """The project of the environment that runs. The files are known to hold no mistake."""
    settings = files.kinfolk.settings
    conventions = project_conventions(settings)
    running = sorted((s for s in files.sources if files.runs(s)), key=source_name)
    sources = tuple(source(parsed, files, conventions) for parsed in running)
    made = Project(
        name=settings.name or folder.name,
        folder=folder,
        state=_state(folder / FilePath(settings.state or ".kinfolk").expanduser(), files.environment()),
        sources=sources,
        identity=identity_rules(files.identity, files.matching_model),
        survivorship=survivorship(files.identity, [source.name for source in sources]),
        ownership=ownership(files.owners),
        fingerprint="",
        engine=settings.engine,
        spark=_spark(settings, folder),
        time_zone=conventions.time_zone,
        environment=files.environment(),
        environments=tuple(settings.environments),
        models=company_models(files),
        model_tests=sql_tests(files),
        history=timedelta(days=int(settings.history.split()[0])),
        landing_of=files.lender(),
        schedule=tuple(
            Schedule(entry.cron, files.kinfolk.document.place("schedule", number), entry.environment)
            for number, entry in enumerate(settings.schedule)
        ),
        contracts=tuple(
            contract(parsed, contract_text(folder, parsed.written.file))
            for parsed in sorted(files.contracts, key=source_of)
            if source_of(parsed) in {source.name for source in sources}
        ),
        defaults=conventions,
        consent=consent_policy(files.consent, files.notices, conventions.time_zone),
        access=access_policy(files.access),
    )
    return replace(made, fingerprint=fingerprint(made))


def _spark(settings: KinfolkFile, folder: FilePath) -> Spark:
    written = settings.spark
    place = folder / FilePath(written.folder).expanduser() if written.folder else None
    return Spark(written.master, place, dict(written.settings))


def _state(folder: FilePath, environment: str | None) -> FilePath:
    """One folder for each environment, so that none publishes over another or gives its customers new ids."""
    return folder / environment if environment else folder


def project_conventions(settings: KinfolkFile) -> Conventions:
    """What holds for every source that does not say otherwise."""
    kept = settings.conventions
    return Conventions(
        country=settings.country or kept.country,
        currency=settings.currency or kept.currency,
        dates=settings.dates or kept.dates,
        time_zone=settings.time_zone or "UTC",
        decimal=settings.decimal or kept.decimal or ".",
    )


def source(parsed: Parsed[SourceFile], files: Files, defaults: Conventions) -> Source:
    """One file of sources/ as a Source."""
    settings, document = parsed.settings, parsed.document
    connector = next(name for name in files.connectors if settings.part(name) is not None)
    made = Source(
        name=source_name(parsed),
        place=document.place(),
        connector=connector,
        options=_options(parsed, connector),
        record_id=tuple(settings.record_id),
        mappings=tuple(_mapping(parsed, table) for table in MAPPABLE if settings.part(table) is not None),
        observed_at=settings.observed_at,
        load=Load(settings.load),
        cursor=_cursor(parsed),
        conventions=Conventions(
            country=settings.country or defaults.country,
            currency=settings.currency or defaults.currency,
            dates=settings.dates or defaults.dates,
            time_zone=settings.time_zone or defaults.time_zone,
            decimal=settings.decimal or defaults.decimal,
        ),
        belongs_to=_belongs_to(parsed),
        description=settings.description,
        owner=settings.owner,
        purpose=settings.purpose,
        lawful_basis=settings.lawful_basis,
        environment=settings.environment,
        refresh=settings.refresh,
        status=settings.status,
    )
    return _collected(made) if connector == COLLECT else made


def _collected(source: Source) -> Source:
    """How events, and their visitors, are loaded, which follows from what they are: from a place in the log on."""
    visitors = "visitors_of" in source.options
    return replace(
        source,
        record_id=("visitor",) if visitors else ("messageId",),
        observed_at=source.observed_at or "timestamp",
        load=Load.INCREMENTAL if visitors else Load.ONCE,
        cursor=Cursor("_row", source.place),
    )


def _cursor(parsed: Parsed[SourceFile]) -> Cursor | None:
    settings = parsed.settings
    if settings.cursor is None:
        return None
    return Cursor(settings.cursor, parsed.document.place("cursor"), settings.late, settings.deleted)


def _belongs_to(parsed: Parsed[SourceFile]) -> BelongsTo | None:
    belongs = parsed.settings.belongs_to
    if belongs is None:
        return None
    return BelongsTo(belongs.column, parsed.document.place("belongs_to"), belongs.source, belongs.key)


def _options(parsed: Parsed[SourceFile], connector: str) -> dict[str, Any]:
    """The connector's settings that were written, checked; text made from a reference stays a Secret."""
    written = parsed.document.at(connector)
    secrets = parsed.resolved.secrets
    if not isinstance(written, Mapping):  # the short form: the path, or the address, alone
        return {short_key(type(parsed.settings.part(connector))): secrets.get((connector,), written)}
    checked = parsed.settings.part(connector).model_dump(by_alias=True)
    options: dict[str, Any] = {}
    for key, value in written.items():
        path = (connector, key)
        hidden = any(known[:2] == path for known in secrets)
        options[key] = with_secrets(value, path, secrets) if hidden else checked.get(key, value)
    return options


def with_secrets(value: Any, path: Path, secrets: Mapping[Path, Any]) -> Any:
    """What is written at `path`, at any depth with its secrets in place of their references."""
    if isinstance(value, Mapping):
        return {key: with_secrets(inner, (*path, key), secrets) for key, inner in value.items()}
    if isinstance(value, list):
        return [with_secrets(inner, (*path, number), secrets) for number, inner in enumerate(value)]
    return secrets.get(path, value)


def _mapping(parsed: Parsed[SourceFile], table: str) -> TableMapping:
    mapped: Mapped = parsed.settings.part(table)
    own = mapped.attributes
    place = parsed.document.place
    columns = {
        name: _rule(mapped.columns[name], place(table, name)) for name in canonical(table) if name in mapped.columns
    }
    return TableMapping(
        table=table,
        place=place(table),
        columns=_declared(parsed, table, columns) | columns,
        attributes={name: _rule(own[name], place(table, "attributes", name)) for name in sorted(own)},
    )


def _declared(parsed: Parsed[SourceFile], table: str, mapped: Mapping[str, ColumnRule]) -> dict[str, ColumnRule]:
    """The source's country and currency, for addresses and amounts that have no column to name theirs."""
    settings, place, made = parsed.settings, parsed.document.place, {}
    if settings.currency and "currency" in canonical(table) and "currency" not in mapped and _AMOUNTS & set(mapped):
        made["currency"] = ColumnRule(place("currency"), value=settings.currency)
    if settings.country and table == "people" and "country" not in mapped and _ADDRESS & set(mapped):
        made["country"] = ColumnRule(place("country"), value=settings.country)
    return made


_AMOUNTS = {"amount", "annual_revenue", "cost"}
_ADDRESS = {"street", "postcode", "city"}


def _rule(rule: Rule, place: Any) -> ColumnRule:
    if rule.join:
        return ColumnRule(place, tuple(rule.join), join=" " if rule.with_ is None else rule.with_)
    return ColumnRule(place, tuple(rule.columns), value=rule.value, sql=rule.sql)


def identity_rules(parsed: Parsed[IdentityFile], model: Parsed[MatchingModelFile] | None = None) -> IdentityRules:
    """The part of identity.yml that decides who is who. model: the file it names, if it names one"""
    settings, place = parsed.settings, parsed.document.place
    return IdentityRules(
        keys=tuple(Key(tuple(e.key), place("keys", n), e.at_most, e.people) for n, e in enumerate(settings.keys)),
        matching=_matching(parsed, given(model) if model else None),
        never=tuple(
            rule
            for n, never in enumerate(settings.never)
            for rule in (
                *(Never(name, place("never", n)) for name in never.different),
                *(Never("record_id", place("never", n), source) for source in never.same_source),
            )
        ),
        tenant=settings.tenant,
        ignore={column: tuple(values) for column, values in settings.ignore.items()},
        households=_households(parsed),
        accounts=_accounts(parsed),
    )


def _households(parsed: Parsed[IdentityFile]) -> Households | None:
    written = parsed.settings.households
    if written is None:
        return None
    return Households(parsed.document.place("households"), written.largest)


def _accounts(parsed: Parsed[IdentityFile]) -> Accounts | None:
    written = parsed.settings.accounts
    if written is None:
        return None
    return Accounts(tuple(written.by), parsed.document.place("accounts"), tuple(written.providers))


def _matching(parsed: Parsed[IdentityFile], model: GivenModel | None) -> Matching | None:
    match = parsed.settings.match
    if match is None:
        return None
    kinds = model.kinds() if model else match.compare
    block_on = None if match.block_on is None else tuple(tuple(columns) for columns in match.block_on)
    return Matching(
        compare=tuple(Comparison(column, kind) for column, kind in kinds.items()),
        place=parsed.document.place("match"),
        block_on=block_on or (model.blocking if model else None) or None,
        personal=model.personal if model else tuple(match.personal),
        merge_at=match.merge_at,
        review_at=match.review_at,
        model=model,
        largest=match.largest,
    )


def survivorship(parsed: Parsed[IdentityFile], sources: list[str]) -> Survivorship:
    """The part that decides whose value wins."""
    settings = parsed.settings
    written = settings.survivorship
    trust = tuple(name for name in (written.trust if written else ()) if name in sources)
    default = Survivorship().default
    if written and written.default:
        default = _preferences(written.default, parsed.document, ("survivorship", "default"))
    fields = {
        name: _preferences(rules, parsed.document, ("survivorship", "fields", name))
        for name, rules in (written.fields_ if written else {}).items()
    }
    return Survivorship(default, trust, fields, tuple(settings.core_fields))


def _preferences(entries: list[PreferenceEntry], document: Document, path: Path) -> tuple[SurvivorRule, ...]:
    return tuple(SurvivorRule(e.rule, e.sql, document.place(*path, n, "sql")) for n, e in enumerate(entries))


def ownership(parsed: Parsed[OwnersFile] | None) -> Ownership:
    """owners.yml; nobody where there is none."""
    if parsed is None:
        return Ownership()
    settings, place = parsed.settings, parsed.document.place
    people = {name: Person(name, place("people", name), p.email, p.role) for name, p in settings.people.items()}
    domains = {
        name: Domain(name, place("domains", name), d.owner, tuple(d.stewards), d.description)
        for name, d in settings.domains.items()
    }
    return Ownership(people, domains, tuple(settings.council))

"""Accounts: the companies customers belong to, by the values of their records that lead to one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
import pyarrow as pa

from kinfolk.engine.sql import column, query, rows, table
from kinfolk.engine.step import Compute, Publish
from kinfolk.model.identity import EMAIL_DOMAIN, Accounts, IdentityRules
from kinfolk.stages.identity.arrays import NO_VALUE, Codes, Flags, Ints, distinct, run_lengths, starts_of
from kinfolk.stages.identity.arrow import ArrowArray, array, pc
from kinfolk.stages.identity.coding import Column, code, ignored, in_form, without
from kinfolk.stages.identity.naming import ids_of, name_groups, numbers_of, vanished
from kinfolk.stages.identity.outputs import table_of
from kinfolk.stages.identity.resolve import in_order_of_first
from kinfolk.tables import households as promised
from kinfolk.tables.identity import MEMBERS
from kinfolk.tables.staging import RECORDS

Tables = Mapping[str, pa.Table]
Told = list[tuple[str, str, int, str]]
_PREFIX = "A-"
_MANY = 5  # different companies from which a domain is a provider, or domains from which a name is no company's


def account_steps(rules: IdentityRules, tables_present: frozenset[str]) -> tuple[Compute, ...]:
    """The step that finds the companies customers belong to; none where accounts are not declared.

    Reads   staging.records, identity.members
            identity.account_values, former_accounts   those so far, where `tables_present` has them: ids stay
    Writes  identity.accounts, account_members, account_values, former_accounts, account_guards, each made anew
    """
    accounts = rules.accounts
    if accounts is None:
        return ()
    named = [name for name in accounts.by if name != EMAIL_DOMAIN]
    wanted = dict.fromkeys([*named, "email", "company", *([rules.tenant] if rules.tenant else [])])
    inputs = {
        "records": query(
            "select cast(substr(m.customer_id, 3) as bigint) as customer, r.record_no, $names from records r "
            "join members m on m.record_no = r.record_no",
            names=[column(name, "r") for name in wanted],
            records=table(RECORDS.name),
            members=table(MEMBERS.name),
        )
    }
    for name, described in (("before", promised.ACCOUNT_VALUES), ("former", promised.FORMER_ACCOUNTS)):
        there = described.name in tables_present
        inputs[name] = query("select * from kept", kept=table(described.name)) if there else rows(described.types, [])
    writes = dict.fromkeys((described.name for described in promised.ACCOUNT_TABLES), Publish.REPLACE)
    return (Compute(inputs, writes, "Finding accounts", lambda inputs, tell: _accounts(rules, accounts, inputs)),)


@dataclass(frozen=True)
class _Values:
    """Every value that leads to an account, numbered: by strength of its column, then tenant, then text.

    of_record  per column of `by`, the number of the value each record has, NO_VALUE for none
    """

    by: tuple[str, ...]
    tenant: tuple[str, ...]
    value: tuple[str, ...]
    of_record: tuple[Codes, ...]


def _accounts(rules: IdentityRules, accounts: Accounts, inputs: Tables) -> Tables:
    records, told = inputs["records"], list[tuple[str, str, int, str]]()
    customer = records["customer"].to_numpy()
    columns = _columns(rules, accounts, records)
    company = in_form(code(records["company"]), "company")
    if EMAIL_DOMAIN in columns:
        domain = columns[EMAIL_DOMAIN]
        columns[EMAIL_DOMAIN] = _without_providers(domain, company, (customer, accounts, told))
        if "company" in columns:
            columns["company"] = _without_callings(columns["company"], columns[EMAIL_DOMAIN], customer, told)
    world = code(records[rules.tenant]) if rules.tenant else None
    values = _numbered({name: columns[name] for name in accounts.by}, world)
    of_value = _joined(values, customer)
    _note_conflicts(values, of_value, customer, told)
    return _tables(values, of_value, inputs, told)


def _columns(rules: IdentityRules, accounts: Accounts, records: pa.Table) -> dict[str, Column]:
    """The columns that lead to accounts, each in its form."""
    columns = {}
    for name in accounts.by:
        source = "email" if name == EMAIL_DOMAIN else name
        found = code(records[source])
        if source in rules.ignore:
            found = without(found, ignored(found, rules.ignore[source]))
        if name == EMAIL_DOMAIN:
            domains = pc.struct_field(pc.extract_regex(found.values, r"@(?P<domain>[^@\s]+)$"), "domain")
            found = code(pa.chunked_array([domains.take(array(found.codes, mask=found.codes < 0))], pa.string()))
        columns[name] = in_form(found, "company" if name == "company" else "exact")
    return columns


@cache
def mailbox_providers() -> frozenset[str]:
    """Domains where anybody can have a mailbox."""
    return frozenset((files(__package__) / "providers.txt").read_text(encoding="utf-8").split())


def _without_providers(domain: Column, company: Column, about: tuple[Ints, Accounts, Told]) -> Column:
    """Without domains known, declared or seen to hold the mailboxes of people of many companies."""
    customer, accounts, told = about
    listed = pc.is_in(domain.values, value_set=array(sorted(mailbox_providers()), pa.string()))
    if accounts.providers:
        listed = pc.or_(listed, ignored(domain, accounts.providers))
    seen = _scattered(domain, company, customer)
    known = listed.to_numpy(zero_copy_only=False).astype(bool)
    size = _customers_of(domain.codes, customer, len(domain.values))
    for number in np.flatnonzero(known | seen).tolist():
        why = "It is a mailbox provider" if known[number] else "Its people name many different companies"
        told.append((EMAIL_DOMAIN, domain.values[number].as_py(), int(size[number]), f"{why}: it leads to no account."))
    return without(domain, array(known | seen))


def _without_callings(company: Column, domain: Column, customer: Ints, told: Told) -> Column:
    """Without names such as `self-employed`, whose people write from many different domains."""
    seen = _scattered(company, domain, customer)
    size = _customers_of(company.codes, customer, len(company.values))
    for number in np.flatnonzero(seen).tolist():
        effect = "Its people write from many different domains: it leads to no account."
        told.append(("company", company.values[number].as_py(), int(size[number]), effect))
    return without(company, array(seen))


def _scattered(one: Column, other: Column, customer: Ints) -> Flags:
    """Values of `one` whose customers have many values of `other`: five or more, and more than half as many."""
    at = np.flatnonzero((one.codes >= 0) & (other.codes >= 0))
    pairs = np.unique(np.stack([one.codes[at].astype(np.int64), other.codes[at]], axis=1), axis=0)
    kinds = np.bincount(pairs[:, 0], minlength=len(one.values))
    people = np.unique(np.stack([one.codes[at].astype(np.int64), customer[at]], axis=1), axis=0)
    sizes = np.bincount(people[:, 0], minlength=len(one.values))
    return np.asarray((kinds >= _MANY) & (2 * kinds > sizes))


def _customers_of(codes: Codes, customer: Ints, count: int) -> Ints:
    known = np.flatnonzero(codes >= 0)
    pairs = np.unique(np.stack([codes[known].astype(np.int64), customer[known]], axis=1), axis=0)
    return np.bincount(pairs[:, 0], minlength=count)


def _numbered(columns: Mapping[str, Column], world: Column | None) -> _Values:
    by, tenants, texts, of_record = list[str](), list[str](), list[str](), list[Codes]()
    for name, found in columns.items():
        tenant = np.zeros(len(found.codes), np.int64) if world is None else world.codes.astype(np.int64) + 1
        known = np.flatnonzero(found.codes >= 0)
        width = int(tenant.max(initial=0)) + 1
        keys, which = distinct(found.codes[known].astype(np.int64) * width + tenant[known])
        spelled = [
            (world.values[t - 1].as_py() if world is not None and t else "", found.values[v].as_py())
            for v, t in zip((keys // width).tolist(), (keys % width).tolist(), strict=True)
        ]
        order = sorted(range(len(spelled)), key=spelled.__getitem__)
        rank = np.empty(len(order), np.int64)
        rank[order] = np.arange(len(order)) + len(by)
        codes = np.full(len(found.codes), NO_VALUE, np.int32)
        codes[known] = rank[which]
        of_record.append(codes)
        by += [name] * len(order)
        tenants += [spelled[n][0] for n in order]
        texts += [spelled[n][1] for n in order]
    return _Values(tuple(by), tuple(tenants), tuple(texts), tuple(of_record))


def _met(stronger: Codes, weaker: Codes, customer: Ints) -> tuple[Ints, Ints, Ints]:
    """Pairs of values that stand in one record, and the customers of whom they do."""
    at = np.flatnonzero((stronger >= 0) & (weaker >= 0))
    whole = np.unique(np.stack([weaker[at].astype(np.int64), stronger[at], customer[at]], axis=1), axis=0)
    starts = starts_of(whole[:, 0] << 32 | whole[:, 1])
    return whole[starts, 1], whole[starts, 0], run_lengths(starts, len(whole))


def _joined(values: _Values, customer: Ints) -> Ints:
    """The account of each value: a value joins that of a stronger one that most of its customers have beside it.

    Each column is asked after the stronger ones, strongest first; what has joined one account joins no other.
    """
    parent = np.arange(len(values.by))
    for n, weaker in enumerate(values.of_record):
        for stronger in values.of_record[:n]:
            left, right, people = _met(stronger, weaker, customer)
            total = np.bincount(right, weights=people, minlength=len(parent))
            most = (2 * people > total[right]) & (parent[right] == right)
            parent[right[most]] = parent[left[most]]
    return parent


def _note_conflicts(values: _Values, of_value: Ints, customer: Ints, told: Told) -> None:
    for n, weaker in enumerate(values.of_record):
        for stronger in values.of_record[:n]:
            left, right, people = _met(stronger, weaker, customer)
            apart = of_value[left] != of_value[right]
            for a, b, size in zip(*(part[apart].tolist() for part in (left, right, people)), strict=True):
                effect = "Both stand in the same records but lead to different accounts; the customers belong to both."
                rule, value = f"{values.by[a]}+{values.by[b]}", f"{values.value[a]}, {values.value[b]}"
                told.append((rule, value, size, effect))


def _tables(values: _Values, of_value: Ints, inputs: Tables, told: Told) -> Tables:
    groups = in_order_of_first(of_value.astype(np.int32))
    numbers, given_up = _named(values, groups, inputs)
    customer = inputs["records"]["customer"].to_numpy()
    members = _members(values, customer)
    account = numbers[groups[members[:, 1]]] if len(groups) else np.zeros(0, np.int64)
    people = np.unique(np.stack([account, members[:, 0]], axis=1), axis=0)
    known, counts = np.unique(people[:, 0], return_counts=True)
    names = _names(values, numbers[groups] if len(groups) else numbers, inputs["records"]["company"])
    by, text = array(values.by, pa.string()), array(values.value, pa.string())
    at = array(members[:, 1])
    old = np.array(sorted(given_up), np.int64)
    former = {"alias": ids_of(old, _PREFIX)}
    former["account_id"] = ids_of(np.array([given_up[n] for n in old.tolist()], np.int64), _PREFIX)
    of = {"account_id": ids_of(numbers[groups] if len(groups) else account, _PREFIX), "found_by": by, "value": text}
    made = {
        promised.ACCOUNTS: {
            "account_id": ids_of(known, _PREFIX),
            "name": [names[number] for number in known.tolist()],
            "customers": counts,
        },
        promised.ACCOUNT_MEMBERS: {
            "account_id": ids_of(account, _PREFIX),
            "customer_id": ids_of(members[:, 0]),
            "found_by": by.take(at),
            "value": text.take(at),
        },
        promised.ACCOUNT_VALUES: {**of, "tenant": array(values.tenant, pa.string())},
        promised.FORMER_ACCOUNTS: former,
        promised.ACCOUNT_GUARDS: {
            name: [row[n] for row in sorted(told)] for n, name in enumerate(promised.ACCOUNT_GUARDS.types)
        },
    }
    return {described.name: table_of(described, columns) for described, columns in made.items()}


def _members(values: _Values, customer: Ints) -> Ints:
    """Customer and value, each pair once, in order."""
    pieces = [np.zeros((0, 2), np.int64)]
    for codes in values.of_record:
        known = np.flatnonzero(codes >= 0)
        pieces.append(np.stack([customer[known], codes[known].astype(np.int64)], axis=1))
    return np.unique(np.concatenate(pieces), axis=0)


def _names(values: _Values, account: Ints, company: ArrowArray) -> dict[int, str]:
    """What each account is called: the commonest spelling of `company` in its records, or else its strongest value."""
    names: dict[int, str] = {}
    for number, value in zip(account.tolist(), values.value, strict=True):
        names.setdefault(number, value)
    strongest = np.full(len(company), NO_VALUE, np.int64)
    for codes in reversed(values.of_record):
        strongest = np.where(codes >= 0, codes, strongest)
    spelled = code(company)
    at = np.flatnonzero((strongest >= 0) & (spelled.codes >= 0))
    pairs, counts = np.unique(np.stack([account[strongest[at]], spelled.codes[at]], axis=1), axis=0, return_counts=True)
    best: dict[int, tuple[int, str]] = {}
    for (number, spelling), count in zip(pairs.tolist(), counts.tolist(), strict=True):
        candidate = (-count, spelled.values[spelling].as_py())
        best[number] = min(best.get(number, candidate), candidate)
    return names | {number: name for number, (_, name) in best.items()}


def _named(values: _Values, groups: Ints, inputs: Tables) -> tuple[Ints, dict[int, int]]:
    """Account numbers: an account keeps the oldest id its values led to."""
    before = inputs["before"]
    known = zip(*(before[name].to_pylist() for name in ("tenant", "found_by", "value")), strict=True)
    numbers = numbers_of(before["account_id"])
    led = dict(zip(known, numbers.tolist(), strict=True))
    now = zip(values.tenant, values.by, values.value, strict=True)
    previous = np.array([led.get(value, 0) for value in now], np.int64)
    old, new = numbers_of(inputs["former"]["alias"]), numbers_of(inputs["former"]["account_id"])
    aliases = vanished(numbers, previous) | dict(zip(old.tolist(), new.tolist(), strict=True))
    named = name_groups(groups, previous, aliases)
    return named.numbers, named.given_up

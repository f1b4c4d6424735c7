"""What a changed setting is called, and what it leads to: one rule for each setting, read from top to bottom.

A change is breaking when it may change customer ids, take away tables or columns that others read, or lose data. A
setting without a rule of its own is judged by what happened to it: what is gone may be missed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from kinfolk.model.change import Kind
from kinfolk.model.project import Project

Path = tuple[str, ...]
Verdict = tuple[bool, str]


@dataclass(frozen=True)
class Difference:
    """One setting that differs. deployed: the whole definition as it was; now: the project as it is."""

    path: Path
    before: Any
    after: Any
    deployed: Mapping[str, Any]
    now: Project

    @property
    def kind(self) -> Kind:
        """Whether the setting came, went or took another value."""
        if not self.before and self.before not in (False, 0):
            return Kind.ADDED
        return Kind.CHANGED if self.after or self.after in (False, 0) else Kind.REMOVED


@dataclass(frozen=True)
class Rule:
    """How one setting is spoken of and judged.

    pattern  the setting's path, * for a name
    words    what it is called; {1} is the second step of the path
    public   its values are names of columns, numbers or words of ours: never about a person, never a place
    whole    it is compared as one, however much is inside
    """

    pattern: str
    words: str
    judge: Callable[[Difference], Verdict]
    public: bool = True
    whole: bool = False

    def matches(self, path: Path) -> bool:
        """Whether this is the rule of that setting."""
        steps = self.pattern.split("/")
        return len(steps) == len(path) and self.holds(path)

    def holds(self, path: Path) -> bool:
        """Whether this is the rule of that setting or of one inside it."""
        steps = self.pattern.split("/")
        return len(steps) >= len(path) and all(s in ("*", p) for p, s in zip(path, steps, strict=False))


def rule_of(path: Path) -> Rule | None:
    """The rule of exactly this setting, if it has one."""
    return next((rule for rule in RULES if rule.matches(path)), None)


def holds_rules(path: Path) -> bool:
    """Whether settings inside this one have rules."""
    return any(rule.holds(path) for rule in RULES)


def generic(path: Path) -> Rule:
    """The rule of a setting without one: named by its path, judged by what happened to it."""
    head, *rest = (f"{{{number}}}" for number in range(len(path)))
    words = f"{head}: {' '.join(rest)}" if rest else head
    return Rule("/".join(path), words, _whatever, public=False)


def _whatever(found: Difference) -> Verdict:
    if found.kind is Kind.REMOVED and len(found.path) <= 2:
        return True, "what reads it has nothing to read any more"
    return False, "what it does to the tables is counted below"


def _always(breaking: bool, why: str) -> Callable[[Difference], Verdict]:
    return lambda found: (breaking, why)


def _by_kind(added: Verdict, removed: Verdict, changed: Verdict) -> Callable[[Difference], Verdict]:
    verdicts = {Kind.ADDED: added, Kind.REMOVED: removed, Kind.CHANGED: changed}
    return lambda found: verdicts[found.kind]


def _source(found: Difference) -> Verdict:
    if found.kind is Kind.ADDED:
        return False, "its records join; customers it shows to be one are merged"
    name = found.path[1]
    return True, (
        "its records leave their customers, and customers known by it alone are gone; "
        f"if it only has another name now, write `name: {name}`"
    )


# Options that say how to read, not what.
_MANNERS = frozenset(("delimiter", "quote", "encoding", "header", "skip_lines", "format"))


def _option(found: Difference) -> Verdict:
    if found.path[3] in _MANNERS:
        return False, "everything is read anew"
    if _of_source(found, "load") == "snapshot":
        return True, "what is read now counts as the whole source: records that are not in it are deleted"
    return False, "what is read from now on comes from there; what was taken in stays"


def _load(found: Difference) -> Verdict:
    if found.after == "snapshot":
        return True, "from now on a record that is missing from a load is deleted"
    return False, "a record that is missing from a load is kept from now on"


def _convention(found: Difference) -> Verdict:
    touched = {"country": {"phone", "country", "region", "postcode"}, "dates": {"birth_date"}}
    used = sorted(touched.get(found.path[3], set()) & set(found.now.identity.columns()))
    if used:
        return True, f"{_listed(used)} may read differently, which decides who is one customer"
    return False, "values that say too little by themselves may read differently"


def _mapping(found: Difference) -> Verdict:
    table = found.path[3]
    if found.kind is Kind.ADDED:
        return False, f"its rows join {'the people' if table == 'people' else table}"
    if table == "people":
        return True, "its records leave their customers, and customers known by it alone are gone"
    return True, f"its rows leave {table}"


def _column(found: Difference) -> Verdict:
    table, name = found.path[3], found.path[5]
    if table == "people" and name in found.now.identity.columns():
        return True, "it decides who is one customer: customers may be merged or split"
    if found.kind is Kind.REMOVED and not _still_mapped(found):
        return True, f"no source gives {name} any more: it leaves {_golden(table)}, or is empty there"
    return False, f"values of {name} may change in {_golden(table)}"


def _contract(found: Difference) -> Verdict:
    if found.kind is Kind.ADDED:
        return False, "rows that break it are set aside, or stop the run"
    return True, "nothing is promised of its columns any more, and nothing is checked"


def _promised(found: Difference) -> Verdict:
    if found.kind is Kind.ADDED:
        return False, "rows that break it are set aside, or stop the run"
    return True, "the column is no longer promised to those who read it"


def _model(found: Difference) -> Verdict:
    if found.kind is Kind.ADDED:
        return False, f"models.{found.path[1]} is published"
    return True, f"models.{found.path[1]} is no longer published: whoever reads it has nothing to read any more"


def _status(found: Difference) -> Verdict:
    if found.after == "active":
        return False, "its records join again, with the customers they had"
    return True, "it is no longer read: its records leave their customers until it is active again"


def _merge_at(found: Difference) -> Verdict:
    if not (isinstance(found.before, float) and isinstance(found.after, float)):
        return True, "another threshold holds: customers may be merged or split"
    up = found.after > found.before
    return True, "fewer pairs are one customer: some may be split" if up else "more pairs are one customer"


def _of_source(found: Difference, setting: str) -> Any:
    source = next((s for s in found.now.sources if s.name == found.path[1]), None)
    return str(getattr(source, setting)) if source else None


def _still_mapped(found: Difference) -> bool:
    table, part, name = found.path[3:6]
    mappings = [mapping for source in found.now.sources if (mapping := source.mapping(table))]
    return any(name in getattr(mapping, part) for mapping in mappings)


def _golden(table: str) -> str:
    return "profiles.customers" if table == "people" else f"profiles.{table}"


def _listed(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names)


_SAID = _always(False, "it says something of the data and changes nothing in it")
_EVIDENCE = _always(True, "evidence is weighed anew: customers may be merged or split")
_OTHER_VALUE = _always(False, "another value may become the golden one")

_MAY_BE_USED = _always(True, "whose data may be used for it is another")

_ASKED = _always(False, "events that come from now on are held to it; those that wait can be sent again")
_OTHER_ROWS = _always(False, "its table is made anew; columns and rows are counted below")
_TESTED = _always(False, "what must hold of the data is another")

RULES: tuple[Rule, ...] = (
    Rule("name", "name of the project", _SAID, public=False),
    Rule("engine", "engine", _always(False, "another engine makes the same tables")),
    Rule("time_zone", "time zone", _always(False, "moments that name no zone may read differently")),
    Rule("history", "history", _always(False, "past states can be read for a longer or shorter time")),
    Rule("environment", "environment", _always(False, "each environment keeps its results apart")),
    Rule("landing_of", "landing", _always(True, "other records are read: customers are merged, split or gone")),
    Rule("environments", "environments", _SAID, public=False, whole=True),
    Rule("sources/*", "source {1}", _source),
    Rule("sources/*/connector", "source {1}: connector", _always(True, "other data takes the place of what was read")),
    Rule("sources/*/options/*", "source {1}: {3}", _option, public=False, whole=True),
    Rule(
        "sources/*/record_id",
        "source {1}: record_id",
        _always(True, "every record gets another id, so that its customer's id cannot be kept"),
        whole=True,
    ),
    Rule("sources/*/load", "source {1}: load", _load),
    Rule(
        "sources/*/observed_at",
        "source {1}: observed_at",
        _always(False, "which value is the most recent one is judged anew"),
    ),
    Rule("sources/*/conventions/*", "source {1}: {3}", _convention),
    Rule(
        "sources/*/belongs_to",
        "source {1}: belongs_to",
        _always(True, "its rows may move to other customers"),
        whole=True,
    ),
    Rule(
        "sources/*/cursor",
        "source {1}: cursor",
        _always(False, "what is new in the source is told by another value"),
        whole=True,
    ),
    Rule("sources/*/mappings/*", "source {1}: {3}", _mapping),
    Rule("sources/*/mappings/*/columns/*", "source {1}: {3}.{5}", _column, whole=True),
    Rule("sources/*/mappings/*/attributes/*", "source {1}: {3}.{5}", _column, whole=True),
    Rule("sources/*/status", "source {1}: status", _status),
    *(
        Rule(f"sources/*/{setting}", f"source {{1}}: {setting}", _SAID, public=False)
        for setting in ("description", "owner", "purpose", "lawful_basis", "environment", "refresh")
    ),
    Rule(
        "identity/keys/*",
        "identity: key {2}",
        _by_kind(
            added=(True, "records that share it become one customer"),
            removed=(True, "customers that nothing else holds together are split"),
            changed=(True, "customers may be merged or split"),
        ),
    ),
    Rule(
        "identity/keys/*/at_most",
        "identity: key {2}: at_most",
        _always(True, "values shared by many records join customers, or no longer do"),
    ),
    Rule(
        "identity/keys/*/people",
        "identity: key {2}: people",
        _always(True, "values that several people share join customers, or no longer do"),
    ),
    Rule("identity/matching", "identity: match", _EVIDENCE, public=False),
    Rule("identity/matching/compare/*", "identity: match.compare {3}", _EVIDENCE),
    Rule("identity/matching/block_on", "identity: match.block_on", _EVIDENCE, whole=True),
    Rule("identity/matching/personal", "identity: match.personal", _EVIDENCE, whole=True),
    Rule("identity/matching/model", "identity: match.model", _EVIDENCE, public=False, whole=True),
    Rule("identity/matching/merge_at", "identity: match.merge_at", _merge_at),
    Rule(
        "identity/matching/review_at",
        "identity: match.review_at",
        _always(False, "more or fewer pairs wait for a steward"),
    ),
    Rule(
        "identity/matching/largest",
        "identity: match.largest",
        _always(True, "large customers may be put together, or cut"),
    ),
    Rule(
        "identity/never/*",
        "identity: never different {2}",
        _by_kind(
            added=(True, "customers whose records differ in it are split"),
            removed=(True, "records that were held apart may become one customer"),
            changed=(True, "customers may be merged or split"),
        ),
    ),
    Rule("identity/tenant", "identity: tenant", _always(True, "other records may meet: customers are merged or split")),
    Rule(
        "identity/ignore/*",
        "identity: ignore {2}",
        _always(True, "values join customers again, or no longer do"),
        public=False,
        whole=True,
    ),
    Rule("survivorship/default", "survivorship: default", _OTHER_VALUE, public=False, whole=True),
    Rule("survivorship/trust", "survivorship: trust", _OTHER_VALUE, whole=True),
    Rule("survivorship/fields/*", "survivorship: {2}", _OTHER_VALUE, public=False, whole=True),
    Rule(
        "survivorship/core_fields",
        "core_fields",
        _always(False, "completeness is counted over other fields"),
        whole=True,
    ),
    Rule("contracts/*", "contract of {1}", _contract),
    Rule("contracts/*/version", "contract of {1}: version", _SAID),
    Rule("contracts/*/written", "contract of {1}: text", _SAID, public=False),
    Rule("contracts/*/properties/*", "contract of {1}: {3}", _promised),
    Rule("models/*", "model {1}", _model),
    *(
        Rule(f"models/*/{setting}", f"model {{1}}: {setting}", _SAID, public=False, whole=True)
        for setting in ("description", "owner", "grain", "columns")
    ),
    *(
        Rule(f"models/*/{setting}", f"model {{1}}: {setting}", _OTHER_ROWS, public=False, whole=True)
        for setting in ("language", "inputs", "origins", "keys")
    ),
    Rule("models/*/text", "model {1}", _OTHER_ROWS, public=False),
    Rule("models/*/reads", "model {1}: reads", _OTHER_ROWS, whole=True),
    Rule("models/*/tests/*", "model {1}: test", _TESTED, public=False, whole=True),
    Rule("models/*/tests", "model {1}: tests", _TESTED, public=False, whole=True),
    Rule("model_tests/*", "test {1}", _TESTED, public=False, whole=True),
    Rule(
        "consent/purposes/*",
        "consent: purpose {2}",
        _by_kind(
            added=(False, "every customer gets a state for it in consent.state"),
            removed=(True, "consent.state says nothing of it any more"),
            changed=(True, "whose data may be used for it is another"),
        ),
    ),
    *(
        Rule(f"consent/purposes/*/{setting}", f"consent: purpose {{2}}: {setting}", _MAY_BE_USED, whole=True)
        for setting in ("basis", "default", "months", "minimum_age", "channels", "topics")
    ),
    *(
        Rule(f"consent/purposes/*/{setting}", f"consent: purpose {{2}}: {setting}", _SAID, public=False)
        for setting in ("title", "use")
    ),
    *(
        Rule(f"consent/{words}", f"consent: {words}", _MAY_BE_USED, public=False, whole=True)
        for words in ("formerly", "ended")
    ),
    Rule("consent/purposes/*/ended", "consent: purpose {2}: ended", _MAY_BE_USED, public=False, whole=True),
    Rule("consent/versions/*", "consent: version {2}", _SAID, public=False, whole=True),
    Rule("tracking/*", "tracking plan {1}", _ASKED),
    Rule("tracking/*/events/*", "tracking plan {1}: event {3}", _ASKED),
    Rule("tracking/*/calls/*", "tracking plan {1}: {3}", _ASKED),
    *(
        Rule(f"tracking/*/{kind}/*/schema", "tracking plan {1}: schema of {3}", _ASKED, public=False)
        for kind in ("events", "calls")
    ),
    *(
        Rule(f"tracking/*/{kind}/*/{setting}", f"tracking plan {{1}}: {setting} of {{3}}", _SAID, public=False)
        for kind in ("events", "calls")
        for setting in ("description", "owner", "since")
    ),
    *(
        Rule(f"tracking/*/{setting}", f"tracking plan {{1}}: {setting}", _ASKED, whole=True)
        for setting in ("sources", "unplanned", "violations", "timestamp", "future", "past")
    ),
    Rule("ownership/people", "owners: people", _SAID, public=False, whole=True),
    Rule("ownership/domains/*", "owners: domain {2}", _SAID, public=False, whole=True),
    Rule("ownership/council", "owners: council", _SAID, public=False, whole=True),
)

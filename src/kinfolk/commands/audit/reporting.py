"""`kinfolk identity audit report`: what the judges' verdicts say about everything the sample was drawn from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from kinfolk.commands.audit import key as keys
from kinfolk.commands.audit import sheet
from kinfolk.commands.audit.estimating import Estimate, Stratum, divided, share_of, total
from kinfolk.commands.audit.key import AuditKey, PairKey, StratumKey
from kinfolk.commands.audit.sheet import Verdicts
from kinfolk.errors import KinfolkError
from kinfolk.stages.identity.frame import FAR

TARGET = 0.02  # share of customers with a double that a golden set may have
SAME, DIFFERENT, NOT_SURE = sheet.VERDICTS


@dataclass(frozen=True)
class StratumResult:
    """What came of one stratum: pairs in it, drawn, judged, found to be one person, left open by the judges."""

    name: str
    units: float
    drawn: int
    judged: int
    same: int
    not_sure: int
    expected: float | None


@dataclass(frozen=True)
class Agreement:
    """How far two judges agree on the pairs both judged.

    kappa  beyond chance (Cohen 1960); None where chance alone would make them agree
    """

    first: str
    second: str
    pairs: int
    agreed: float
    kappa: float | None


@dataclass(frozen=True)
class JudgedPair:
    """One verdict on two records, each as (source, record id), as it may be kept as a decision."""

    first: tuple[str, str]
    second: tuple[str, str]
    verdict: str
    judges: tuple[str, ...]


@dataclass(frozen=True)
class Report:
    """An audit's result, of the state it was drawn from.

    precision   share of the pairs of records inside customers that are one person
    missed      share of the pairs of records of one person, among those the audit's net reaches, that are not joined
    duplicates  share of customers that have another customer who is the same person
    unsure      the three numbers if every pair left open went against the customers: lowest and highest
    target      met, not met, or cannot tell yet
    notes       what to keep in mind, in sentences
    """

    audit: str
    run_id: int | None
    drawn_at: str
    records: int
    customers: int
    precision: Estimate
    missed: Estimate
    duplicates: Estimate
    unsure: tuple[float, float, float] | None
    target: str
    strata: list[StratumResult]
    agreement: list[Agreement]
    notes: list[str]


def report(files: Sequence[Path], key: Path | None = None) -> Report:
    """The result of an audit from the files of one judge or several, who may have judged all pairs or some.

    Errors  KinfolkError where a file is not of that audit, or nothing is judged yet; NotFoundError without the key
    """
    made, judges = _read(files, key)
    verdicts = settled(judges)
    if not any(verdict != NOT_SURE for verdict in verdicts.values()):
        hint = f"Write {', '.join(sheet.VERDICTS)} into the column verdict."
        raise KinfolkError("Nothing is judged yet.", where=str(files[0]), hint=hint)
    precision, missed, duplicates = estimates(made, verdicts)
    open_ = NOT_SURE in verdicts.values()
    return Report(
        audit=made.audit,
        run_id=made.run_id,
        drawn_at=made.drawn_at,
        records=made.records,
        customers=made.customers,
        precision=precision,
        missed=missed,
        duplicates=duplicates,
        unsure=_against(made, verdicts) if open_ else None,
        target=verdict_on(duplicates),
        strata=[_result(stratum, made, verdicts) for stratum in made.strata],
        agreement=[_agreement(a, b) for a, b in combinations(judges, 2)],
        notes=list(_notes(made, verdicts)),
    )


def judged_pairs(files: Sequence[Path], key: Path | None = None) -> list[JudgedPair]:
    """Every pair that was judged, with the verdict the judges share (not sure where they disagree)."""
    made, judges = _read(files, key)
    verdicts = settled(judges)
    return [
        JudgedPair(
            pair.first,
            pair.second,
            verdicts[pair.pair],
            tuple(judge.judge for judge in judges if pair.pair in judge.verdicts),
        )
        for pair in made.pairs
        if pair.pair in verdicts
    ]


def _read(files: Sequence[Path], key: Path | None) -> tuple[AuditKey, list[Verdicts]]:
    judges = [sheet.read(file) for file in files]
    made = keys.read(key) if key else keys.find(judges[0].audit, files[0].absolute().parent)
    known = {pair.pair for pair in made.pairs}
    for file, judge in zip(files, judges, strict=True):
        if judge.audit != made.audit:
            raise KinfolkError(f"It is not of audit {made.audit}.", where=str(file), hint="Each audit has its own key.")
        if strange := sorted(set(judge.verdicts) - known):
            where = f"{file}, row {judge.rows[strange[0]]}"
            raise KinfolkError(f"Audit {made.audit} drew no pair {strange[0]}.", where=where)
    return made, judges


def settled(judges: Iterable[Verdicts]) -> dict[int, str]:
    """Number of each judged pair -> what most judges say; not sure where as many say otherwise."""
    said: dict[int, list[str]] = {}
    for judge in judges:
        for pair, verdict in judge.verdicts.items():
            said.setdefault(pair, []).append(verdict)
    agreed = {}
    for pair, verdicts in said.items():
        counts = Counter(verdicts).most_common(2)
        tie = len(counts) > 1 and counts[0][1] == counts[1][1]
        agreed[pair] = NOT_SURE if tie else counts[0][0]
    return agreed


def estimates(made: AuditKey, verdicts: Mapping[int, str]) -> tuple[Estimate, Estimate, Estimate]:
    """Merge precision, missed-match rate and duplicate rate; pairs left open count as if they had not been drawn."""
    by_stratum: dict[str, list[PairKey]] = {stratum.code: [] for stratum in made.strata}
    for pair in made.pairs:
        if verdicts.get(pair.pair, NOT_SURE) != NOT_SURE:
            by_stratum[pair.stratum].append(pair)

    def strata(joined: bool, counted: str) -> list[Stratum]:
        return [
            Stratum(
                stratum.units,
                stratum.listed,
                getattr(stratum, counted),
                tuple((getattr(p, counted), verdicts[p.pair] == SAME) for p in by_stratum[stratum.code]),
                trusted=stratum.name == FAR and stratum.expected is not None,
            )
            for stratum in made.strata
            if stratum.joined == joined
        ]

    inside, between = strata(True, "pairs"), strata(False, "pairs")
    right, missing = total(inside), total(between)
    doubles = divided(total(strata(False, "doubles")), made.customers)
    return divided(right, sum(s.weight for s in inside)), share_of(missing, right), doubles


def _against(made: AuditKey, verdicts: Mapping[int, str]) -> tuple[float, float, float]:
    joined = {stratum.code for stratum in made.strata if stratum.joined}
    worst = {
        pair.pair: (DIFFERENT if pair.stratum in joined else SAME)
        for pair in made.pairs
        if verdicts.get(pair.pair) == NOT_SURE
    }
    precision, missed, duplicates = estimates(made, {**verdicts, **worst})
    return precision.value, missed.value, duplicates.value


def verdict_on(duplicates: Estimate) -> str:
    """Whether the target is met."""
    if duplicates.high <= TARGET:
        return "met"
    return "not met" if duplicates.low > TARGET else "cannot tell yet"


def _result(stratum: StratumKey, made: AuditKey, verdicts: Mapping[int, str]) -> StratumResult:
    said = [verdicts.get(pair.pair) for pair in made.pairs if pair.stratum == stratum.code]
    counts = Counter(said)
    judged = counts[SAME] + counts[DIFFERENT]
    return StratumResult(
        stratum.name, stratum.units, len(said), judged, counts[SAME], counts[NOT_SURE], stratum.expected
    )


def _agreement(a: Verdicts, b: Verdicts) -> Agreement:
    both = sorted(a.verdicts.keys() & b.verdicts.keys())
    pairs = [(a.verdicts[n], b.verdicts[n]) for n in both]
    if not pairs:
        return Agreement(a.judge, b.judge, 0, 0.0, None)
    agreed = sum(x == y for x, y in pairs) / len(pairs)
    first, second = Counter(x for x, _ in pairs), Counter(y for _, y in pairs)
    chance = sum(first[v] * second[v] for v in sheet.VERDICTS) / len(pairs) ** 2
    return Agreement(a.judge, b.judge, len(pairs), agreed, None if chance == 1 else (agreed - chance) / (1 - chance))


def _notes(made: AuditKey, verdicts: Mapping[int, str]) -> Iterable[str]:
    left = len(made.pairs) - len(verdicts)
    if left:
        yield f"{left:,} of {len(made.pairs):,} pairs are not judged yet; they count as if they had not been drawn."
    unsure = sum(verdict == NOT_SURE for verdict in verdicts.values())
    if unsure:
        yield f"{unsure:,} pairs were left open or judged differently; they count as if they had not been drawn."
    judged = {pair.stratum for pair in made.pairs if verdicts.get(pair.pair, NOT_SURE) != NOT_SURE}
    for stratum in made.strata:
        if stratum.code not in judged and stratum.name != FAR:
            yield f"Nothing is judged of the stratum “{stratum.name}”, so the intervals allow for anything there."
    far = [s for s in made.strata if s.name == FAR and s.expected is not None]
    same = any(verdicts.get(p.pair) == SAME and p.stratum == s.code for s in far for p in made.pairs)
    if far and not same:
        yield (
            f"None of the judged pairs “{FAR}” is one person, so all {far[0].units:,.0f} of them count as different; "
            f"the model expects {(far[0].expected or 0) * far[0].units:,.1f} among them."
        )
    yield "Pairs alike in nothing, whole or blurred, are beyond this audit."

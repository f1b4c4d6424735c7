"""A spot audit from the sample to the numbers: blind, by one judge or two, and long after the state has moved on."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from kinfolk.commands import audit
from kinfolk.commands.audit.reporting import verdict_on
from kinfolk.errors import ExistsError, KinfolkError, NotFoundError
from tests.company import Company
from tests.stages.identity.population import records

SOURCE = """
record_id: id
people: {first_name: first_name, last_name: last_name, birth_date: birth_date, email: email, phone: phone}
"""
RULES = """
keys: [email]
match:
  compare: {first_name: name, last_name: name, birth_date: date, phone: phone}
"""
Judge = Callable[[dict[str, str]], str]


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Company:
    made = Company(tmp_path_factory.mktemp("company"))
    rows = [{"id": number, **row} for number, row in enumerate(records(people=60, each=3))]
    rows[0]["last_name"] = "=HYPERLINK(0)"
    made.csv("crm", rows)
    made.source("crm", SOURCE)
    made.identity(RULES)
    made.run()
    return made


def rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as opened:
        return list(csv.DictReader(opened))


def judged(file: Path, judge: Judge, name: str = "audit") -> Path:
    """The file as a judge hands it back."""
    filled = [{**row, "verdict": judge(row)} for row in rows(file)]
    out = file.with_name(f"{name}.csv")
    with out.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.DictWriter(opened, list(filled[0]))
        writer.writeheader()
        writer.writerows(filled)
    return out


def by_name(row: dict[str, str]) -> str:
    return "same" if row["first_name_a"] == row["first_name_b"] else "different"


def test_the_judges_see_both_records_and_nothing_of_what_was_decided(company: Company, tmp_path: Path) -> None:
    made = audit.draw(company.folder, tmp_path / "audit.csv", size=60, seed=4)
    shown = rows(made.file)
    assert len(shown) == made.pairs == 60
    assert {"first_name_a", "first_name_b", "phone_a", "phone_b", "stratum", "inclusion_probability"} <= set(shown[0])
    assert all(row["verdict"] == "" for row in shown)
    told = " ".join(" ".join(row.values()) for row in shown) + " ".join(shown[0])
    customers = {customer for (customer,) in company.ask("select distinct customer_id from identity.members")}
    assert not any(customer in told.split() for customer in customers)
    assert "joined" not in told and "customer" not in told and "weight" not in told
    assert all(not value.startswith("=") for row in shown for value in row.values()), "no formula for a spreadsheet"


def test_one_seed_draws_one_sample(company: Company, tmp_path: Path) -> None:
    twice = [audit.draw(company.folder, tmp_path / f"{n}.csv", size=30, seed=9).file for n in (1, 2)]
    pairs = [[(row["record_id_a"], row["record_id_b"], row["stratum"]) for row in rows(file)] for file in twice]
    assert pairs[0] == pairs[1]
    with pytest.raises(ExistsError, match="verdicts"):
        audit.draw(company.folder, twice[0])


def test_the_report_needs_no_project_and_says_what_it_rests_on(company: Company, tmp_path: Path) -> None:
    made = audit.draw(company.folder, tmp_path / "audit.csv", size=80, seed=2)
    found = audit.report([judged(made.file, by_name)])
    assert found.audit == made.audit and found.run_id == 1
    for value in (found.precision, found.missed, found.duplicates):
        assert 0 <= value.low <= value.value <= value.high <= 1
    assert found.precision.value > 0.9
    assert sum(stratum.judged for stratum in found.strata) == 80
    assert any("beyond this audit" in note for note in found.notes)


def test_pairs_left_open_or_unjudged_are_counted_and_said(company: Company, tmp_path: Path) -> None:
    made = audit.draw(company.folder, tmp_path / "audit.csv", size=40, seed=2)
    open_ = {"1": "Not  sure", "2": "", "3": "not sure"}
    found = audit.report([judged(made.file, lambda row: open_.get(row["pair"], by_name(row)))])
    assert found.unsure is not None
    assert found.unsure[0] <= found.precision.value and found.unsure[2] >= found.duplicates.value
    assert sum(stratum.not_sure for stratum in found.strata) == 2
    assert any(note.startswith("1 of 40 pairs") for note in found.notes)


def test_two_judges_are_held_against_each_other(company: Company, tmp_path: Path) -> None:
    made = audit.draw(company.folder, tmp_path / "audit.csv", size=40, seed=2)
    ada = judged(made.file, lambda row: "same" if int(row["pair"]) <= 20 else "different", "ada")
    bob = judged(made.file, lambda row: "same" if int(row["pair"]) <= 19 else "different", "bob")
    [agreement] = audit.report([ada, bob]).agreement
    assert agreement.agreed == 39 / 40
    assert agreement.kappa == pytest.approx((39 / 40 - 1 / 2) / (1 - 1 / 2)), "by chance they would agree on half"
    said = [pair.verdict for pair in audit.judged_pairs([ada, bob])]
    assert said == ["same"] * 19 + ["not sure"] + ["different"] * 20


def test_judges_who_agree_by_chance_alone_have_no_kappa(company: Company, tmp_path: Path) -> None:
    made = audit.draw(company.folder, tmp_path / "audit.csv", size=10, seed=2)
    both = [judged(made.file, lambda row: "same", name) for name in ("ada", "bob")]
    assert audit.report(both).agreement[0].kappa is None


@pytest.mark.parametrize(
    ("spoilt", "says"),
    [
        (lambda text: text.replace(",,,crm", ",maybe,,crm", 1), "'maybe' is no verdict"),
        (lambda text: "a,b\n1,2\n", "no judged pairs"),
        (lambda text: "", "several audits, or none"),
        (lambda text: text, "Nothing is judged"),
    ],
)
def test_a_file_that_cannot_be_understood_is_refused(
    company: Company, tmp_path: Path, spoilt: Callable[[str], str], says: str
) -> None:
    made = audit.draw(company.folder, tmp_path / "audit.csv", size=10, seed=2)
    made.file.write_text(spoilt(made.file.read_text(encoding="utf-8-sig")), encoding="utf-8")
    with pytest.raises(KinfolkError, match=says):
        audit.report([made.file])


def test_contradicting_rows_and_strange_pairs_are_named(company: Company, tmp_path: Path) -> None:
    made = audit.draw(company.folder, tmp_path / "audit.csv", size=10, seed=2)
    file = judged(made.file, by_name)
    text = file.read_text(encoding="utf-8-sig")
    head, *_ = found = rows(file)
    again = dict(head, verdict="different" if head["verdict"] == "same" else "same", note="one line\u2028and another")
    with file.open("a", encoding="utf-8", newline="") as out:
        csv.DictWriter(out, list(head)).writerow(again)
    with pytest.raises(KinfolkError, match=f"Pair {head['pair']} is .* here and .* in row 2") as caught:
        audit.report([file])
    assert f"row {len(found) + 2}" in str(caught.value)
    file.write_text(text.replace(f"{head['audit']},{head['pair']},", f"{head['audit']},9999,", 1), encoding="utf-8")
    with pytest.raises(KinfolkError, match="drew no pair 9999"):
        audit.report([file])
    file.write_text(text, encoding="utf-16")
    with pytest.raises(KinfolkError, match="no text in UTF-8"):
        audit.report([file])


def test_a_file_without_its_key_is_refused(company: Company, tmp_path: Path) -> None:
    made = audit.draw(company.folder, tmp_path / "audit.csv", size=10, seed=2)
    made.key.unlink()
    with pytest.raises(NotFoundError, match=made.audit):
        audit.report([judged(made.file, by_name)])
    other = audit.draw(company.folder, tmp_path / "other.csv", size=10, seed=2)
    with pytest.raises(KinfolkError, match="not of audit"):
        audit.report([made.file], other.key)
    whole = json.loads(other.key.read_text())
    strangers = [{**pair, "stratum": "of another audit"} for pair in whole["pairs"]]
    for edited in ({"schema": "something else"}, {**whole, "records": "many"}, {**whole, "pairs": strangers}):
        other.key.write_text(json.dumps(edited))
        with pytest.raises(KinfolkError, match="no key"):
            audit.report([made.file], other.key)


def test_the_target_is_met_missed_or_not_yet_known() -> None:
    said = [verdict_on(audit.Estimate(value, low, high)) for value, low, high in (
        (0.01, 0.0, 0.02), (0.05, 0.03, 0.08), (0.01, 0.0, 0.03)
    )]  # fmt: skip
    assert said == ["met", "not met", "cannot tell yet"]


def test_the_models_opinion_is_had_before_anybody_judges(company: Company) -> None:
    found = audit.estimate(company.folder)
    assert found.records == 180
    assert found.precision is not None and 0.5 < found.precision <= 1
    assert 0 <= found.duplicates <= 1 and 0 <= found.missed <= 1


def test_keys_alone_are_audited_too_but_have_no_opinion(tmp_path: Path) -> None:
    company = Company(tmp_path / "keys")
    company.csv("crm", [{"id": n, **row} for n, row in enumerate(records(people=20, each=2))])
    company.source("crm", SOURCE)
    company.identity("keys: [email]\n")
    company.run()
    made = audit.draw(company.folder, tmp_path / "audit.json", size=40, seed=1)
    shown = json.loads(made.file.read_text())
    assert {row["stratum"] for row in shown} and len(shown) == 40
    made.file.write_text(json.dumps([{**row, "verdict": by_name(row)} for row in shown]))
    assert audit.report([made.file]).precision.value == 1
    with pytest.raises(NotFoundError, match="no model"):
        audit.estimate(company.folder)

"""A matching model leaves one project and comes into another, which scores by it; a wrong file changes nothing."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from kinfolk.commands.portable_model import IMPORTED, Export, export_model, import_model
from kinfolk.errors import ExistsError, NotFoundError, ProjectError
from kinfolk.model.run import RunStatus
from tests.company import Company
from tests.stages.identity.population import records

SPLINK = Path(__file__).parents[1] / "stages" / "identity" / "splink_model.json"
LEARNED = """
match:
  compare: {first_name: name, last_name: name, birth_date: date, email: email, phone: phone, street: address}
  personal: [first_name, birth_date]
"""
GIVEN = f"match:\n  model: {IMPORTED}\n"
SOURCE = (
    "record_id: id\ndates: YMD\npeople: {first_name: first_name, last_name: last_name, birth_date: birth_date, "
    "email: email, phone: phone, street: street, city: city}\n"
)


def company_of(folder: Path, people: int = 60, seed: int = 5) -> Company:
    """A company whose people have three records each."""
    company = Company(folder)
    rng = random.Random(seed)
    rows = [{"id": n, "city": rng.choice(["Bonn", "Köln"]), **row} for n, row in enumerate(records(people, 3, seed))]
    company.csv("crm", rows)
    company.source("crm", SOURCE)
    company.identity(LEARNED)
    return company


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Company:
    """A company that has learned its model."""
    company = company_of(tmp_path_factory.mktemp("learned"))
    company.run()
    return company


def scored(company: Company) -> tuple[Any, Any]:
    pairs = "select record_no_a, record_no_b, round(weight, 9) from identity.pairs order by all"
    return company.ask("select record_id, customer_id from identity.members order by all"), company.ask(pairs)


def test_a_model_taken_out_and_in_again_scores_the_same_pairs_alike(learned: Company, tmp_path: Path) -> None:
    file = tmp_path / "model.json"
    assert export_model(learned.folder, Export(file)).files == (str(file),)
    company = company_of(tmp_path / "other")
    assert "first_name" in import_model(company.folder, file).columns
    company.identity(GIVEN)
    assert company.run().status is RunStatus.PUBLISHED
    assert scored(company) == scored(learned)
    [(model,)] = company.ask("select model from identity.model")
    assert not json.loads(model)["diagnostics"], "nothing was learned, so there is nothing that could not be"


def test_a_model_that_left_by_way_of_splink_keeps_its_levels_and_shares(learned: Company, tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours.json", tmp_path / "theirs.json"
    export_model(learned.folder, Export(ours))
    told = export_model(learned.folder, Export(theirs, splink=True, records=tmp_path / "records"))
    assert any("household" in words for words in told.left_out)
    assert {path.name for path in (tmp_path / "records").iterdir()} >= {"records.parquet", "tf_email.parquet"}
    company = company_of(tmp_path / "other")
    import_model(company.folder, theirs)
    back, before = json.loads((company.folder / IMPORTED).read_text()), json.loads(ours.read_text())
    assert (back["prior"], back["blocking"]) == (before["prior"], before["blocking"])
    for field, was in zip(back["fields"], before["fields"], strict=True):
        assert (field["column"], field["kind"]) == (was["column"], was["kind"])
        assert [(x["m"], x["u"]) for x in field["levels"]] == [(x["m"], x["u"]) for x in was["levels"]]


def test_an_exported_model_holds_no_value_of_anybody(learned: Company, tmp_path: Path) -> None:
    for splink in (False, True):
        export_model(learned.folder, Export(tmp_path / "model.json", splink=splink, replace=splink))
        text = (tmp_path / "model.json").read_text()
        assert "mail.example" not in text and "Anna" not in text and "+4930" not in text


def test_a_project_scores_by_a_model_that_splink_trained(tmp_path: Path) -> None:
    company = company_of(tmp_path)
    import_model(company.folder, SPLINK, columns={"surname": "last_name", "dob": "birth_date"})
    company.identity(GIVEN + "  merge_at: 0.9\n")
    company.run()
    [(customers,)] = company.ask("select count(distinct customer_id) from identity.members")
    assert customers == pytest.approx(60, abs=12)
    [(model,)] = company.ask("select model from identity.model")
    kinds = {field["column"]: field["kind"] for field in json.loads(model)["fields"]}
    assert kinds["last_name"] == "levenshtein<=1 levenshtein<=2"
    email = next(field for field in json.loads(model)["fields"] if field["column"] == "email")
    assert not email["term_frequency"]


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"surnam": "last_nam"}, "The model has no column `surnam`"),
        ({"surname": "lst_name", "dob": "birth_date"}, "`lst_name` is neither a canonical column.*Did you mean"),
    ],
)
def test_a_column_is_renamed_only_from_one_the_model_has_to_one_the_project_has(
    columns: dict[str, str], said: str, tmp_path: Path
) -> None:
    company = company_of(tmp_path)
    with pytest.raises(NotFoundError, match=said):
        import_model(company.folder, SPLINK, columns=columns)
    assert not (company.folder / "matching-model.json").exists()


def test_a_file_of_another_schema_is_refused_and_what_is_published_stays(learned: Company, tmp_path: Path) -> None:
    before = learned.published()
    model = learned.write(IMPORTED, '{\n "version": 2,\n "schema": "kinfolk-matching-model/9"\n}\n')
    try:
        with pytest.raises(ProjectError) as found:
            import_model(learned.folder, model, "other.json")
        assert f"{model}:3: This is a model neither of Kinfolk nor of Splink: its schema is" in str(found.value)
        learned.identity(GIVEN)
        with pytest.raises(ProjectError) as found:
            learned.run()
        assert f"{IMPORTED}:3: This is no matching model of Kinfolk: its schema is `kinfolk-matching-model/9`" in str(
            found.value
        )
        model.write_bytes(SPLINK.read_bytes())
        with pytest.raises(ProjectError, match="It looks like a model of Splink"):
            learned.run()
    finally:
        model.unlink()
        learned.identity(LEARNED)
    assert not (learned.folder / "other.json").exists()
    assert learned.published() == before
    assert learned.run().status is RunStatus.UNCHANGED


def test_a_file_is_not_written_over_unless_asked(learned: Company, tmp_path: Path) -> None:
    company = company_of(tmp_path, people=1)
    export_model(learned.folder, Export(tmp_path / "model.json"))
    import_model(company.folder, tmp_path / "model.json")
    with pytest.raises(ExistsError, match="--replace"):
        import_model(company.folder, tmp_path / "model.json")
    import_model(company.folder, tmp_path / "model.json", replace=True)


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("comparisons", [None], "Comparison 1 has no list of `comparison_levels`"),
        ("comparisons", [{"output_column_name": "a", "comparison_levels": "x"}], "Comparison 1 has no list"),
        ("comparisons", [{"output_column_name": "a", "comparison_levels": [1]}], "Comparison 1 has no list"),
        ("comparisons", {}, "There are no comparisons"),
        ("blocking_rules_to_generate_predictions", "l.city = r.city", "is no list"),
    ],
)
def test_what_splink_does_not_write_is_refused(tmp_path: Path, key: str, value: Any, said: str) -> None:
    Company(tmp_path)
    wrong = tmp_path / "splink.json"
    wrong.write_text(json.dumps({**json.loads(SPLINK.read_text()), key: value}))
    with pytest.raises(ProjectError, match=said):
        import_model(tmp_path, wrong)
    assert not (tmp_path / IMPORTED).exists()


def test_without_matching_there_is_no_model_to_export(tmp_path: Path) -> None:
    company = company_of(tmp_path, people=2)
    company.identity("keys: [email]\n")
    company.run()
    with pytest.raises(NotFoundError, match="There is no model"):
        export_model(company.folder, Export(tmp_path / "model.json"))

"""Splink's settings: ours as Splink reads them, and Splink's as ours, or a sentence that says why not."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from kinfolk.stages.identity.coding import Column, code, in_form
from kinfolk.stages.identity.comparison import fields
from kinfolk.stages.identity.evidence import comparer
from kinfolk.stages.identity.model import FieldModel, Model
from kinfolk.stages.identity.splink import settings
from kinfolk.stages.identity.splink_import import imported
from kinfolk.stages.identity.splink_sql import blocking_rule, conditions
from tests.stages.identity.population import COMPARE

SPLINK = json.loads((Path(__file__).parent / "splink_model.json").read_text())
KINDS = {
    **COMPARE,
    "company_name": "company",
    "city": "text",
    "postcode": "exact",
    "job_title": "jaro_winkler>=0.9 levenshtein<=2 jaro>=0.7 damerau_levenshtein<=3",
    "tier": "days<=31",
}
VALUES = {
    "first_name": ["Anna", "Anna Maria", "A", "Hanna", "Ann", "Smith", "Zoe", "O'Neil", None],
    "last_name": ["Smith", "Smyth", "Smith Jones", "Anna", "Hanna", "Zander", None],
    "birth_date": ["1980-02-11", "1980-11-02", "1980-02-12", "1981-02-11", "1980-03-09", "1890-02-11", "soon", None],
    "email": [
        "anna.smith@x.org", "annasmith@x.org", "anna+a@x.org", "anna.smith@y.org", "anna.smiht@x.org",
        "anna.smith7@y.org", "smith@y.org", "zoe@z.com", None,
    ],
    "phone": ["+351912345678", "912345678", "+351912345679", "+351812345678", "12345", None],
    "street": ["12 Stanley Street", "Stanley St 12", "Stanley St", "14 Stanley St", "12 Stanlei St", "3 Rd", None],
    "company_name": ["Acme Tools Ltd", "Acme", "Acme Tool", "Bolt GmbH", "Acmee Tools", None],
    "city": ["Lisbon", "Lisboa", "Lisbn", "Porto", None],
    "postcode": ["1000", "2000", None],
    "job_title": ["engineer", "enginer", "engneier", "banker", "designer", None],
    "tier": ["2020-01-01", "2020-01-30", "2020-03-01", "never", None],
}  # fmt: skip


def model(kinds: dict[str, str] = KINDS) -> Model:
    """A model of these columns, each level with shares of its own."""
    made, judge = (
        [],
        comparer(fields({n: code(pa.chunked_array([["x"]])) for n in kinds}, kinds), [np.zeros(1, np.int32)] * 11),
    )
    for number, field in enumerate(judge.fields):
        words = field.kind.levels + (("swapped",) if judge.swap is not None and judge.swap[0] == number else ())
        m = np.arange(len(words), 0, -1.0)
        shares = tuple((m / m.sum()).tolist())
        made.append(FieldModel(field.name, kinds[field.name], words, shares, shares[::-1], known=100))
    blocking = ({"columns": ["birth_date"]}, {"columns": ["first_name", "postcode"]})
    return Model(tuple(made), 1e-4, None, 100, blocking=blocking)


def exported() -> dict[str, Any]:
    one = model()
    rules = [blocking_rule(rule["columns"], {n: n for n in KINDS}) for rule in one.blocking]
    return settings(one, "duckdb", conditions(KINDS), rules)


def test_a_model_of_ours_comes_back_from_splinks_settings_as_it_was() -> None:
    given = json.loads(json.dumps(exported()))
    for comparison in given["comparisons"]:
        comparison["comparison_description"] = "CustomComparison"  # as Splink calls it when it saves
    whole, refused = imported(given, {})
    assert not refused
    assert whole["prior"] == 1e-4
    assert whole["blocking"] == [["birth_date"], ["first_name", "postcode"]]
    for field, back in zip(model().fields, whole["fields"], strict=True):
        assert (back["column"], back["kind"], back["term_frequency"]) == (field.column, field.kind, True)
        assert [(level["m"], level["u"]) for level in back["levels"]] == list(zip(field.m, field.u, strict=True))


def test_the_sql_for_splink_tells_the_levels_that_we_tell() -> None:
    """All kinds at once, on random rows: levels depend on other columns where names change places."""
    rng = random.Random(5)
    rows = [{name: rng.choice(values) for name, values in VALUES.items()} for _ in range(120)]
    columns: dict[str, Column] = {
        name: in_form(code(pa.chunked_array([[row[name] for row in rows]], pa.string())), KINDS[name]) for name in KINDS
    }
    judge = comparer(fields(columns, KINDS), [column.codes for column in columns.values()])
    a, b = (side.astype(np.int64) for side in np.triu_indices(len(rows), 1))
    ours = judge.compare(a, b)
    formed = {"id": np.arange(len(rows))}
    texts = {n: c.values.take(pa.array(c.codes, mask=c.codes < 0)) for n, c in columns.items()}
    with duckdb.connect() as connection:
        connection.register("rows", pa.table({**formed, **texts}))
        sides = ", ".join(f'l."{name}" as "{name}_l", r."{name}" as "{name}_r"' for name in KINDS)
        connection.execute(
            f"create table p as select {sides} from rows l join rows r on l.id < r.id order by l.id, r.id"
        )
        for number, (name, told) in enumerate(zip(KINDS, conditions(KINDS), strict=True)):
            last = told.order(len(model().fields[number].levels))[-1]
            cases = " ".join(f"when {condition} then {level}" for level, condition in told.levels)
            text = f"select case when {told.unknown} then 0 {cases} else {last} end as level from p"
            theirs = connection.execute(text).fetchnumpy()["level"]
            assert (np.asarray(theirs) == ours[number]).all(), name


def test_a_model_that_splink_trained_is_taken_over_for_what_it_says() -> None:
    whole, refused = imported(SPLINK, {"surname": "last_name", "dob": "birth_date"})
    assert not refused
    assert {field["column"]: field["kind"] for field in whole["fields"]} == {
        "first_name": "text",  # whose levels are at these very limits
        "last_name": "levenshtein<=1 levenshtein<=2",
        "birth_date": "levenshtein<=1 days<=30.4375 days<=365.25 days<=3652.5",
        "city": "exact",
        "email": "damerau_levenshtein<=1",
    }
    assert [field["term_frequency"] for field in whole["fields"]] == [True, True, False, True, False]
    assert whole["blocking"] == [["first_name"], ["last_name", "city"], ["birth_date"]]


EXACT = {"sql_condition": '"a_l" = "a_r"', "label_for_charts": "same", "m_probability": 0.9, "u_probability": 0.1}
ELSE = {"sql_condition": "ELSE", "label_for_charts": "else", "m_probability": 0.1, "u_probability": 0.9}


def spoiled(*levels: dict[str, Any], **whole: Any) -> dict[str, Any]:
    comparison = {"output_column_name": "a", "comparison_levels": list(levels or (EXACT, ELSE))}
    return {"probability_two_random_records_match": 0.01, "comparisons": [comparison], **whole}


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (spoiled(link_type="link_only"), "`link_type` is `link_only`: Kinfolk finds doubles within sources, too."),
        (
            spoiled(blocking_rules_to_generate_predictions=["l.a = r.a", "substr(l.a, 1, 3) = substr(r.a, 1, 3)"]),
            "Blocking rule `substr(l.a, 1, 3) = substr(r.a, 1, 3)`: pairs are picked by equal values",
        ),
        (
            spoiled(
                EXACT, {**ELSE, "sql_condition": "soundex(a_l) = soundex(a_r)", "label_for_charts": "sounds"}, ELSE
            ),
            "Comparison `a`: level `sounds` (`soundex(a_l) = soundex(a_r)`) cannot be expressed",
        ),
        (spoiled(EXACT, EXACT), "Comparison `a`: it has no last level `ELSE`."),
        (spoiled({**EXACT, "m_probability": None}, ELSE), "level `same` has no `m_probability`."),
        (
            spoiled({**EXACT, "tf_adjustment_column": "a", "tf_adjustment_weight": 0.5}, ELSE),
            "its adjustment for term frequencies has a weight or a minimum.",
        ),
        (
            spoiled({"sql_condition": "a_l = ''", "is_null_level": True}, EXACT, ELSE),
            "unknown values are told by `a_l = ''`",
        ),
        ({"comparisons": []}, "`probability_two_random_records_match` is missing."),
    ],
)
def test_what_cannot_be_expressed_is_refused_by_name(given: dict[str, Any], sentence: str) -> None:
    _, refused = imported(given, {})
    assert any(sentence in one.what for one in refused), [one.what for one in refused]


def test_settings_of_odd_shapes_are_refused_and_break_nothing() -> None:
    for odd in ({}, {"comparisons": ["x"]}, {"comparisons": [{"comparison_levels": None}]}, {"comparisons": "x"}):
        assert imported(odd, {})[1]

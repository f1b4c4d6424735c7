"""The file that `match: {model: …}` names: every mistake in it with its line, in words."""

from __future__ import annotations

import pytest

from kinfolk.model.matching import LEVELS, MEASURES, graded
from kinfolk.project.matching_model import model_in
from kinfolk.stages.identity.graded import kind_of
from kinfolk.stages.identity.kinds import KINDS
from tests.project.folder import Folder

GOOD = """\
{"schema": "kinfolk-portable-model/1",
 "prior": 1e-05,
 "personal": ["city"],
 "blocking": [["postcode"]],
 "fields": [
  {"column": "city", "kind": "exact", "levels": [
    {"level": "the same", "m": 0.9, "u": 1e-03},
    {"level": "different", "m": 0.1, "u": 0.999}]},
  {"column": "email", "kind": "levenshtein<=2", "term_frequency": false, "levels": [
    {"level": "the same", "m": 0.8, "u": 0.001},
    {"level": "near", "m": 0.1, "u": 0.009},
    {"level": "different", "m": 0.1, "u": 0.99}]}
 ]
}
"""


def test_a_model_is_read_as_it_stands() -> None:
    model, mistakes = model_in(GOOD, "m.json")
    assert model is not None and not mistakes
    assert model.prior == 1e-5
    assert model.kinds() == {"city": "exact", "email": "levenshtein<=2"}
    assert model.fields[0].u == (0.001, 0.999)
    assert [field.term_frequency for field in model.fields] == [True, False]


@pytest.mark.parametrize(
    ("written", "instead", "expected"),
    [
        ("kinfolk-portable-model/1", "other/7", "1: This is no matching model of Kinfolk: its schema is `other/7`"),
        ('"schema"', '"scheme"', "1: This is no matching model of Kinfolk: it names no schema"),
        ('"prior": 1e-05', '"prior": 7', "2: `prior` must be less than 1."),
        (' "prior": 1e-05,\n', "", "1: `prior` is missing."),
        ('["city"]', '["town"]', "3: `town` is personal but not compared."),
        ('"exact"', '"exakt"', "6: `exakt` is no kind of comparison. Did you mean `exact`?"),
        ('"exact"', '"name"', "6: A column of kind `name` has 5 levels here; `city` has 2."),
        ('"m": 0.9', '"m": 0.5', "6: The shares `m` of `city` add up to 0.6, not to 1."),
        ('"m": 0.9', '"m": "often"', "7: `m` takes a number."),
        (', "m": 0.9', "", "7: `m` is missing"),
        ('"column": "email"', '"column": "city"', "9: `city` is compared twice."),
        ("levenshtein<=2", "levenshtein>=2", "9: `levenshtein>=2` is no kind of comparison."),
        ('"level": "near"', '"level": "near", "odds": 2', "11: `odds` is not known here."),
        ('[["postcode"]]', "[[]]", "4: `blocking` is empty."),
        ("]}\n ]", "]}\n", "is not YAML"),
    ],
)
def test_mistakes_of_a_model_file(written: str, instead: str, expected: str) -> None:
    assert written in GOOD
    model, mistakes = model_in(GOOD.replace(written, instead, 1), "m.json")
    assert model is None
    assert any(expected in str(mistake) for mistake in mistakes), [str(mistake) for mistake in mistakes]


@pytest.mark.parametrize(
    ("identity", "expected"),
    [
        ("match: {model: m.json, compare: {email: email}}\n", "identity.yml:1: `compare` stands in the model's file."),
        ("match: {model: m.json, personal: [city]}\n", "identity.yml:1: `personal` stands in the model's file."),
        ("match: {model: n.json}\n", "identity.yml:1: There is no file n.json."),
        ("match: {}\n", "identity.yml:1: `compare` is missing under `match`."),
        ("match: {model: m.json}\n", "m.json:9: `emial` is neither a canonical column of people nor"),
    ],
)
def test_mistakes_between_the_files(folder: Folder, identity: str, expected: str) -> None:
    folder.write(identity=identity)
    (folder.path / "m.json").write_text(GOOD.replace('"email"', '"emial"'))
    assert any(mistake.startswith(expected) for mistake in folder.mistakes()), folder.mistakes()


def test_the_levels_a_file_must_have_are_those_of_the_kinds() -> None:
    assert {name: len(kind.levels) for name, kind in KINDS.items()} == dict(LEVELS)
    for measure, sign in MEASURES.items():
        kind = f"{measure}{sign}1"
        assert len(kind_of(kind).levels) == len(graded(kind)) + 2

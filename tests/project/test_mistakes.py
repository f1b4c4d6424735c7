"""Every mistake of every file is told at once, at its line, with what was probably meant."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from tests.project.folder import Folder, whole_project

SOURCE = "file: a.csv\nrecord_id: id\npeople: {email: mail}\n"


def test_five_mistakes_in_three_files(folder: Folder) -> None:
    folder.write(
        kinfolk="name: Test\nengin: duckdb\n",
        identity="keys:\n  - email\n  - [emial,\n     phone]\nmatch:\n  compare: {email: email}\n  merge_at: 1.5\n",
        shop="file: a.csv\nload: snapshit\npeople:\n  email: mail\n  frist_name: Vorname\n  phone: tel\n",
    )
    assert folder.mistakes() == [
        "identity.yml:3: `emial` is neither a canonical column of people nor an attribute of a source."
        " Did you mean `email`?",
        "identity.yml:7: `merge_at` must be less than 1.0.",
        "kinfolk.yml:2: `engin` is not known here. Did you mean `engine`?",
        "sources/shop.yml:2: `load` cannot be `snapshit`. Did you mean `snapshot`?",
        "sources/shop.yml:5: `frist_name` is no canonical column of people. Did you mean `first_name`?",
    ]


def test_a_mistake_in_one_key_does_not_hide_one_between_files(tmp_path: Path) -> None:
    folder = whole_project(tmp_path).write(
        crm="fil: x.csv\nowner: slaes\nenvironment: prd\nstatus: [active]\n"
        "people: {email: mail, tenant: w, customer_number: id, device_id: d}\n"
    )
    assert folder.mistakes() == [
        "sources/crm.yml:1: `fil` is not known here. Did you mean `file`?",
        "sources/crm.yml:2: `slaes` is neither a domain nor a person in owners.yml. Did you mean `sales`?",
        "sources/crm.yml:3: There is no environment `prd`. Did you mean `prod`?",
        "sources/crm.yml:4: `status` takes one word. Known here: `active`, `paused`, `retired`.",
    ]


@pytest.mark.parametrize(
    ("yaml", "expected"),
    [
        ("people: {email: mail}\n", "1: Nothing says where the data is. Write one of the connectors: `file`, "),
        ("file: a\nvault: {host: b}\npeople: {email: m}\n", "2: `vault` and `file` exclude each other"),
        ("file:\npeople: {email: mail}\n", "1: `file` is empty."),
        ("file: {}\npeople: {email: m}\n", "1: `path` is missing under `file`."),
        (
            "file: {path: a, delimeter: x}\npeople: {email: m}\n",
            "1: `delimeter` is not known here. Did you mean `delimiter`?",
        ),
        ("file: {path: a, sheet: 2024}\npeople: {email: m}\n", "1: `sheet` takes text. Put it in quotes."),
        ("file: {path: a, skip_lines: two}\npeople: {email: m}\n", "1: `skip_lines` takes a whole number."),
        ("file: {path: a, skip_lines: -1}\npeople: {email: m}\n", "1: `skip_lines` must be at least 0."),
        ("file: a\n", "1: The source feeds nothing. Map columns under one of `people`, `accounts`"),
        ("file: a\npeople:\n", "2: `people` maps no column."),
        ("file: a\npeople: mail\n", "2: `people` takes keys and values."),
        ("file: a\npeople:\n  email:\n", "3: No column is named."),
        ("file: a\npeople:\n  email: []\n", "3: No column is named."),
        ("file: a\npeople: {email: b}\nrefresh: dayly\n", "3: `refresh` does not say how often: `dayly`. Did you mean"),
        ("file: a\npeople:\n  email: {value: a, sql: b}\n", "3: `value`, `sql` exclude each other."),
        ("file: a\npeople:\n  email: {value: a, with: b}\n", "3: `with` goes with `join` only."),
        ("file: a\npeople:\n  email: {jion: [a]}\n", "3: `jion` is not known here. Did you mean `join`?"),
        ("file: a\npeople:\n  tier: t\n", "3: `tier` is no canonical column of people. A column of the company's own"),
        ("file: a\npeople:\n  attributes:\n    email: t\n", "4: `email` is the name of a column of ours"),
        ("file: a\npeople:\n  attributes:\n    Record_ID: t\n", "4: `Record_ID` is the name of a column of ours"),
        ("file: a\npeople:\n  attributes:\n    my tier: t\n", "4: `my tier` cannot be an attribute's name."),
        (
            "file: a\npeople:\n  attributes:\n    Tier: t\n    tier: t\n",
            "5: The attributes `Tier` (sources/shop.yml:4) and `tier` differ by",
        ),
        (SOURCE + "country: UK\n", "4: `UK` is no country code. Did you mean `GB`?"),
        (SOURCE + "country: de\n", "4: `de` is no country code. Did you mean `DE`?"),
        (SOURCE + "currency: euro\n", "4: `currency` does not have the form it needs. Write the three capital letters"),
        (SOURCE + "dates: dmy\n", "4: `dates` cannot be `dmy`. Did you mean `DMY`?"),
        (SOURCE + "time_zone: Europe/Berln\n", "4: `Europe/Berln` is no time zone. Did you mean `Europe/Berlin`?"),
        (SOURCE + "time_zone: /etc/passwd\n", "4: `/etc/passwd` is no time zone."),
        (
            SOURCE + "lawful_basis: legitimate_interest\n",
            "4: `lawful_basis` cannot be `legitimate_interest`. Did you mean",
        ),
        (
            SOURCE + "environment: prod\n",
            "4: There is no environment `prod`. List it in kinfolk.yml under `environments`.",
        ),
        (SOURCE + "name: web shop\n", "4: A source cannot be called `web shop`."),
        (SOURCE + "belongs_to: {key: email, column: m}\n", "4: The source holds people itself"),
        ("file: a\norders: {amount: b}\n", "2: Nothing says whose orders these are."),
        (
            "file: a\nbelongs_to: {source: crn, column: b}\norders: {amount: b}\n",
            "2: There is no source `crn`. Did you mean",
        ),
        (
            "file: a\nbelongs_to: {source: bare, column: b}\norders: {amount: b}\n",
            "2: The source `bare` has no `record_id`",
        ),
        (
            "file: a\nbelongs_to: {source: firms, column: b}\norders: {amount: b}\n",
            "2: The source `firms` holds no people.",
        ),
        (
            "file: a\nbelongs_to:\n  column: b\n  key: emial\norders: {amount: b}\n",
            "4: `emial` is no identity key. Did you mean",
        ),
        ("file: a\nbelongs_to: {column: b}\norders: {amount: b}\n", "2: Exactly one of `source` and `key` says whose"),
    ],
)
def test_mistakes_of_a_source(folder: Folder, yaml: str, expected: str) -> None:
    folder.write(
        identity="keys: [email]\n",
        crm=SOURCE,
        bare="file: a\npeople: {email: m}\n",
        firms="file: a\nrecord_id: id\naccounts: {name: firm}\n",
        shop=yaml,
    )
    mistakes = folder.mistakes()
    assert len(mistakes) == 1, mistakes
    assert mistakes[0].startswith(f"sources/shop.yml:{expected}")


@pytest.mark.parametrize(
    ("yaml", "expected"),
    [
        ("keys: [tenant]\n", "1: No source maps `tenant`, so it can decide nothing."),
        ("tenant: tenant\n", "1: No source maps `tenant`, so it can decide nothing."),
        ("keys:\n  - {key: email, at_mots: 3}\n", "2: `at_mots` is not known here. Did you mean `at_most`?"),
        ("keys:\n  - email\n  - {at_most: 3}\n", "3: `key` is missing under `keys`."),
        ("keys:\n  - {key: email, at_most: 0}\n", "2: `at_most` must be at least 1."),
        ("keys:\n  - {key: email, people: 0}\n", "2: `people` must be at least 1."),
        ("keys:\n  - []\n", "2: `keys` is empty."),
        ("ignore:\n  emall: [x]\n", "2: `emall` is neither a canonical column"),
        ("never:\n  - {diferent: email}\n", "2: `diferent` is not known here. Did you mean `different`?"),
        ("never:\n  - {}\n", "2: Write `different` with columns, or `same_source` with sources"),
        ("never:\n  - {different: email, same_source: crm}\n", "2: Write `different` with columns, or `same_source`"),
        ("never:\n  - {same_source: crn}\n", "2: There is no source `crn`."),
        ("never:\n  - {different: nationalid}\n", "2: `nationalid` is neither"),
        ("core_fields: [email, fone]\n", "1: `fone` is neither"),
        ("households: true\n", "1: Households are learned from customers who share what is not personal"),
        ("accounts:\n  by: [email_domian]\n", "2: `email_domian` is neither a column of people, an attribute"),
        ("accounts:\n  by: [email_domain, email_domain]\n", "2: `email_domain` is listed twice."),
        ("match: {compare: {}}\n", "1: `compare` is empty."),
        ("match: {block_on: auto}\n", "1: `compare` is missing under `match`."),
        ("match:\n  compare:\n    emial: email\n", "3: `emial` is neither"),
        ("match:\n  compare:\n    email: mail\n", "3: `email` cannot be `mail`. Did you mean `email`?"),
        (
            "match:\n  compare: {email: email}\n  personal: [first_name]\n",
            "3: `first_name` is personal but not compared.",
        ),
        ("match:\n  compare: {email: email}\n  block_on: [[emial]]\n", "3: `emial` is neither"),
        (
            "match:\n  compare: {email: email}\n  review_at: 0.8\n  merge_at: 0.7\n",
            "1: `review_at` (0.8) is above `merge_at` (0.7)",
        ),
        ("match:\n  compare: {email: email}\n  review_at: 0\n", "3: `review_at` must be at least 0.5"),
        ("survivorship:\n  trust: [crn]\n", "2: There is no source `crn`. Did you mean `crm`?"),
        ("survivorship:\n  trust: [crm, crm]\n", "2: `crm` is listed twice."),
        (
            "survivorship:\n  default: [most_resent]\n",
            "2: `default` cannot be `most_resent`. Did you mean `most_recent`?",
        ),
        ("survivorship:\n  default: []\n", "2: `default` is empty."),
        ("survivorship:\n  fields:\n    emial: longest\n", "3: `emial` is neither"),
        ("survivorship:\n  fields:\n    email: {sql: count(*)}\n", "3: The SQL holds an aggregate"),
        ("survivorship:\n  fields:\n    email: sql\n", "3: Write `{sql: "),
        ("survivorship:\n  fields:\n    email: {sql: random()}\n", "3: The SQL calls random, which differs"),
        (
            "survivorship:\n  default:\n    - verified\n    - sql: length(emial)\n",
            "4: `emial` is neither a column of the records of people nor an attribute of a source."
            " Did you mean `email`?",
        ),
        ("survivorship:\n  fields:\n    email: {sql: length(x.email)}\n", "3: `x.email` is neither"),
        ("key: [email]\n", "1: `key` is not known here. Did you mean `keys`?"),
    ],
)
def test_mistakes_of_identity(folder: Folder, yaml: str, expected: str) -> None:
    folder.write(crm=SOURCE, identity=yaml)
    assert any(mistake.startswith(f"identity.yml:{expected}") for mistake in folder.mistakes()), folder.mistakes()


@pytest.mark.parametrize(
    ("yaml", "expected"),
    [
        ("name: A\nengine: flink\n", "2: `engine` cannot be `flink`. Known here: `duckdb`, `spark`."),
        ("engine: duckdb\n", "1: The project has no name."),
        ("", "1: The project has no name."),
        ("name: A\ncountry: DE\nconventions:\n  country: FR\n", "4: `country` is also written on line 2."),
        ("name: A\nenvironments: [a, a]\n", "2: The environment `a` is listed twice."),
        (
            "name: A\nenvironments: [prod]\nenvironment: prd\n",
            "3: `prd` is not in `environments`. Did you mean `prod`?",
        ),
        ("- a\n", "1: The file holds no keys and values"),
    ],
)
def test_mistakes_of_the_project_file(folder: Folder, yaml: str, expected: str) -> None:
    mistakes = folder.write(kinfolk=yaml).mistakes()
    assert len(mistakes) == 1, mistakes
    assert mistakes[0].startswith(f"kinfolk.yml:{expected}")


def test_mistakes_of_owners(folder: Folder) -> None:
    folder.write(
        owners="people:\n  Anna: anna\n  Ben:\ndomains:\n  sales: Ana\n  care:\n    stewards:\n      - Ben\n"
        "      - Bob\ncouncil: [Anna, Bem]\n"
    )
    assert folder.mistakes() == [
        "owners.yml:2: `Anna` does not have the form it needs. Write an e-mail address.",
        "owners.yml:5: `Ana` is not among the people. Did you mean `Anna`?",
        "owners.yml:9: `Bob` is not among the people. Known here: `Anna`, `Ben`.",
        "owners.yml:10: `Bem` is not among the people. Did you mean `Ben`?",
    ]


def test_two_sources_of_one_name(folder: Folder) -> None:
    folder.write(crm=SOURCE, other="name: CRM\n" + SOURCE)
    assert folder.mistakes() == [
        "sources/other.yml:1: Two sources are called `CRM`: this one and sources/crm.yml:1."
        " Give one of them another `name:`."
    ]


def test_a_file_under_both_endings_is_read_once_and_told(folder: Folder) -> None:
    (folder.path / "identity.yaml").write_text("keys: [email]\n")
    folder.write(identity="keys: []\n")
    assert folder.mistakes() == [
        "identity.yml:1: There is also identity.yaml; only identity.yml is read. Remove one of them."
    ]


def test_a_source_that_cannot_be_read_raises_no_further_suspicion(folder: Folder) -> None:
    folder.write(
        crm="file: a\npeople: [\n", identity="keys: [phone]\ncore_fields: [loyalty]\nsurvivorship: {trust: [crm]}\n"
    )
    mistakes = folder.mistakes()
    assert [mistake.split(" ")[0] for mistake in mistakes] == ["sources/crm.yml:3:"]


def test_a_whole_name_gives_first_and_last_names(folder: Folder) -> None:
    folder.write(crm="file: a\npeople: {full_name: n, last_name: l}\n", identity="keys: [[first_name, last_name]]\n")
    assert folder.mistakes() == []


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("lower(", "cannot be read"),
        ("'open", "cannot be read"),
        ("a; drop table x", "more than one statement"),
        ("-- nothing", "is empty"),
        ("(select 1)", "holds a query"),
        ("a in (select b from c)", "holds a query"),
        ("from x", "holds a query"),
        ("drop table x", "a statement"),
        ("attach 'x'", "a statement"),
        ("install httpfs", "a statement"),
        ("call f()", "a statement"),
        ("a as b", "a named column"),
        ("(a, b)", "a list"),
        ("max(a)", "holds an aggregate"),
        ("row_number() over ()", "holds a"),
        ("lower($x)", "holds a parameter"),
        ("*", "holds `*`"),
    ],
)
def test_sql_is_one_expression_over_one_row(folder: Folder, sql: str, why: str) -> None:
    folder.write(crm=f'file: a\npeople:\n  phone: tel\n  email: {{sql: "{sql}"}}\n')
    mistakes = folder.mistakes()
    assert len(mistakes) == 1, mistakes
    assert mistakes[0].startswith("sources/crm.yml:4: The SQL ")
    assert why in mistakes[0]


@pytest.mark.parametrize(
    "sql",
    [
        "a || b",
        "case when a then 1 end",
        "x::date",
        "try_strptime(a, '%d.%m.%Y')",
        "not a",
        "(a)",
        "{'a': b}",
        "[a, b]",
    ],
)
def test_any_scalar_expression_will_do(folder: Folder, sql: str) -> None:
    folder.write(crm=f'file: a\npeople:\n  email: {{sql: "{sql}"}}\n')
    people = folder.load().source("crm").mapping("people")
    assert people is not None
    assert people.columns["email"].sql == sql


@pytest.mark.parametrize("name", ["records", "last_seen", "Completeness", "unread", "person_key", "observed_at"])
def test_an_attribute_cannot_be_called_like_a_column_of_ours(folder: Folder, name: str) -> None:
    folder.write(crm=f"file: a\npeople:\n  email: mail\n  attributes: {{{name}: x}}\n")
    [mistake] = folder.mistakes()
    assert mistake.startswith(f"sources/crm.yml:4: `{name}` is the name of a column of ours")


@pytest.mark.parametrize("name", ["loads", "Superseded"])
def test_a_source_cannot_be_called_like_a_table_of_ours(folder: Folder, name: str) -> None:
    folder.write(crm=f"name: {name}\n" + SOURCE)
    [mistake] = folder.mistakes()
    assert mistake.startswith(f"sources/crm.yml:1: A source cannot be called `{name}`")


def test_attributes_of_two_sources_that_differ_by_case_are_told(folder: Folder) -> None:
    folder.write(
        crm="file: a\npeople: {email: mail, attributes: {VIP: v}}\n",
        shop="file: b\npeople: {email: mail, attributes: {vip: v}}\n",
    )
    assert folder.mistakes() == [
        "sources/shop.yml:2: The attributes `VIP` (sources/crm.yml:2) and `vip` differ by upper and lower case only."
        " Write both alike."
    ]


def test_preferences_that_cannot_rank_are_told(folder: Folder) -> None:
    folder.write(
        crm=SOURCE,
        identity="survivorship:\n  default: [most_trusted, most_recent, most_frequent, {sql: record_no}]\n"
        "  fields:\n    city: [verified]\n    email: [verified]\n",
    )
    assert folder.mistakes() == [
        "identity.yml:2: These are too many preferences to rank by. Leave one out, or write two of them as one `sql`.",
        "identity.yml:4: Sources say of `email`, `phone` whether they are verified, not of `city`."
        " Leave `verified` out.",
    ]


def test_thresholds_below_even_odds_and_too_many_columns_are_told(folder: Folder) -> None:
    attributes = ", ".join(f"a{n}: a{n}" for n in range(21))
    compare = ", ".join(f"a{n}: exact" for n in range(21))
    folder.write(
        crm=f"file: a\npeople: {{email: mail, attributes: {{{attributes}}}}}\n",
        identity=f"match:\n  compare: {{{compare}}}\n  review_at: 0.3\n",
    )
    mistakes = folder.mistakes()
    assert [mistake.split(": ")[0] for mistake in mistakes] == ["identity.yml:2", "identity.yml:3"]
    assert "20" in mistakes[0] and "0.5" in mistakes[1]


def test_files_called_nearly_right_and_folders_in_their_place_are_told(folder: Folder) -> None:
    folder.write(crm=SOURCE)
    (folder.path / "Identity.yaml").write_text("keys: [email]\n")
    (folder.path / "owners.yml").mkdir()
    (folder.path / "Sources").mkdir()
    (folder.path / "sources/shop.yml").mkdir()
    assert folder.mistakes() == [
        "Identity.yaml:1: A file of this name is not read. Call the file identity.yml.",
        "Sources:1: A folder of this name is not read. Call it sources.",
        "owners.yml:1: This is a folder, not a file. Call the file owners.yml.",
        "sources/shop.yml:1: This is a folder, not a file. Put the file here.",
    ]


def test_every_function_the_database_calls_volatile_is_refused(folder: Folder) -> None:
    with duckdb.connect() as connection:
        found = connection.execute(
            "select distinct function_name from duckdb_functions() "
            "where function_type = 'scalar' and stability in ('VOLATILE', 'CONSISTENT_WITHIN_QUERY')"
        ).fetchall()
    names = {name for (name,) in found}
    assert {"random", "uuid", "now", "today"} <= names
    for name in sorted(names):
        folder.write(crm=f"file: a\nrecord_id: id\npeople:\n  email: {{sql: 'concat(a, {name}())'}}\n")
        [mistake] = folder.mistakes()
        assert mistake.startswith("sources/crm.yml:4: The SQL calls "), name

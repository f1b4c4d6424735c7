"""The command line, as a person or a program uses it: real processes, real exit codes."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from kinfolk.commands.init import TEMPLATES


def kinfolk(*words: str | Path, expect: int = 0) -> subprocess.CompletedProcess[str]:
    """Runs the command line and checks its exit code."""
    done = subprocess.run(
        [sys.executable, "-m", "kinfolk", *map(str, words)], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == expect, done.stdout + done.stderr
    return done


def answer(*words: str | Path) -> Any:
    """What a command says with --json."""
    return json.loads(kinfolk(*words, "--json").stdout)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop") / "project"
    kinfolk("init", folder)
    kinfolk("run", folder)
    return folder


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_template_is_sound_runs_and_makes_fewer_customers_than_records(template: str, tmp_path: Path) -> None:
    folder = tmp_path / "project"
    kinfolk("init", folder, "--template", template)
    kinfolk("check", folder)
    assert answer("run", folder)["status"] == "published"
    numbers = answer("status", folder)["numbers"]
    if template != "blank":
        assert numbers["records"] > numbers["customers"] > 0
        assert numbers["in_review"] > 0


def test_a_project_without_a_source_is_sound_but_warned_of_and_does_not_run(tmp_path: Path) -> None:
    folder = tmp_path / "project"
    kinfolk("init", folder, "--template", "blank")
    (folder / "sources" / "customers.yml").unlink()
    (folder / "identity.yml").unlink()
    assert "no source yet" in kinfolk("check", folder).stdout
    assert len(answer("check", folder)["warnings"]) == 1
    refused = kinfolk("run", folder, expect=4)
    assert "sources/: The project has no source" in refused.stderr


def test_deletes_are_allowed_only_for_sources_there_are_or_were(shop: Path) -> None:
    refused = kinfolk("run", shop, "--allow-deletes", "webshp", expect=6)
    assert "no source is or was called so. Did you mean `webshop`?" in refused.stderr
    kinfolk("run", shop, "--allow-deletes", "webshop")


def test_a_query_answers_programs_with_every_row_and_every_column(shop: Path) -> None:
    rows = answer("query", "select range as a, 2 as a, 3 as a_2, 4 as a from range(150)", "-p", shop)
    assert len(rows) == 150
    assert rows[7] == {"a": 7, "a_3": 2, "a_2": 3, "a_4": 4}
    assert len(answer("query", "select * from range(150)", "--limit", "20", "-p", shop)) == 20
    assert "The first 100 rows; --limit 0 shows all." in kinfolk("query", "from range(150)", "-p", shop).stdout


def test_the_published_tables_can_be_listed_and_described(shop: Path) -> None:
    tables = [row["name"] for row in answer("query", " SHOW  tables ;", "-p", shop)]
    assert {"profiles.customers", "staging.records"} <= set(tables)
    described = answer("query", "describe profiles.customers", "-p", shop)
    assert described[0]["column_name"] == "customer_id"


def test_a_second_run_finds_nothing_to_do(shop: Path) -> None:
    assert answer("run", shop)["status"] == "unchanged"


def test_a_plan_names_people_in_the_terminal_alone(shop: Path, tmp_path: Path) -> None:
    branch = tmp_path / "branch"
    shutil.copytree(shop, branch)
    rules = branch / "identity.yml"
    rules.write_text(rules.read_text().replace("merge_at: 0.95", "merge_at: 0.7"))
    spoken = kinfolk("plan", branch, "--out", tmp_path / "plan.json").stdout
    assert "merged" in spoken
    assert "@" in spoken
    foretold = answer("plan", branch)
    assert "@" not in json.dumps(foretold)
    assert foretold["customers"]["counts"]["merged"] > 0
    refused = kinfolk("plan", branch, "--ci", "--out", tmp_path / "plan.md", "--fail-on", "breaking", expect=12)
    assert "breaking effect" in refused.stderr
    assert "17 merged" in (tmp_path / "plan.md").read_text()
    assert answer("run", branch, "--plan", tmp_path / "plan.json")["status"] == "published"
    assert "published since" in kinfolk("run", branch, "--plan", tmp_path / "plan.json", expect=12).stderr


def test_a_plan_of_nothing_new_says_so(shop: Path) -> None:
    assert "a run would do nothing" in kinfolk("plan", shop, "--ci").stdout
    assert " ".join(kinfolk("plan", shop).stdout.split()).endswith("a run would do nothing.")


@pytest.mark.parametrize(
    "words", [("plan", "--ci", "--json"), ("plan", "--fail-on", "all"), ("run", "--plan", "p.json", "--full")]
)
def test_what_cannot_go_together_is_wrong_usage(words: tuple[str, ...], shop: Path) -> None:
    kinfolk(*words, shop, expect=2)


def test_a_plan_that_is_not_there_is_a_sentence(shop: Path) -> None:
    said = kinfolk("run", shop, "--plan", "nowhere.json", expect=1).stderr
    assert said == "nowhere.json: No such file or directory.\n"


def test_a_customer_is_found_by_id_email_phone_and_name(shop: Path) -> None:
    by_email = answer("show", "marta.oliveira@example.com", "-p", shop)
    values = {v["field"]: v["value"] for v in by_email["values"]}
    assert values["first_name"] == "Marta"
    for asked in (by_email["customer_id"], values["phone"], f"{values['first_name']} {values['last_name']}"):
        assert answer("show", asked, "-p", shop)["customer_id"] == by_email["customer_id"]


def test_a_name_that_fits_several_customers_lists_them(shop: Path) -> None:
    [(name, count), *_] = [
        (row["last_name"], row["n"])
        for row in answer(
            "query",
            "select last_name, count(*) n from profiles.customers where last_name is not null "
            "group by 1 order by 2 desc, 1",
            "-p",
            shop,
        )
    ]
    assert count > 1
    found = answer("show", name, "-p", shop)
    assert isinstance(found, list)
    assert len(found) >= min(count, 20)


def test_nobody_fits(shop: Path) -> None:
    done = kinfolk("show", "nobody@nowhere.example", "-p", shop, expect=6)
    assert "No customer fits 'nobody@nowhere.example'." in done.stderr


def test_digits_in_an_address_or_an_id_find_nobody_by_phone(shop: Path) -> None:
    phone = answer("query", "select phone from profiles.customers where phone is not null limit 1", "-p", shop)[0][
        "phone"
    ]
    for asked in (f"nobody{phone[-8:]}@nowhere.example", f"C-{phone[-8:]}", "000000"):
        kinfolk("show", asked, "-p", shop, expect=6)


def test_evidence_is_given_for_two_records_of_one_customer(shop: Path) -> None:
    records = answer("show", "marta.oliveira@example.com", "-p", shop)["records"]
    first, second = (f"{r['source']}:{r['record_id']}" for r in records[:2])
    done = kinfolk("explain", first, second, "-p", shop)
    assert "one customer" in done.stdout
    assert "bits" in done.stdout


def test_evidence_after_an_edit_is_that_of_the_last_run_or_none(shop: Path, tmp_path: Path) -> None:
    edited = shutil.copytree(shop, tmp_path / "edited")
    records = answer("show", "marta.oliveira@example.com", "-p", edited)["records"]
    pair = [f"{r['source']}:{r['record_id']}" for r in records[:2]]
    before = answer("explain", *pair, "-p", edited)["evidence"]
    identity = (edited / "identity.yml").read_text()
    (edited / "identity.yml").write_text(identity.replace("    phone: phone\n", ""))
    done = kinfolk("explain", *pair, "-p", edited, expect=1)
    assert "compares other columns" in done.stderr and "kinfolk run" in done.stderr
    reordered = identity.replace("    phone: phone\n", "").replace("  compare:\n", "  compare:\n    phone: phone\n")
    (edited / "identity.yml").write_text(reordered)
    assert answer("explain", *pair, "-p", edited)["evidence"] == before


def test_evidence_about_a_record_that_does_not_exist(shop: Path) -> None:
    done = kinfolk("explain", "crm:nope", "crm:nope2", "-p", shop, expect=6)
    assert "crm:nope" in done.stderr


def test_only_one_select_can_be_asked(shop: Path) -> None:
    done = kinfolk("query", "drop table profiles.customers", "-p", shop, expect=7)
    assert "Only one SELECT" in done.stderr
    assert answer("query", "select count(*) > 0 as there from profiles.customers", "-p", shop) == [{"there": True}]


def test_a_query_reads_no_other_files(shop: Path) -> None:
    done = kinfolk("query", "select * from read_text('/etc/hostname')", "-p", shop, expect=7)
    assert "read_text cannot be called here" in done.stderr


def test_before_the_first_run_there_is_nothing_to_show(tmp_path: Path) -> None:
    folder = tmp_path / "project"
    kinfolk("init", folder)
    done = kinfolk("show", "Marta", "-p", folder, expect=6)
    assert "Run `kinfolk run` first." in done.stderr
    assert "has never run" in kinfolk("status", folder).stdout


def test_a_folder_without_a_project_says_so(tmp_path: Path) -> None:
    done = kinfolk("run", tmp_path, expect=3)
    assert "kinfolk.yml" in done.stderr
    assert "kinfolk init" in done.stderr


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    assert "not empty" in kinfolk("init", tmp_path, expect=1).stderr
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]


def test_five_mistakes_are_listed_at_once_with_their_lines(tmp_path: Path) -> None:
    folder = tmp_path / "project"
    kinfolk("init", folder, "--template", "blank")
    (folder / "sources").mkdir(exist_ok=True)
    (folder / "sources" / "bad.yml").write_text(
        "file: data/x.csv\nrecord_id: id\ndates: DYM\nlawful_basis: because\n"
        "people:\n  frist_name: name\n  emial: mail\ncolour: red\n"
    )
    done = kinfolk("check", folder, "--json", expect=3)
    mistakes = json.loads(done.stderr)["mistakes"]
    lines = sorted(int(m["where"].rpartition(":")[2]) for m in mistakes if "bad.yml" in m["where"])
    assert lines == [3, 4, 6, 7, 8]


def test_schemas_for_editors_are_written(tmp_path: Path) -> None:
    kinfolk("schema", "--out", tmp_path)
    source = json.loads((tmp_path / "source.schema.json").read_text())
    assert "first_name" in json.dumps(source)


def test_the_demo_shows_counts_a_profile_with_lineage_and_what_waits(tmp_path: Path) -> None:
    said = kinfolk("demo", tmp_path / "demo").stdout
    for words in ("golden customers", "Golden profile", "Records behind it", "Waiting for a steward"):
        assert words in said


def test_what_cannot_be_an_answer_is_a_sentence(shop: Path, tmp_path: Path) -> None:
    assert "not UTF-8" in kinfolk("show", "\udcff", "-p", shop, expect=2).stderr
    for seconds in ("nan", "inf", "-5"):
        kinfolk("run", shop, "--wait", seconds, expect=2)
    damaged = shutil.copytree(shop, tmp_path / "damaged")
    for file in (damaged / ".kinfolk").rglob("profiles/customers/*.parquet"):
        file.write_bytes(b"")
    for words in (("show", "C-1"), ("query", "select * from profiles.customers")):
        assert "The lake is damaged" in kinfolk(*words, "-p", damaged, expect=8).stderr


def test_an_output_that_knows_ascii_only_shows_letters_it_can(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    assert "Marta" in kinfolk("show", "marta.oliveira@example.com", "-p", shop).stdout


def test_a_row_is_set_aside_corrected_and_landed_from_the_command_line(shop: Path, tmp_path: Path) -> None:
    folder = tmp_path / "project"
    shutil.copytree(shop, folder, ignore=shutil.ignore_patterns(".kinfolk"))
    data = folder / "data" / "guest-orders.csv"
    data.write_text(data.read_text().replace("G-9001,", "X-9001,"))
    assert "order.pattern is broken in 1 rows, quarantined" in kinfolk("run", folder).stderr
    [group] = [g for g in answer("quarantine", "list", "guest_orders", "-p", folder) if g["reason"] == "order.pattern"]
    assert group["rows"] == 1
    out = tmp_path / "rows.json"
    assert answer("quarantine", "list", "guest_orders", "--out", out, "-p", folder)["rows"] >= 1
    number = next(row["record_no"] for row in json.loads(out.read_text()) if row["order"] == "X-9001")
    assert "X-9001" in kinfolk("quarantine", "show", str(number), "-p", folder).stdout
    kinfolk("quarantine", "fix", str(number), "-p", folder, expect=2)
    kinfolk("quarantine", "fix", str(number), "--set", "order=G-9001", "--by", "Rita", "-p", folder)
    made = answer("quarantine", "replay", "-p", folder)
    assert (made["sent"], made["back"]) == (1, 0)
    kinfolk("contract", "lint", "-p", folder)
    kinfolk("contract", "diff", "contracts/guest_orders.odcs.yaml", "nowhere.yaml", "-p", folder, expect=1)

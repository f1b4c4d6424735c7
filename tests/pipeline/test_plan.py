"""A plan foretells what the run does, reads only, and can be held to."""

from __future__ import annotations

import json
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from kinfolk.commands.init import init
from kinfolk.commands.open_project import open_project
from kinfolk.commands.plan import check_breaking, plan, save, saved_ground
from kinfolk.commands.run import run, run_plan
from kinfolk.commands.status import status
from kinfolk.engine.duckdb import Session
from kinfolk.errors import PlanError, SourceError, StalePlanError
from kinfolk.interfaces.cli.plan_markdown import markdown
from kinfolk.model.plan import Fate, Plan
from kinfolk.model.run import RunOptions, RunStatus
from kinfolk.pipeline.plan import KEYS
from kinfolk.store.write.lease import writer_lease
from kinfolk.tables.profiles import LINEAGE
from kinfolk.tables.quarantine import OPEN
from tests.company import Company
from tests.oracles.published import fates, published_rows, row_changes

PEOPLE = "people: {first_name: name, last_name: family, email: mail, phone: phone}\n"


@pytest.fixture
def company(tmp_path: Path) -> Company:
    made = Company(tmp_path / "company")
    made.source("crm", f"record_id: id\n{PEOPLE}")
    made.source("shop", f"record_id: id\n{PEOPLE}orders: {{order_id: id, amount: amount}}\n")
    made.identity("keys: [email]\n")
    made.csv("crm", [person(n) for n in range(6)])
    made.csv("shop", [{**person(n), "amount": n} for n in range(3, 9)])
    return made


def person(n: int, **other: object) -> dict[str, object]:
    return {"id": f"r{n}", "name": f"Ada{n}", "family": f"Byron{n}", "mail": f"ada{n}@example.com", "phone": n} | other


def make_plan(company: Company) -> Plan:
    return plan(company.folder).plan


def files(folder: Path) -> dict[str, bytes]:
    """Every file with what is in it; of SQLite's only which there are, for it moves its own pages about."""
    found = (p for p in sorted(folder.rglob("*")) if p.is_file() and not p.name.endswith(("-wal", "-shm")))
    return {str(p.relative_to(folder)): b"" if p.suffix == ".sqlite" else p.read_bytes() for p in found}


def lake_state(company: Company) -> int | None:
    with Session.behold(company.folder / ".kinfolk") as session:
        return session.based_on()


def expect_foretold(company: Company) -> Plan:
    """Plans, runs, and compares what the run did with what the plan said, table by table."""
    state = open_project(company.folder).state
    before = published_rows(state)
    foretold = make_plan(company)
    keys = {**KEYS, **{model.table: model.keys for model in open_project(company.folder).models}}
    assert company.run().status is RunStatus.PUBLISHED
    after = published_rows(state)
    gone = {effect.table for effect in foretold.tables if effect.gone}
    assert gone == before.keys() - after.keys()
    views = {LINEAGE.name, OPEN.name}
    assert {effect.table for effect in foretold.tables if effect.after is None and not effect.gone} <= views
    said = {e.table: (e.added, e.changed, e.removed) for e in foretold.tables if e.table not in views}
    done = {
        name: row_changes(before.get(name, []), after[name], keys.get(name, ())) for name in after if name not in views
    }
    done |= {name: (0, 0, len(before[name])) for name in gone}
    assert said == {name: done[name] for name in said}
    assert {name for name in done.keys() - said.keys() if done[name] != (0, 0, 0)} == set()
    sizes = {e.table: e.after or 0 for e in foretold.tables if e.table in said}
    assert sizes == {name: len(after.get(name, [])) for name in said}
    assert foretold.customers is not None
    assert dict(foretold.customers.counts) == fates(before["identity.members"], after["identity.members"])
    assert foretold.customers.after == len(after["profiles.customers"])
    return foretold


def test_what_arrived_is_foretold(company: Company) -> None:
    company.run()
    company.csv("crm", [person(n, name="Eve" if n == 2 else f"Ada{n}") for n in range(1, 8)])
    foretold = expect_foretold(company)
    assert "touched.records" in {step.name for step in foretold.steps}, "only what the change reaches is made anew"
    [arrived] = foretold.arrived
    assert (arrived.source, arrived.parts, arrived.rows) == ("crm", ("data/crm.csv",), 7)
    assert (arrived.added, arrived.changed, arrived.deleted, arrived.refused) == (2, 1, 1, 0)
    assert foretold.changes == ()


def test_a_file_that_brings_nothing_new_is_foretold(company: Company) -> None:
    company.run()
    company.csv("crm", [{**person(n), "id": f"r{n}"} for n in reversed(range(6))])
    foretold = make_plan(company)
    [arrived] = foretold.arrived
    assert (arrived.rows, arrived.added, arrived.changed, arrived.deleted) == (6, 0, 0, 0)
    assert {e.table for e in foretold.tables if e.added or e.changed or e.removed} == {"landing.loads"}
    assert foretold.customers is not None
    assert set(foretold.customers.counts.values()) == {0}
    assert run_plan(company.folder, foretold.ground).status is RunStatus.UNCHANGED


def test_a_change_of_who_is_one_customer_is_foretold(company: Company) -> None:
    company.csv("shop", [person(n, mail=f"ada{n // 2}@example.com", amount=n) for n in range(3, 9)])
    company.run()
    company.identity("keys: [phone]\n")
    foretold = expect_foretold(company)
    assert foretold.customers is not None
    assert foretold.customers.counts[Fate.SPLIT] > 0
    assert [c.what for c in foretold.changes] == ["identity: key email", "identity: key phone"]
    assert len(foretold.breaking) == 2


def test_columns_that_come_and_go_are_foretold(company: Company) -> None:
    company.source("crm", "record_id: id\npeople: {first_name: name, email: mail, attributes: {clan: family}}\n")
    company.run()
    company.source("crm", "record_id: id\npeople: {first_name: name, email: mail, attributes: {club: family}}\n")
    foretold = expect_foretold(company)
    [customers] = [effect for effect in foretold.tables if effect.table == "profiles.customers"]
    assert customers.columns_added == ("club",)
    assert customers.columns_removed == ("clan",)
    assert any(words.startswith("profiles.customers loses its column clan") for words in foretold.breaking)
    assert "profiles.lineage" in customers.read_by


def test_a_source_that_is_gone_is_foretold(company: Company) -> None:
    company.run()
    (company.folder / "sources/shop.yml").unlink()
    foretold = expect_foretold(company)
    assert foretold.customers is not None
    assert foretold.customers.counts[Fate.VANISHED] == 3
    assert [c.what for c in foretold.changes if c.breaking] == ["source shop"]


def test_a_branch_that_breaks_a_source_the_rules_and_a_model_is_foretold(company: Company) -> None:
    company.csv("crm", [person(n, club="gold" if n % 2 else "", phone=f"+3161234567{n // 2}") for n in range(6)])
    mapped = "first_name: name, last_name: family, email: mail, phone: phone"
    crm = f"record_id: id\npeople: {{{mapped}, attributes: {{club: club}}}}\n"
    clubs = "select club, count(*) as people, min(email) as first from profiles.customers where club <> '' group by 1"
    company.source("crm", crm)
    company.write("models/clubs.sql", clubs)
    company.write("models/clubs.yml", "keys: [club]\nowner: sales\n")
    company.write("models/biggest.sql", "select max(people) as people from models.clubs")
    company.write("models/unread.sql", "select count(*) as orders from profiles.orders")
    company.run()
    company.source("crm", crm.replace(", attributes: {club: club}", ""))
    company.identity("keys: [phone]\n")
    families = "select last_name as club, count(*) as people from profiles.customers where last_name <> '' group by 1"
    company.write("models/clubs.sql", families)
    (company.folder / "models/unread.sql").unlink()
    foretold = expect_foretold(company)
    assert foretold.customers is not None
    assert foretold.customers.counts[Fate.MERGED] > 0
    assert {c.what for c in foretold.changes} == {
        "source crm: people.club",
        "identity: key email",
        "identity: key phone",
        "model clubs",
        "model unread",
    }
    tables = {effect.table: effect for effect in foretold.tables}
    assert tables["models.clubs"].columns_removed == ("first",)
    assert tables["models.clubs"].read_by == ("models.biggest", "quality.model_tests")
    assert tables["models.clubs"].owner == "sales"
    assert "models.clubs loses its column first (read by models.biggest)" in foretold.breaking
    assert "models.unread is no longer published" in foretold.breaking
    assert {"models.clubs", "models.biggest"} <= set(tables["profiles.customers"].read_by)
    why = {step.name: step.why for step in foretold.steps}
    assert why["models.clubs"] == "the project changed (model clubs); it reads profiles.customers"
    assert why["models.biggest"] == "it reads models.clubs"


@pytest.mark.slow
def test_the_demo_s_branch_is_foretold(tmp_path: Path) -> None:
    init(tmp_path / "shop", "ecommerce")
    run(tmp_path / "shop")
    shop = Company(tmp_path / "shop", new=False)
    rules = (shop.folder / "identity.yml").read_text()
    shop.identity(rules.replace("merge_at: 0.95", "merge_at: 0.75"))
    crm = (shop.folder / "sources/crm.yml").read_text()
    shop.write("sources/crm.yml", crm.replace("  phone: Phone\n", "").replace("attributes: {segment: Segment}", ""))
    foretold = expect_foretold(shop)
    assert foretold.customers is not None
    assert foretold.customers.counts[Fate.MERGED] > 0
    assert {c.what for c in foretold.changes} == {
        "identity: match.merge_at",
        "source crm: people.phone",
        "source crm: people.segment",
    }


def test_a_first_run_is_planned_without_leaving_a_trace(company: Company) -> None:
    before = files(company.folder)
    foretold = make_plan(company)
    assert files(company.folder) == before
    assert not (company.folder / ".kinfolk").exists()
    assert foretold.customers is not None
    assert (foretold.customers.before, foretold.customers.after) == (0, 9)
    assert all(effect.new for effect in foretold.tables)
    company.run()
    assert len(company.ask("select * from profiles.customers")) == 9


def test_a_plan_leaves_nothing_behind(company: Company) -> None:
    company.run()
    company.identity("keys: [phone]\n")
    before, state, runs = files(company.folder), lake_state(company), len(status(company.folder).runs)
    make_plan(company)
    assert files(company.folder) == before
    assert lake_state(company) == state
    assert len(status(company.folder).runs) == runs


def test_a_plan_waits_for_nobody_and_two_are_made_at_once(company: Company) -> None:
    company.run()
    company.identity("keys: [phone]\n")
    with writer_lease(company.folder / ".kinfolk"), ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda _: make_plan(company), range(2))
    assert first.tables == second.tables
    assert first.customers == second.customers


def test_a_plan_sees_one_state_whatever_is_published_meanwhile(company: Company) -> None:
    company.run()
    with Session.behold(company.folder / ".kinfolk") as session:
        company.csv("crm", [person(n) for n in range(20)])
        company.run()
        assert session.count("profiles.customers") == 9
    assert company.ask("select count(*) from profiles.customers") == [(20,)]


def test_where_nothing_changed_a_plan_says_so(company: Company) -> None:
    company.run()
    foretold = make_plan(company)
    assert (foretold.steps, foretold.tables, foretold.changes, foretold.arrived) == ((), (), (), ())
    assert "a run would do nothing" in markdown(foretold)


def test_a_plan_stops_where_the_run_would_stop(company: Company) -> None:
    company.run()
    company.source("crm", f"record_id: nothing_like_it\n{PEOPLE}")
    with pytest.raises(SourceError, match="nothing_like_it"):
        make_plan(company)


def test_a_source_that_loses_most_of_its_records_must_be_allowed_to(company: Company) -> None:
    company.csv("crm", [person(n) for n in range(40)])
    company.run()
    company.csv("crm", [person(1)])
    with pytest.raises(SourceError, match="broken export"):
        make_plan(company)
    foretold = plan(company.folder, options=RunOptions(allow_deletes=frozenset({"crm"}))).plan
    assert foretold.ground.allow_deletes == ("crm",)
    run_plan(company.folder, foretold.ground)
    assert company.ask("select count(*) from staging.records where source = 'crm'") == [(1,)]


def test_every_step_says_why_it_runs_and_how_long_it_will_take(company: Company) -> None:
    company.run()
    company.csv("crm", [person(n) for n in range(8)])
    company.identity("keys: [phone]\n")
    why = {step.name: step.why for step in make_plan(company).steps}
    assert why["read.data/crm.csv"] == "data/crm.csv arrived"
    assert why["staging.records"] == "it reads current.crm"
    assert why["identity.members"].startswith(
        "the project changed (identity: key email, identity: key phone); it reads"
    )
    assert why["profiles.customers"] == "it reads survivors.values"
    recorded = [step.name for step in company.run().steps]
    assert list(why) == recorded, "the plan's steps are the run's steps, in order"


def test_a_saved_plan_is_executed(company: Company, tmp_path: Path) -> None:
    company.run()
    company.csv("crm", [person(n) for n in range(8)])
    foretold = make_plan(company)
    save(foretold, tmp_path / "plan.json")
    assert saved_ground(tmp_path / "plan.json") == foretold.ground
    assert run_plan(company.folder, saved_ground(tmp_path / "plan.json")).status is RunStatus.PUBLISHED
    assert company.ask("select count(*) from staging.records where source = 'crm'") == [(8,)]


def test_a_plan_that_no_longer_fits_is_refused_and_says_what_differs(company: Company) -> None:
    company.run()
    company.csv("crm", [person(n) for n in range(8)])
    ground = make_plan(company).ground
    before = published_rows(company.folder / ".kinfolk")
    company.csv("crm", [person(n) for n in range(9)])
    company.csv("shop", [person(n) for n in range(9)])
    company.identity("keys: [phone]\n")
    with pytest.raises(StalePlanError) as refused:
        run_plan(company.folder, ground)
    assert "the project was edited since" in refused.value.what
    assert "data/crm.csv of crm has other content now" in refused.value.what
    assert "data/shop.csv of shop arrived since" in refused.value.what
    assert published_rows(company.folder / ".kinfolk") == before


def test_a_plan_is_executed_once(company: Company) -> None:
    company.run()
    company.csv("crm", [person(n) for n in range(8)])
    ground = make_plan(company).ground
    run_plan(company.folder, ground)
    with pytest.raises(StalePlanError, match="published since.*was taken in since"):
        run_plan(company.folder, ground)


def test_a_plan_of_another_project_is_refused(company: Company, tmp_path: Path) -> None:
    ground = make_plan(company).ground
    shutil.copytree(company.folder, tmp_path / "other")
    (tmp_path / "other/kinfolk.yml").write_text("name: Other\n")
    with pytest.raises(StalePlanError, match="the plan is of Test company, not of Other"):
        run_plan(tmp_path / "other", ground)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"format": 1}', '{"format": "x", "ground": 3}', "\x00\xff"])
def test_a_file_that_is_no_plan_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "plan.json").write_text(content)
    with pytest.raises(PlanError, match="not a saved plan"):
        saved_ground(tmp_path / "plan.json")


def test_a_plan_of_another_format_is_refused(company: Company, tmp_path: Path) -> None:
    save(make_plan(company), tmp_path / "plan.json")
    content = json.loads((tmp_path / "plan.json").read_text())
    (tmp_path / "plan.json").write_text(json.dumps(content | {"format": 99}))
    with pytest.raises(PlanError, match="format 99"):
        saved_ground(tmp_path / "plan.json")


def test_only_breaking_changes_are_held_back(company: Company) -> None:
    company.run()
    company.source("crm", f"record_id: id\ndescription: The office\n{PEOPLE}")
    check_breaking(make_plan(company))
    company.source("crm", f"record_id: name\n{PEOPLE}")
    with pytest.raises(PlanError, match="1 breaking effect"):
        check_breaking(make_plan(company))


def test_a_pull_request_sees_nobody_s_data(company: Company, tmp_path: Path) -> None:
    company.source("crm", f"file: data/*.csv\nrecord_id: mail\n{PEOPLE}")
    (company.folder / "sources/shop.yml").unlink()
    (company.folder / "data/shop.csv").unlink()
    company.run()
    company.csv("ada-byron", [person(n) for n in range(3, 12)])
    company.identity("keys: [phone]\nignore: {email: [ada77@example.com]}\n")
    planned = plan(company.folder)
    text = markdown(planned.plan)
    for secret in ("Ada", "Byron", "example.com", "ada-byron", "ada77"):
        assert secret not in text
    assert "identity: ignore email" in text
    assert any("Ada" in name for name in (*planned.people.before.values(), *planned.people.after.values()))
    save(planned.plan, tmp_path / "plan.json")
    assert "Byron" not in (tmp_path / "plan.json").read_text()


def test_the_same_plan_gives_the_same_markdown(company: Company) -> None:
    company.run()
    company.identity("keys: [phone]\n")
    # Seconds, the only numbers with a decimal, are measured anew by each plan.
    first, second = (re.sub(r"\d+\.\d\b", "…", markdown(make_plan(company))) for _ in range(2))
    assert first == second and "about … s" in first


def test_names_from_the_project_are_no_markdown(company: Company) -> None:
    company.write("kinfolk.yml", 'name: "<img src=x> | @everyone [a](b)"\n')
    assert "<img" not in markdown(make_plan(company))
    assert "@everyone" not in markdown(make_plan(company))


CONTRACT = """
apiVersion: v3.0.2
kind: DataContract
id: crm
version: {version}
status: active
schema:
  - name: crm
    properties:
      - name: id
        logicalType: string
        required: true
      - name: mail
        logicalType: string
        required: {required}
      - name: name
        logicalType: string
        logicalTypeOptions: {{pattern: "{pattern}"}}
"""
MODEL = "select customer_id, {amount} as worth from profiles.orders where customer_id is not null group by all\n"


def test_a_branch_with_a_tighter_contract_another_key_and_another_model_is_foretold(company: Company) -> None:
    company.write("contracts/crm.odcs.yaml", CONTRACT.format(version="1.0.0", required="false", pattern=".*"))
    company.write("models/worth.sql", MODEL.format(amount="sum(amount)"))
    company.run()
    company.write("contracts/crm.odcs.yaml", CONTRACT.format(version="2.0.0", required="true", pattern="^Ada"))
    company.write("models/worth.sql", MODEL.format(amount="max(amount)"))
    company.identity("keys: [phone]\n")
    company.csv(
        "crm", [person(n, name="Eve" if n == 2 else f"Ada{n}", mail="" if n == 4 else "a@b.example") for n in range(8)]
    )
    foretold = expect_foretold(company)
    told = " ".join(change.what for change in foretold.changes)
    assert all(word in told for word in ("contract", "identity", "model"))
    assert len(foretold.breaking) >= 3
    [quarantined] = [effect for effect in foretold.tables if effect.table == "quarantine.records"]
    assert quarantined.added == 2
    [worth] = [effect for effect in foretold.tables if effect.table == "models.worth"]
    assert worth.changed + worth.added > 0
    assert "quarantine.records" in markdown(foretold)

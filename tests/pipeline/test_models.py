"""The company's own models in a run: made in order, held to their tests, gone when their file is."""

from __future__ import annotations

from pathlib import Path

import pytest

from kinfolk.errors import ModelError
from kinfolk.model.run import RunStatus
from tests.company import Company

ORDERS = """
record_id: id
load: append
belongs_to: {column: customer, source: shop}
orders: {order_id: id, ordered_at: day, amount: total}
"""
SPENT = """
select customer_id, count(*) as orders, sum(amount) as spent
from profiles.orders
where customer_id is not null
group by customer_id
"""


@pytest.fixture
def shop(tmp_path: Path) -> Company:
    company = Company(tmp_path)
    company.write("kinfolk.yml", "name: Shop\ncurrency: EUR\ndates: YMD\n")
    company.identity("keys: [email]\n")
    company.source("shop", "record_id: id\npeople: {first_name: name, email: mail}\n")
    company.csv("shop", [{"id": n, "name": f"N{n}", "mail": f"n{n}@x.org"} for n in (1, 2, 3)])
    company.source("orders", ORDERS)
    company.csv(
        "orders", [{"id": f"O{n}", "customer": 1 + n % 2, "day": "2026-01-02", "total": n} for n in range(1, 5)]
    )
    company.write("models/spent.sql", SPENT)
    return company


def spent(company: Company) -> list[tuple[object, ...]]:
    return company.ask("select orders, spent::int from models.spent order by spent")


def steps(company: Company) -> list[str]:
    return [step.name for step in company.run().steps if step.name.startswith("models.")]


def test_a_model_is_published_with_what_it_reads(shop: Company) -> None:
    shop.run()
    assert spent(shop) == [(2, 4), (2, 6)]


def test_models_that_read_each_other_are_made_in_order_whatever_their_names(shop: Company) -> None:
    shop.write("models/a_last.sql", "select sum(spent) as spent from models.m_middle")
    shop.write("models/m_middle.sql", "select spent from models.spent")
    assert steps(shop) == ["models.spent", "models.m_middle", "models.a_last"]
    assert shop.ask("select spent::int from models.a_last") == [(10,)]


def test_a_model_in_python_gets_arrow_tables_and_returns_one(shop: Company) -> None:
    shop.write(
        "models/total.py",
        'import pyarrow.compute as pc\nimport pyarrow as pa\nREADS = {"per": "models.spent"}\n\n\n'
        'def model(inputs):\n    return pa.table({"total": [float(pc.sum(inputs["per"]["spent"]).as_py())]})\n',
    )
    shop.run()
    assert shop.ask("select total from models.total") == [(10.0,)]


def test_an_error_in_a_python_model_names_its_line(shop: Company) -> None:
    shop.write(
        "models/total.py", 'READS = {"per": "models.spent"}\n\n\ndef model(inputs):\n    return inputs["other"]\n'
    )
    with pytest.raises(ModelError, match=r"models/total\.py:5: Model total failed: KeyError: 'other'"):
        shop.run()


def test_a_python_model_that_returns_no_table_is_refused(shop: Company) -> None:
    shop.write("models/total.py", 'READS = {"per": "models.spent"}\n\n\ndef model(inputs):\n    return [1]\n')
    with pytest.raises(ModelError, match="returned list, not an Arrow table"):
        shop.run()


def test_a_column_that_is_not_there_is_found_at_its_line(shop: Company) -> None:
    shop.write("models/wrong.sql", "select\n  order_id,\n  amout as paid\nfrom profiles.orders\n")
    with pytest.raises(ModelError, match=r'models/wrong\.sql:3: .*"amout" not found.*"amount"'):
        shop.run()


def test_rows_of_customers_follow_a_merge(shop: Company) -> None:
    shop.run()
    shop.csv("shop", [{"id": n, "name": f"N{n}", "mail": f"n{max(n, 2)}@x.org"} for n in (1, 2, 3)])
    shop.run()
    assert spent(shop) == [(4, 10)]


def test_a_model_over_what_landed_sees_earlier_loads_too(shop: Company) -> None:
    shop.write("models/arrivals_seen.sql", "select shop.id from landing.shop where _change = 'added'")
    shop.write("models/loads_seen.sql", "select count(*) as loads from landing.loads as l where l.source = 'orders'")
    shop.write("models/tests/landed_once.sql", "select id from landing.orders group by id having count(*) > 1")
    shop.run()
    shop.csv("shop", [{"id": n, "name": f"N{n}", "mail": f"n{n}@x.org"} for n in (1, 2, 3, 4)])
    shop.csv("orders", [{"id": "O9", "customer": 4, "day": "2026-01-03", "total": 9}])
    shop.run()
    assert shop.ask("select id from models.arrivals_seen order by 1") == [("1",), ("2",), ("3",), ("4",)]
    assert shop.ask("select loads from models.loads_seen") == [(2,)]


def test_only_models_that_a_change_reaches_are_made_anew(shop: Company) -> None:
    shop.write("models/mailing.sql", "select email from profiles.customers")
    shop.run()
    shop.csv("orders", [{"id": "O9", "customer": 1, "day": "2026-01-03", "total": 9}])
    assert steps(shop) == ["models.spent"]
    assert spent(shop) == [(2, 4), (3, 15)]


def test_nothing_changed_makes_nothing_anew(shop: Company) -> None:
    shop.run()
    assert shop.run().status is RunStatus.UNCHANGED


def test_a_changed_model_is_made_anew_with_those_that_read_it(shop: Company) -> None:
    shop.write("models/top.sql", "select max(spent) as spent from models.spent")
    shop.run()
    shop.write("models/spent.sql", SPENT.replace("sum(amount)", "2 * sum(amount)"))
    assert steps(shop)[:2] == ["models.spent", "models.top"]
    assert shop.ask("select spent::int from models.top") == [(12,)]


def test_the_table_of_a_removed_model_goes(shop: Company) -> None:
    shop.write("models/top.sql", "select max(spent) as spent from models.spent")
    shop.run()
    (shop.folder / "models/top.sql").unlink()
    shop.run()
    assert "models.top" not in shop.published()
    assert shop.ask("select model from catalogue.models") == [("spent",)]


def test_a_failed_test_publishes_nothing_and_says_where_it_is_written(shop: Company) -> None:
    shop.run()
    before = shop.published()
    shop.write("models/spent.yml", "keys: customer_id\ncolumns:\n  spent:\n    tests: [{range: {max: 5}}]\n")
    with pytest.raises(ModelError) as failed:
        shop.run()
    assert str(failed.value).startswith(
        "models/spent.yml:4: The test range(spent, …5) of model spent does not hold for 1 row. Nothing was published."
    )
    assert shop.published() == before


def test_a_test_that_only_warns_is_counted(shop: Company) -> None:
    shop.write("models/spent.yml", "columns: {spent: {tests: [{range: {max: 5}, severity: warn}]}}\n")
    assert shop.run().status is RunStatus.PUBLISHED
    found = shop.ask("select model, test, severity, failures from quality.model_tests")
    assert found == [("spent", "range(spent, …5)", "warn", 1)]


def test_what_each_test_counts(shop: Company) -> None:
    rows = "(1, 'a', date '2026-01-01'), (2, 'a', date '2026-01-02'), (3, 'c', date '2026-01-03'), (4, null, null)"
    shop.write("models/few.sql", f"select * from (values {rows}) as v(number, word, day)")
    shop.write("models/words.sql", "select 'b' as word union all select 'c'")
    shop.write("models/few.yml", COUNTED)
    shop.run()
    assert dict(shop.ask("select test, failures from quality.model_tests")) == {
        "not_null(word)": 1,
        "unique(word)": 1,
        "accepted_values(word)": 1,
        "relationships(word → models.words.word)": 2,
        "not_null(number)": 0,
        "accepted_values(number)": 2,
        "range(number, 2…3)": 2,
        "range(day, 2026-01-02…)": 1,
        "unique(word, day)": 0,
        "row_count(…3)": 1,
        "row_count(4…)": 0,
    }


COUNTED = """
columns:
  word:
    tests:
      - {not_null: true, severity: warn}
      - {unique: true, severity: warn}
      - {accepted_values: [a, b], severity: warn}
      - {relationships: models.words.word, severity: warn}
  number:
    tests:
      - not_null
      - {accepted_values: [1, 2], severity: warn}
      - {range: {min: 2, max: 3}, severity: warn}
  day:
    tests: [{range: {min: 2026-01-02}, severity: warn}]
tests:
  - unique: [word, day]
  - {row_count: {max: 3}, severity: warn}
  - row_count: {min: 4}
"""


def test_keys_are_a_promise(shop: Company) -> None:
    shop.write("models/spent.yml", "keys: orders\n")
    with pytest.raises(
        ModelError, match=r"spent\.yml:1: The test unique\(orders\) of model spent does not hold for 1 row"
    ):
        shop.run()


def test_sql_of_its_own_returns_the_rows_that_are_wrong(shop: Company) -> None:
    shop.write("models/tests/modest.sql", "select * from models.spent where spent > 5")
    with pytest.raises(ModelError, match=r"models/tests/modest\.sql:1: The test modest of model spent does not hold"):
        shop.run()
    shop.write("models/tests/modest.sql", "-- severity: warn\nselect * from models.spent where spent > 5")
    assert shop.run().status is RunStatus.PUBLISHED


def test_a_test_of_a_column_that_is_not_there(shop: Company) -> None:
    shop.write("models/all_spent.sql", "select * from models.spent")
    shop.write("models/all_spent.yml", "columns: {spend: {tests: [not_null]}}\n")
    with pytest.raises(ModelError, match=r"all_spent\.yml:1: .*a column spend, .*Did you mean spent\?"):
        shop.run()


def test_a_test_that_cannot_be_asked_is_named(shop: Company) -> None:
    shop.write("models/tests/odd.sql", "select * from models.spent where spend > 5")
    with pytest.raises(ModelError, match=r"models/tests/odd\.sql:1: The test odd cannot be asked"):
        shop.run()


def test_a_python_model_that_exits_fails_the_run_and_one_that_prints_does_not_disturb_the_answer(
    shop: Company, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.write(
        "models/leaves.py", 'import sys\nREADS = {"c": "profiles.customers"}\ndef model(inputs):\n    sys.exit(0)\n'
    )
    with pytest.raises(ModelError, match="models/leaves.py:4"):
        shop.run()
    shop.write(
        "models/leaves.py",
        'READS = {"c": "profiles.customers"}\ndef model(inputs):\n    print("hello")\n    return inputs["c"]\n',
    )
    shop.run()
    assert "hello" not in capsys.readouterr().out


def test_a_model_that_stumbles_over_a_value_does_not_repeat_it(shop: Company) -> None:
    shop.write("models/bad.sql", "select customer_id, cast(email as integer) as number from profiles.customers\n")
    with pytest.raises(ModelError) as failed:
        shop.run()
    assert "@" not in str(failed.value)

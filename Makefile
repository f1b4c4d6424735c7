# Every target works on a machine that has only Python 3.11 or newer, make and a package registry.
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
# Each worker begins with tests that lie together, so that what a file prepares is prepared once.
PARALLEL := -n auto --dist worksteal

# The first Python that is new enough; `make PYTHON=/path/to/python` chooses another.
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(firstword $(foreach python,python3 python3.13 python3.12 python3.11,\
	$(if $(shell $(python) -c '$(NEW_ENOUGH)' 2>/dev/null && echo yes),$(python))) python3)

.DEFAULT_GOAL := help
.PHONY: help demo test test-all check format bench bench-identity bench-intake bench-soak docs reference datacontract spark clients lock clean

help: ## What can be made
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' $(MAKEFILE_LIST) | while IFS='|' read -r target about; do \
		printf '  make %-14s %s\n' "$$target" "$$about"; done

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c '$(NEW_ENOUGH)' || { echo 'Kinfolk needs Python 3.11 or newer. Say where it is: make PYTHON=/path/to/python'; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --no-deps -r requirements.lock
	$(PIP) install --no-deps --editable .
	@touch $@

demo: $(READY) ## The main job on a small invented company: before and after, one golden profile, its lineage
	$(BIN)/kinfolk demo

test: $(READY) ## The tests, without the slow ones (five minutes at most on two cores)
	$(BIN)/python -m pytest $(PARALLEL) -m "not slow"

test-all: $(READY) ## Every test, the slow ones too
	$(BIN)/python -m pytest $(PARALLEL)

check: $(READY) ## Style, types, import rules and the rules of the house
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -m pytest -q tests/house

format: $(READY) ## Write the code as `make check` wants it
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(READY) ## Speed and memory on a million records, beside Splink; writes docs/benchmarks.md (needs about 20 minutes)
	$(BIN)/python benchmarks/main_job.py

bench-identity: $(READY) ## Who is who, against Splink, dedupe, recordlinkage, goldenmatch; writes docs/benchmarks.md (an hour)
	$(BIN)/python benchmarks/identity.py
	$(BIN)/python benchmarks/identity_speed.py
	$(BIN)/python benchmarks/realtime.py

bench-intake: $(READY) ## Events a second over HTTP, each on disk before it is acknowledged; writes docs/benchmarks.md (a minute)
	$(BIN)/python benchmarks/intake.py

bench-soak: $(READY) ## An hour of a thousand events a second: memory, disk, lag, nothing lost; writes docs/benchmarks.md
	$(BIN)/python benchmarks/soak.py

docs: $(READY) ## The documentation as a website, in site/
	$(BIN)/python scripts/make_reference.py --check
	$(BIN)/zensical build --clean --strict

reference: $(READY) ## Write the generated pages of docs/ anew
	$(BIN)/python scripts/make_reference.py

# Its dependencies are many and not ours, so it has an environment of its own.
datacontract: $(VENV)/datacontract/bin/datacontract ## Another reader of data contracts, which tests ask (KINFOLK_DATACONTRACT)

$(VENV)/datacontract/bin/datacontract: $(READY)
	$(BIN)/python -m venv $(VENV)/datacontract
	$(VENV)/datacontract/bin/python -m pip --quiet --disable-pip-version-check install 'datacontract-cli[duckdb]==1.2.8'

# The same for Spark and Splink, which are large, and only tests of `engine: spark` need them.
spark: $(VENV)/spark/.ready ## A Python with Spark and Splink, which tests ask (KINFOLK_SPARK); to run it needs Java 17

$(VENV)/spark/.ready: $(READY)
	$(BIN)/python -m venv $(VENV)/spark
	$(VENV)/spark/bin/python -m pip --quiet --disable-pip-version-check install --no-deps -r requirements.lock
	$(VENV)/spark/bin/python -m pip --quiet --disable-pip-version-check install --no-deps --editable .
	$(VENV)/spark/bin/python -m pip --quiet --disable-pip-version-check install 'pyspark==4.3.0' 'splink==5.0.0'
	@touch $@

# The programs people send events with from Node; needs Node and npm.
clients: $(VENV)/clients/.ready ## Segment's and RudderStack's programs for Node, which tests of event collection use

$(VENV)/clients/.ready: tests/clients/package.json $(READY)
	mkdir -p $(VENV)/clients
	cp tests/clients/package.json $(VENV)/clients/
	cd $(VENV)/clients && npm install --silent --no-audit --no-fund --ignore-scripts
	@touch $@

lock: $(READY) ## Pin every dependency in requirements.lock anew (UPGRADE=--upgrade for newer versions)
	$(PIP) install uv
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 $(UPGRADE) \
		--group dev --group docs pyproject.toml --no-emit-index-url --no-header -o requirements.lock

clean: ## Remove everything made here, the virtual environment too
	rm -rf $(VENV) site dist demo benchmarks/work .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find src tests scripts benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

# Needs python3 (3.10 or later) with venv, and git. Everything else is made in .venv.

PYTHON ?= python3
BIN := .venv/bin
# What developers work with: the group `dev`, and every extra that users may ask for.
DEV := --group dev -e '.[files,simulator]'
STAMP := .venv/.installed

# Meltano starts the tap and the loader by name. Compiled modules halve the start of every command.
export PATH := $(CURDIR)/$(BIN):$(PATH)
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup demo test docs bench prove check format lint types tests wheel audit pins newest lowest clean

help:
	@echo "make demo     Ninox to PostgreSQL through Meltano, without an account"
	@echo "make test     format check, lint, strict types, all tests"
	@echo "make docs     what stands in files about settings, anew, after a change of them"
	@echo "make wheel    build the wheel and try it in an empty environment"
	@echo "make bench    how fast, beside what else could be used; ROUNDS=5 WORKS='read tables'"
	@echo "make prove    what takes longer: a long random world, every fault, kills, a million rows; PARTS='tests world grid matrix kills load memory taps loaders'"
	@echo "make newest   the tests with the newest singer-sdk and Meltano, permitted or not"
	@echo "make lowest   the tests with the lowest versions that are permitted"
	@echo "make audit    known vulnerabilities of every pinned package; needs the internet"
	@echo "make pins     constraints.txt anew, after a change of pyproject.toml"
	@echo "make setup    only what both need, in .venv"
	@echo "make clean    remove what was made"

setup: $(STAMP)

# The tap for spreadsheets is a distribution of its own, which an extra cannot name by its path.
TABULAR := plugins/tap-tabular

$(STAMP): pyproject.toml $(TABULAR)/pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null || \
	  { echo "Python 3.10 or later is needed: make PYTHON=/path/to/python3.12"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
	  { echo "Python's venv module is missing (Debian, Ubuntu: apt install python3-venv)"; exit 1; }
	@echo "Installing into .venv (once, a minute or two) ..."
	@rm -f $(STAMP)
	@$(BIN)/python -c 'import pip' 2>/dev/null || $(PYTHON) -m venv --clear .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt pip
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt $(DEV) -e $(TABULAR)
	@touch $(STAMP)

demo: setup
	@$(BIN)/python -m demo

docs: setup
	@$(BIN)/python -m devtools.docs

# What takes a second first; mypy beside the tests, which often wait.
test: format lint
	@$(MAKE) --no-print-directory -j2 types tests

ROUNDS ?= 5
WORKS ?=
bench: setup
	@$(BIN)/python -m benchmarks --rounds $(ROUNDS) $(WORKS)

# Long proofs, beside the samples of them that `make test` runs.
PARTS ?= tests world matrix kills load memory taps
prove: setup
	@nice -n 10 $(BIN)/python -m tests.reliability $(PARTS)

check: format lint types
	@$(BIN)/python -m devtools.street

format: setup
	@$(BIN)/ruff format --check --quiet . || { echo "Not formatted: run '.venv/bin/ruff format .'"; exit 1; }

lint: setup
	@$(BIN)/ruff check --quiet .

types: setup
	@$(BIN)/mypy

# Three workers for two cores, since tests wait for programs. Tests go one by one to whoever is free (with `load` in heaps),
# in the order of tests/conftest.py.
WORKERS ?= 3
PYTEST := -m pytest -q -n $(WORKERS) --dist loadgroup --no-loadscope-reorder
# COVERAGE=1 measures which lines of the product run in the tests' own processes; it doubles their time.
COVERAGE ?=
tests: setup
	@$(BIN)/python $(PYTEST) $(if $(COVERAGE),--cov --cov-report=term)

# What a user gets: built, installed with every extra into an empty environment, and tried.
wheel: setup
	@rm -rf dist
	@$(BIN)/python -m hatchling build --directory dist
	@$(PYTHON) -m venv --clear build/wheel
	@$(BIN)/python -m pip --python build/wheel/bin/python install --quiet --disable-pip-version-check -c constraints.txt \
	  --group demo "$$(echo dist/*.whl)[simulator]"
	@build/wheel/bin/pip check
	@$(PYTHON) tests/doors/try_wheel.py build/wheel/bin

# What others know of every pinned package. Needs the internet, and says so if there is none.
audit: setup
	@$(PYTHON) -m venv build/audit
	@build/audit/bin/pip install --quiet --disable-pip-version-check pip-audit
	@$(BIN)/python -m tests.doors.audit build/audit/bin/pip-audit $(BIN)/uv

# The pins, anew for what pyproject.toml asks for; what is pinned already stays if it can.
pins: setup
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.10 --group dev --extra files --extra simulator pyproject.toml \
	  --no-header --no-annotate --output-file constraints.txt

# What is about to come: the newest of everything, and of these two also what pyproject.toml does not permit yet.
NEWEST := build/newest/bin
newest: setup
	@$(BIN)/uv venv --quiet --clear --python $(PYTHON) build/newest
	@printf 'singer-sdk[testing]\nmeltano\n' >build/newest/overrides.txt
	@$(BIN)/uv pip install --quiet --python $(NEWEST)/python --override build/newest/overrides.txt $(DEV) -e $(TABULAR)
	@PATH="$(CURDIR)/$(NEWEST):$$PATH" $(NEWEST)/python $(PYTEST) --deselect tests/doors/test_dependencies.py

# The lowest versions that pyproject.toml permits: what users get, then what the demo and these tests run beside it.
LOWEST := build/lowest/bin
BESIDE := build/lowest-dev/bin
lowest: setup
	@$(BIN)/uv venv --quiet --clear --python $(PYTHON) build/lowest
	@$(BIN)/uv pip install --quiet --python $(LOWEST)/python --resolution lowest-direct -e '.[simulator,files]' \
	  'pytest>=9' 'pytest-randomly>=3.16' 'hypothesis>=6.100' 'trustme>=1.2'
	@$(LOWEST)/python -m pytest -q tests/unit tests/client tests/tap tests/target
	@$(BIN)/uv venv --quiet --clear --python $(PYTHON) build/lowest-dev
	@$(BIN)/uv pip install --quiet --python $(BESIDE)/python --resolution lowest-direct $(DEV) -e $(TABULAR)
	@PATH="$(CURDIR)/$(BESIDE):$$PATH" $(BESIDE)/python -m pytest -q \
	  tests/settings tests/tap tests/simulator tests/conformance tests/e2e tests/doors/test_postgres.py \
	  tests/tabular $(TABULAR)/tests

clean:
	rm -rf .venv .bench .meltano .coverage output build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis *.egg-info

# Every target makes the virtual environment it needs; nothing outside this folder is touched.
# PYTHON=  the interpreter that the environment is made from (3.11 or newer)
# ONLY=    for `make bench`: run only the benchmarks whose name contains this

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
ONLY   ?=

# setuptools is installed from the same pins, so building our own package needs no second download
PIP := $(BIN)/python -m pip install -qq --disable-pip-version-check -c constraints.txt
PINS := pyproject.toml constraints.txt

RULES := tests/test_import_direction.py tests/test_docs_links.py tests/test_house.py

.DEFAULT_GOAL := help
.PHONY: help setup demo test check bench grade docs clean

help: ## say what there is to make
	@echo "make TARGET [PYTHON=python3.12]"
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  %-7s %s\n", $$1, $$2 }' Makefile

setup: $(VENV)/.dev ## make .venv with everything that working on fieldguide needs
	@echo "setup: .venv is ready; activate it with: source .venv/bin/activate"

demo: $(VENV)/.default ## inspect, recommend, race and predict on handwritten digits
	@rm -rf .demo
	@echo "demo 1/4: fieldguide inspect digits"
	@$(BIN)/fieldguide inspect digits
	@echo "demo 2/4: fieldguide recommend digits"
	@$(BIN)/fieldguide recommend digits
	@echo "demo 3/4: fieldguide race digits --budget 90s -o .demo/race"
	@$(BIN)/fieldguide race digits --budget 90s -o .demo/race
	@echo "demo 4/4: fieldguide predict .demo/race/best digits -o .demo/predictions.csv"
	@$(BIN)/fieldguide predict .demo/race/best digits -o .demo/predictions.csv
	@echo "The first ten, which show 0, 1, 2 and so on up to 9:"
	@head -n 11 .demo/predictions.csv
	@echo
	@echo "The report is .demo/race/report.html, the trained model .demo/race/best."
	@echo "Your own table:  $(BIN)/fieldguide race sales.csv --target price --budget 5m -o run"
	@echo "Your own photos: $(BIN)/fieldguide race photos/ -o run   (one folder for each class)"

test: check ## run the checks and the whole test suite
	@echo "test: the whole suite, warnings are errors"
	@$(BIN)/python -m pytest

check: $(VENV)/.dev ## lint, formatting, types, import directions, links in the docs
	@echo "check: ruff, mypy, import directions, links in the docs, house rules"
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --check --quiet
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/python -m pytest $(RULES)

bench: $(VENV)/.dev ## run the benchmarks (the quality ones need FIELDGUIDE_DATA); ONLY=name picks
	@$(BIN)/python -m benchmarks $(ONLY)

grade: $(VENV)/.default ## grade the advice on recorded races and write docs/grade.md
	@$(BIN)/python -m benchmarks.grade

docs: $(VENV)/.default ## write docs/guide, one page an algorithm, and the table in README.md
	@$(BIN)/python -m docs.build

clean: ## remove what these targets made: .venv, .demo, docs/guide and the tools' caches
	@rm -rf $(VENV) .demo docs/guide build src/*.egg-info
	@rm -rf .pytest_cache .ruff_cache .mypy_cache .hypothesis
	@find src tests benchmarks docs -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@command -v "$(PYTHON)" >/dev/null || { \
	    echo "setup: there is no '$(PYTHON)' here." \
	         "Install Python 3.11 or newer, or name one: make PYTHON=/path/to/python3.12" >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	    echo "setup: fieldguide needs Python 3.11 or newer; '$(PYTHON)' is" \
	         "$$("$(PYTHON)" --version 2>&1). Name a newer one: make PYTHON=/path/to/python3.12" >&2; exit 1; }
	@echo "setup: making $(VENV) with $$("$(PYTHON)" --version)"
	@"$(PYTHON)" -m venv $(VENV) || { rm -rf $(VENV); \
	    echo "setup: Python could not make a virtual environment;" \
	         "on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }

$(VENV)/.default: $(PINS) | $(BIN)/python
	@echo "setup: installing fieldguide and its pinned dependencies (a minute or two, once)"
	@$(PIP) torch==2.13.0 setuptools
	@$(PIP) --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.default
	@echo "setup: installing the tools for tests and checks (half a minute, once)"
	@$(PIP) --no-build-isolation -e '.[dev]'
	@touch $@

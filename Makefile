# The front door. `make run` and `make test` need only Python 3.11+, make and a package registry.

SHELL := /bin/sh
VENV ?= .venv
BIN := $(VENV)/bin
# One more than there are processors: some tests wait for a process or a clock.
WORKERS ?= $$(( $$(getconf _NPROCESSORS_ONLN) + 1 ))
# The first interpreter that is new enough; a name on PATH may be a shim that runs nothing.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$p"; break; }; done)

.DEFAULT_GOAL := help
.PHONY: help install install-dev run demo test attacks smoke check format bench bench-hotpath law kill fuzz record suites lock clean

help: ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

install: $(VENV)/.installed ## prepare .venv with all that `make run` needs

install-dev: $(VENV)/.installed-dev ## the same, with what the tests need

run: install ## get the model once, answer the prepared questions, serve the demo
	@$(BIN)/nlq model pull
	@$(BIN)/nlq demo --serve

demo: install ## the same without serving
	@$(BIN)/nlq model pull
	@$(BIN)/nlq demo

# Tests start many processes; without compiled modules each would compile again what it imports.
test: export PYTHONDONTWRITEBYTECODE :=
test: install-dev ## run the tests on real DuckDB, Postgres and SQLite
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

attacks: install-dev ## send every attack of the corpus to every engine, by hand and as a draft
	@NLQ_ATTACKS=all $(BIN)/python -m pytest tests/attacks

smoke: install-dev ## ask the real local model a few questions
	@$(BIN)/nlq model pull
	@$(BIN)/python -m pytest -m smoke tests/smoke

check: install-dev ## format, lint, types, imports
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: install-dev ## format and mend what the linter can mend
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: install-dev ## measure: import times, cached asks, compilation
	@$(BIN)/nlq model pull
	@$(BIN)/python -m benchmarks

bench-hotpath: install-dev ## measure a known question over HTTP beside an endpoint written by hand
	@$(BIN)/python -m benchmarks.hotpath

QUERIES ?= 100000
law: install-dev ## try the laws of permissions on QUERIES=100000 per law and engine, for hours
	@NLQ_LAW=long NLQ_LAW_QUERIES=$(QUERIES) $(BIN)/python -m pytest -s tests/property/test_guard_law.py \
		tests/property/test_group_law.py tests/property/test_defence_law.py \
		tests/property/test_write_law.py tests/property/test_defence_write_law.py

KILLS ?= 50
kill: install-dev ## kill processes and servers that change things, KILLS=50 times for each database
	@NLQ_KILLS=$(KILLS) $(BIN)/python -m pytest -s tests/mutations/test_mutation_crashes.py \
		tests/mutations/test_mutation_server_kills.py

SECONDS ?= 600
fuzz: install-dev ## fuzz what reads hostile text, for SECONDS=600
	@test -x $(VENV)/fuzz/bin/python || $(PYTHON) -m venv $(VENV)/fuzz
	@$(VENV)/fuzz/bin/python -m pip install --quiet --disable-pip-version-check -r fuzz/requirements.txt
	@$(VENV)/fuzz/bin/python -m fuzz --seconds $(SECONDS)
	@$(BIN)/python -m fuzz --replay

record: install-dev ## record the model's replies anew for the tests
	@$(BIN)/nlq model pull
	@RECORD=1 $(BIN)/python -m pytest -W ignore tests/e2e

suites: install-dev ## judge all recorded cases, of which `make test` tries every second
	@NLQ_SUITES=all $(BIN)/python -m pytest tests/e2e tests/integration/test_short_drafts.py

lock: install-dev ## resolve the dependencies anew
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --extra all \
		--custom-compile-command 'make lock' -o requirements/run.txt pyproject.toml
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --extra dev \
		--custom-compile-command 'make lock' -o requirements/dev.txt pyproject.toml

clean: ## remove the environment and caches of tools
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "nlq needs Python 3.11 or newer on PATH" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv || true

# uv installs in seconds; pip is the way where uv cannot be had or cannot see the registry.
define install
	@echo "installing $(1)…"
	@$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python -r requirements/$(1).txt 2>/dev/null \
		|| $(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements/$(1).txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps -e . 2>/dev/null \
		|| $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@
endef

$(VENV)/.installed: requirements/run.txt pyproject.toml | $(BIN)/python
	$(call install,run)

$(VENV)/.installed-dev: requirements/dev.txt pyproject.toml | $(BIN)/python
	$(call install,dev)
	@touch $(VENV)/.installed

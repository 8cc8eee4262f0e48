# Two commands: `make demo` and `make test`. Everything they need is set up on the way.
PYTHON ?= python3
BIN := .venv/bin
ONCE ?=
PEOPLE ?= 200
SPEED ?=
SEED ?= 7

.DEFAULT_GOAL := help
.PHONY: help demo test bench check clean

help: ## Say what can be made
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

demo: .venv/run ## The example airline with a living world of customers (ONCE=1: one day, then the books)
	@$(BIN)/regard demo --people $(PEOPLE) --seed $(SEED) $(if $(SPEED),--speed $(SPEED)) $(if $(ONCE),--once)

test: .venv/test ## The whole suite: style, types, rooms, stories, real SDKs, servers and a browser
	@$(BIN)/ruff format --check --quiet . && $(BIN)/ruff check --quiet . 
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-timestamp 2>/dev/null || $(BIN)/lint-imports
	@$(BIN)/python -m pytest

check: .venv/test ## The fast half: style, types, rooms and every test that starts no process
	@$(BIN)/ruff format --quiet . && $(BIN)/ruff check --quiet . && $(BIN)/mypy && $(BIN)/lint-imports
	@$(BIN)/python -m pytest -m 'not slow'

bench: .venv/test ## Measure against the limits of this machine, in one run
	@$(BIN)/python -m benchmarks

clean: ## Forget the environment and everything made
	rm -rf .venv .regard

# The environment: what running needs, then what testing needs on top.
.venv/run: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Regard needs Python 3.11 or newer; $(PYTHON) is older. Try: make PYTHON=python3.11"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Setting up .venv (once) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

.venv/test: .venv/run
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	@touch $@

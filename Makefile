# Two commands: `make demo` and `make test`. Everything they need is set up on the way.
PYTHON ?= python3
BIN := .venv/bin
ONCE ?=
PEOPLE ?= 200
SPEED ?=
SEED ?= 7
SEEDS ?= 2000
FIRST ?= 0

.DEFAULT_GOAL := help
.PHONY: help demo test soak check format bench clean

help: ## Say what can be made
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

demo: .venv/run ## The example airline with a living world of customers (PEOPLE=200 SPEED=60; ONCE=1: one day, then the books)
	@$(BIN)/regard demo --people $(PEOPLE) --seed $(SEED) $(if $(SPEED),--speed $(SPEED)) $(if $(ONCE),--once)

test: .venv/test ## The whole suite: style, types, rooms, stories, real SDKs, servers and a browser
	@echo "1/5 form: ruff format"; $(BIN)/ruff format --check --quiet . || { echo "Run: make format"; exit 1; }
	@echo "2/5 style: ruff check"; $(BIN)/ruff check --quiet .
	@echo "3/5 types: mypy, strict"; $(BIN)/mypy
	@echo "4/5 rooms: import-linter"; $(BIN)/lint-imports
	@echo "5/5 behaviour: pytest, all of it"; $(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

check: .venv/test ## The fast half: style, types, rooms and every test that starts no process
	@echo "1/4 style: ruff"; $(BIN)/ruff format --check --quiet . && $(BIN)/ruff check --quiet .
	@echo "2/4 types: mypy, strict"; $(BIN)/mypy
	@echo "3/4 rooms: import-linter"; $(BIN)/lint-imports
	@echo "4/4 behaviour: pytest, without processes"; $(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder -m 'not slow'

format: .venv/test ## Bring every file into form
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

soak: .venv/test ## Thousands of bad months in the simulator (SEEDS=2000 FIRST=0 PEOPLE=30), every invariant after each
	@$(BIN)/python -m tests.simulate --seeds $(SEEDS) --first $(FIRST) $(if $(filter command line,$(origin PEOPLE)),--people $(PEOPLE))

bench: .venv/bench ## Measure against the limits of this machine, in one run
	@$(BIN)/python -m benchmarks

clean: ## Forget the environment and everything made
	rm -rf .venv .regard .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

# The environment: what running needs, then what testing needs on top.
.venv/run: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Regard needs Python 3.11 or newer; $(PYTHON) is older. Try: make PYTHON=python3.11"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Setting up .venv (once) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

.venv/bench: .venv/test
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[bench]'
	@touch $@

.venv/test: .venv/run
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	@touch $@

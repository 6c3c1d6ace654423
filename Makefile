# Every verb. Each sets up what it needs by itself, on a machine with nothing but Python 3.11 or newer, and make.

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
DATA ?= var
PORT ?= 8000
COMPOSE ?= docker compose
# e.g. make bundle BUNDLE="--python 3.11 3.12 3.13 --without-images"
BUNDLE ?=
PYTEST := $(BIN)/python -m pytest -q -n 2 --dist loadgroup

.DEFAULT_GOAL := help
.PHONY: help demo test check fix fuzz bench up down bundle docs chaos integration requirements clean

help:  ## this list
	@grep -hE '^[.a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 15

.venv: .venv/dev  ## the environment, with everything the checks need

.venv/lay: requirements/build.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: install it, or say make PYTHON=/path/to/python3"; exit 2; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/build.txt
	@touch $@

# uv lays the locked files down in a tenth of pip's time; where it cannot reach the index as pip is set up to, pip does it.
.venv/%: requirements/%.txt pyproject.toml .venv/lay
	VIRTUAL_ENV=.venv $(BIN)/uv pip install -q --require-hashes -r $< || \
		$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r $<
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-index --no-build-isolation -e .
	@touch $@

demo: .venv/embedded  ## a pretend county through the real doors, three stories, then the console
	$(BIN)/shouwang demo --data $(DATA) --port $(PORT)

test: .venv/dev  ## all tests that need no Docker
	$(PYTEST) -m "not docker and not compose and not slow"

check: .venv/dev  ## style, types, borders, generated files, tests: what CI runs first
	$(BIN)/ruff format --check -q .
	$(BIN)/ruff check -q .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -m contracts check
	$(BIN)/shouwang rulebook check services/alerts/rulebook
	$(MAKE) --no-print-directory test

fix: .venv/dev  ## format, mend what can be mended, write generated files again
	$(BIN)/ruff format -q .
	$(BIN)/ruff check -q --fix .
	$(BIN)/python -m contracts export
	$(BIN)/python -m shouwang.kit.metrics > docs/reference/metrics-catalogue.md

integration: .venv/dev  ## of `make test`, only the worker's promises on a real broker: kill, stall and take-over, poison, gap
	$(BIN)/python -m pytest -q tests/integration

fuzz: .venv/dev  ## 100,000 ID cells damaged as files damage them, and how many named a stranger (0, or it fails)
	$(BIN)/python -m tests.corpus.fuzz

bench: .venv/dev  ## the figures of the README, as a table and as JSON
	$(BIN)/python -m bench

up:  ## the whole system in containers, healthy when this returns
	$(COMPOSE) up --detach --build --wait

down:  ## stop it; the volumes stay
	$(COMPOSE) down

chaos: .venv/dev  ## 30 faults while 1,000 words/s flow for 15 minutes, then look for anything lost or doubled
	$(BIN)/python -m tests.chaos

bundle: .venv/lay  ## everything a machine without a network needs, in build/shouwang-offline.tar
	$(BIN)/python -m deploy.make_bundle build/shouwang-offline $(BUNDLE)

docs: .venv/dev  ## write the generated reference pages again
	$(BIN)/python -m contracts export
	$(BIN)/python -m shouwang.kit.metrics > docs/reference/metrics-catalogue.md

requirements: .venv/lay  ## lock again what requirements/*.in name
	cd requirements && for f in dev build base adapter vault alerts embedded; do \
		../$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
			--no-emit-index-url $$([ $$f = dev ] || echo -c dev.txt) $$f.in -o $$f.txt || exit 1; done

clean:  ## caches and builds; the data under var stays
	rm -rf .venv build ./*.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

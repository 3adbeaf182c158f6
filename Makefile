# Two commands matter: `make report` and `make test`. Both set up what they need, and are quick when it is there.
# A machine needs Python 3.11 or newer with venv, and make.

PYTHON ?= python3
SAMPLE := sample-world

BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq
# The lock names everything, so nothing is resolved: an old pip would look past a pin that has an extra.
LOCKED := $(PIP) install --no-deps --require-hashes
AXE := tests/browser/node_modules/axe-core/axe.min.js

# A stamp is named after the content it stands for: a fresh checkout of the same files, whatever their dates, has
# nothing to do, and an environment that was moved or has another Python is made anew. In an activated shell python3 is
# that of .venv: what counts is the one that it was made from.
BASE := $(shell $(PYTHON) -c 'import os, sys; print(os.path.realpath(sys._base_executable))' 2>/dev/null)
digest = $(shell { printf '%s\n' '$(CURDIR)' '$(BASE)'; cat $(1) 2>/dev/null; } | cksum | tr -d ' ')
STAMPS := .venv/stamps
RUN := $(STAMPS)/run-$(call digest,requirements/run.txt requirements/build.txt)
PROJECT := $(STAMPS)/project-$(call digest,pyproject.toml reporter/__init__.py)
DEV := $(STAMPS)/dev-$(call digest,requirements/dev.txt)

.DEFAULT_GOAL := help
.NOTPARALLEL: # pip and pip in one .venv
.PHONY: help setup report test lint format docs benchmark lock clean system-report system-test

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(DEV) $(PROJECT) | system-report  ## make .venv with all pinned requirements and the project in it

report: $(PROJECT) | system-report  ## run the main job on a sample world
	@test -f $(SAMPLE)/reporter.toml || { said=$$($(BIN)/reporter init $(SAMPLE) --sample) && printf '%s' "$${said%next: *}"; }
	@$(BIN)/reporter run --settings $(SAMPLE)/reporter.toml
	@echo 'Open   $(SAMPLE)/bundles/production-pilot/latest/index.html'
	@echo 'Verify $(BIN)/reporter verify $(SAMPLE)/bundles/production-pilot/latest --key $(SAMPLE)/keys/signing.key.pub'

# Tracing slows pure computing most: properties are traced with few examples, and then tried with many.
SHARED := -n 2 --dist worksteal
test: $(DEV) $(PROJECT) $(AXE) | system-test  ## run the whole suite; branches >= 95 %, assess and seal 100 %
	@$(BIN)/coverage erase
	@$(BIN)/pytest $(SHARED) --hypothesis-profile few --cov --cov-report=term --cov-fail-under=95
	@$(BIN)/coverage report --include='reporter/assess/*,reporter/loops/*,reporter/seal/*' --fail-under=100 > /dev/null \
	  || { $(BIN)/coverage report --include='reporter/assess/*,reporter/loops/*,reporter/seal/*'; exit 1; }
	@$(BIN)/pytest $(SHARED) -m hypothesis

lint: $(DEV) $(PROJECT)  ## ruff, mypy and the import contracts
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(DEV)  ## let ruff format and repair what it can
	@$(BIN)/ruff format
	@$(BIN)/ruff check --fix

docs: $(DEV) $(PROJECT)  ## write the generated tables of the READMEs
	@$(BIN)/python tools/write-docs

benchmark: $(DEV) $(PROJECT) | system-test  ## print the figures of tests/benchmarks
	@$(BIN)/python tests/benchmarks/run.py
	@PYTHONPATH=tests $(BIN)/python -m benchmarks.fold
	@PYTHONPATH=tests $(BIN)/python -m benchmarks.records
	@PYTHONPATH=tests $(BIN)/python -m benchmarks.living
	@PYTHONPATH=tests $(BIN)/python -m benchmarks.sending
	@PYTHONPATH=tests $(BIN)/python -m benchmarks.serving

# `make lock UPGRADE=--upgrade` takes the newest of everything; without it, only what pyproject.toml asks for changes.
# The first file holds all; the others are cut from it, so that a package has one version everywhere.
COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
  --no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock'
lock: $(DEV)  ## pin the requirements of pyproject.toml anew, with hashes
	$(COMPILE) $(UPGRADE) pyproject.toml --group build --group dev --output-file requirements/dev.txt
	$(COMPILE) pyproject.toml --constraints requirements/dev.txt --output-file requirements/run.txt
	$(COMPILE) --group build --constraints requirements/dev.txt --output-file requirements/build.txt

clean:  ## remove all that make and the tools wrote
	rm -rf .venv $(SAMPLE) tests/browser/node_modules dist .coverage .coverage.* .hypothesis .import_linter_cache \
	  .mypy_cache .pytest_cache .ruff_cache
	find reporter tests -name __pycache__ -prune -exec rm -rf {} +

$(RUN):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo 'reporter needs Python 3.11 or newer: make PYTHON=python3.11 ...' >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo 'reporter needs venv: apt-get install python3-venv' >&2; exit 1; }
	@echo 'Making .venv' >&2
	@$(PYTHON) -m venv --clear .venv
	@$(LOCKED) -r requirements/run.txt -r requirements/build.txt
	@mkdir -p $(STAMPS) && touch $@

$(DEV): $(RUN)
	@echo 'Installing the tools for tests' >&2
	@$(LOCKED) -r requirements/dev.txt
	@rm -f $(STAMPS)/dev-* && touch $@

$(PROJECT): $(RUN)
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m compileall -q reporter
	@rm -f $(STAMPS)/project-* && touch $@

$(AXE): tests/browser/package-lock.json | system-test
	@cd tests/browser && npm ci --silent
	@touch $@

system-report: | $(RUN)
	@tools/system-packages report

system-test: | $(RUN)
	@tools/system-packages test

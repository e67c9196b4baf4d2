# One virtual environment in .venv, made on first use and again when pyproject.toml changes.
SHELL := /bin/bash
VENV := .venv
BIN := $(VENV)/bin
# The first interpreter that runs and is of a supported version.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do $$p .ci/python_version.py >/dev/null 2>&1 && echo $$p && break; done)
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet --quiet
ARGS ?=
# Tests of one file stay together: they share runs of the chain. Files begin in the order of tests/conftest.py.
PROCESSES ?= $(shell nproc 2>/dev/null || echo 2)
CODE := .ci core physics storage acquisition inference registration metrology viewer training pipeline tests benchmarks examples

.DEFAULT_GOAL := help
.PHONY: help demo test lint lint-style lint-format lint-types lint-imports bench clean

help:  ## what there is
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):[^#]*## /  make \1\t/' | expand -t 16

demo: $(VENV)/.viewer  ## simulated microscope through the whole chain, with the live window (ARGS="--headless")
	@$(BIN)/eclips4d demo $(ARGS)

# Bytecode is kept, whatever the environment says: without it every process reads and rewrites all sources again.
test: export PYTHONDONTWRITEBYTECODE :=
# Tests fill the processors by themselves: threads of numerics beside them would only wait for each other, spinning.
test: export OMP_NUM_THREADS ?= 1
test: $(VENV)/.dev  ## all tests but the long ones (ARGS="tests/core -k wire", or ARGS="-m slow" for the long ones)
	@$(BIN)/python -m pytest $(or $(ARGS),-m "not slow" -n $(PROCESSES) --dist loadfile --no-loadscope-reorder)

lint: lint-style lint-format lint-types lint-imports  ## style, types, import directions

lint-style: $(VENV)/.dev
	$(BIN)/ruff check $(CODE)

lint-format: $(VENV)/.dev
	$(BIN)/ruff format --check $(CODE)

lint-types: $(VENV)/.dev
	$(BIN)/mypy

lint-imports: $(VENV)/.dev
	$(BIN)/lint-imports

bench: $(VENV)/.dev  ## tables of accuracy and speed
	@$(BIN)/eclips4d bench accuracy $(ARGS)
	@$(BIN)/eclips4d bench speed --part rate --seconds 8 $(ARGS)

clean:  ## remove the environment, caches and built files
	rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

$(VENV)/.python:
	@test -n "$(PYTHON)" || { echo "eclips4d needs Python 3.11, 3.12 or 3.13 with the venv module, and finds: $$(python3 --version 2>&1). Install one (Debian: apt-get install python3 python3-venv) or give make PYTHON=/path/to/python3" >&2; exit 2; }
	@$(PYTHON) .ci/python_version.py
	@echo "making $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv --clear $(VENV)
	@$(PIP) install --upgrade 'pip>=25.1'
	@touch $@

$(VENV)/.viewer: pyproject.toml $(VENV)/.python
	@echo "installing eclips4d with its window"
	@$(PIP) install -e '.[viewer]'
	@bash .ci/qt-libraries $(BIN)/python
	@touch $@

$(VENV)/.dev: pyproject.toml $(VENV)/.viewer
	@echo "installing the development tools"
	@$(PIP) install --group dev
	@touch $@

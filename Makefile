# Every target sets up what it needs; .venv is made once and again when pyproject.toml changes.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test check bench clean

$(READY): pyproject.toml tests/constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint tests/constraints.txt --editable '.[dev]'
	touch $@

demo: $(READY)  ## match a month of a fictional hosting company
	$(BIN)/payymo demo

test: $(READY)  ## the tests
	$(BIN)/pytest

check: $(READY)  ## everything CI checks
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest

bench: $(READY)  ## speed and accuracy
	$(BIN)/python -m benchmarks.speed
	$(BIN)/python -m benchmarks.quality

clean:
	rm -rf $(VENV) build dist

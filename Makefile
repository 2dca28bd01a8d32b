# Every target sets up what it needs; .venv is made once and again when pyproject.toml changes.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test check bench bench-quality chaos clean

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

bench: bench-quality  ## speed and accuracy
	$(BIN)/python -m benchmarks.speed

bench-quality: $(READY)  ## accuracy, on seeds that nothing was fitted to
	$(BIN)/python -m benchmarks.quality --seeds 21 22 23 24 25
	$(BIN)/python -m benchmarks.feedback --invoices 8000 --seeds 21 22 23

chaos: $(READY)  ## kill the pipeline at two thousand moments, on both databases
	$(BIN)/python -W ignore -m tests.store.chaos --kills 2000

clean:
	rm -rf $(VENV) build dist

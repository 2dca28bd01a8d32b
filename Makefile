# Every target sets up what it needs; .venv is made once and again when pyproject.toml changes.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP = $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint tests/constraints.txt
INSTALLED := $(VENV)/.installed
READY := $(VENV)/.ready
PEERS := $(VENV)/peers
# Both cores; a file's tests stay together, since some sum up what the others drew. The
# files keep their order, in which the longest come first.
PYTEST := $(BIN)/pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

.PHONY: demo test check bench bench-quality bench-peers chaos clean

$(INSTALLED): pyproject.toml tests/constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(PIP) --editable '.[cli,store]'
	touch $@

$(READY): $(INSTALLED)
	$(PIP) --editable '.[dev]'
	touch $@

# An environment of their own: recordlinkage wants another pandas than the tests do.
$(PEERS)/.ready: pyproject.toml benchmarks/peers/constraints.txt
	$(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check \
	  --constraint benchmarks/peers/constraints.txt --editable '.[peers]' \
	  || $(PEERS)/bin/python -m pip install --quiet --editable '.[bench]'
	touch $@

demo: $(INSTALLED)  ## match a month of a fictional hosting company; then day by day
	$(BIN)/payymo demo
	$(BIN)/payymo demo --daily

test: $(READY)  ## the tests
	$(PYTEST)

check: $(READY)  ## everything CI checks
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(PYTEST)

bench: bench-quality  ## speed, waiting, hot spots, stages and accuracy
	$(BIN)/python -m benchmarks.speed
	$(BIN)/python -m benchmarks.latency
	$(BIN)/python -m benchmarks.hot
	$(BIN)/python -m benchmarks.stages

bench-quality: $(READY)  ## accuracy, on seeds that nothing was fitted to
	$(BIN)/python -m benchmarks.quality --seeds 161 162 163 164 165
	$(BIN)/python -m benchmarks.feedback --invoices 8000 --seeds 61 62 63

bench-peers: $(PEERS)/.ready  ## speed and accuracy beside other tools, on the same records
	$(PEERS)/bin/python -m benchmarks.peers

chaos: $(READY)  ## kill the pipeline at two thousand moments, cut its lines, crowd it
	$(BIN)/python -W ignore -m tests.store.chaos --kills 2000
	$(BIN)/python -W ignore -m tests.store.wired_story --breaks 600
	$(BIN)/python -W ignore -m tests.store.run_story --breaks 600
	$(BIN)/python -W ignore -m tests.store.inbox_story --kills 200
	$(BIN)/python -W ignore -m tests.store.crowd --seconds 60

clean:
	rm -rf $(VENV) build dist

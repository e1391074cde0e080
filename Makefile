# make sweep: the main job. make test: the tests. Each sets up .venv first, and does nothing where that is up to date.
SHELL := /bin/bash
BIN := .venv/bin
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && { echo $$p; break; }; done)
READY := .venv/.ready
PYTEST := $(BIN)/python -m pytest --numprocesses=auto --dist=loadfile --no-loadscope-reorder

.PHONY: sweep ui status report reproduce test test-all check format faults generated audit bench lock clean
sweep: $(READY)
	$(BIN)/threshold-lab sweep $(ARGS)

ui: $(READY)
	$(BIN)/threshold-lab ui $(ARGS)

status: $(READY)
	$(BIN)/threshold-lab status $(ARGS)

# The page of the question's answer, in report/: runs what it lacks first. ARGS: of the page, --out FOLDER say.
report: $(READY)
	$(BIN)/threshold-lab sweep
	$(BIN)/threshold-lab claims
	$(BIN)/threshold-lab report $(ARGS)

# What is reported in reported/, run again from nothing stored. FULL=1: with all of other people's numbers, 2 minutes.
reproduce: $(READY)
	$(BIN)/threshold-lab reproduce reported $(if $(FULL),--full) $(ARGS)

test: $(READY)
	$(PYTEST) $(ARGS)

test-all: $(READY)
	$(PYTEST) -m "slow or not slow" $(ARGS)

# Ten thousand generated tables and configurations; make test makes 500 of each. Takes about 5 minutes.
generated: $(READY)
	LAB_GENERATED=10000 $(BIN)/python -m pytest tests/test_generated.py $(ARGS)

# Known vulnerabilities of what requirements.lock names, asked of a public database: needs a network, so no test asks it.
audit: $(READY)
	$(BIN)/python tests/audit.py $(ARGS)

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest tests/test_architecture.py

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# A thousand kills, and faults of every other kind; ARGS="--kills 100 --training 10 --minutes 20" for fewer.
faults: $(READY)
	$(BIN)/python tests/faulty/run.py $(ARGS)

# The peers have an environment of their own; ours is left as it is. Takes about 15 minutes on two cores.
bench: $(READY) .venv-peers/.ready
	$(BIN)/python benchmarks/run.py $(ARGS)

.venv-peers/.ready: benchmarks/requirements.txt benchmarks/requirements-autolog.txt
	@echo "Setting up the peers' environment (once; a few minutes) ..."
	@test -x .venv-peers/bin/pip || $(PYTHON) -m venv .venv-peers
	@.venv-peers/bin/pip install --quiet --disable-pip-version-check -r benchmarks/requirements.txt
	@.venv-peers/bin/pip install --quiet --disable-pip-version-check --no-deps --upgrade --target .venv-peers/autolog -r benchmarks/requirements-autolog.txt
	@touch $@

# The lock is universal (Linux and macOS, Python 3.11 to 3.13), hashed, and names no package index.
lock: $(READY)
	$(BIN)/uv pip compile pyproject.toml --group dev --group build --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-emit-find-links --no-header --upgrade --quiet \
		--output-file requirements.lock

$(READY): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 is needed; name it: make PYTHON=/path/to/python3" >&2; exit 2; }
	@test -x $(BIN)/pip || $(PYTHON) -m venv .venv
	@echo "Setting up .venv (once; a few minutes) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

clean:
	rm -rf .venv .venv-peers .mypy_cache .ruff_cache .pytest_cache

# Two commands matter: `make run` and `make test`. Each makes what it needs.
.PHONY: run test lint bench soak lock venv test-venv
.DEFAULT_GOAL := run
BIN := .venv/bin

run: venv
	@exec $(BIN)/jobfinders up --demo

# One more than there are processors, up to four: much of a test is waiting.
WORKERS = $(shell echo $$(($$(nproc) < 3 ? $$(nproc) + 1 : 4)))

test: lint
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

lint: test-venv
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pip-licenses >/dev/null

bench: test-venv
	$(BIN)/python -m tests.benchmarks

soak: test-venv
	$(BIN)/python -m tests.soak

venv:
	@.ci/venv requirements.lock

test-venv:
	@.ci/venv tests/requirements.lock

# Needs uv and a package index. The tests' lock pins what the runtime's lock pins.
LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
	--no-emit-index-url --custom-compile-command "make lock"
lock:
	echo "setuptools>=80" | $(LOCK) pyproject.toml - -o requirements.lock
	$(LOCK) --extra dev -c requirements.lock pyproject.toml -o tests/requirements.lock
	$(LOCK) --no-strip-extras tests/environments/duckdb-1.5.in -o tests/environments/duckdb-1.5.lock
	$(LOCK) --no-strip-extras tests/environments/dbt.in -o tests/environments/dbt.lock

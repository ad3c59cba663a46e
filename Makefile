# `make demo` and `make test` work on a fresh machine that has Python (3.11 or newer), make and a C library.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: setup demo play test soak check clean

setup: .venv/.installed

.venv/.installed: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable '.[dev,train]'
	touch $@

demo: setup  ## the bot paints, edits and reruns a picture in a local Discord, and the run ends by itself
	$(BIN)/python -m sandbox demo

play: setup  ## a local Discord with a chat page and the bot in it; open the address that it prints, end it by Ctrl-C
	@$(BIN)/python -m sandbox.play $(PLAY)

test: setup  ## every test but the long ones, of which it runs a seeded sample
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile

soak: setup  ## the long and heavy tests in full
	$(BIN)/python -m pytest -m soak

check: setup  ## lint, types, who may import whom
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tests.circles

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache

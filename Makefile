# Every target works on a fresh machine that has make and Python 3.11 or newer.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: setup demo play test soak check clean

setup: .venv/.installed

.venv/.installed: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable '.[dev,train]'
	touch $@

demo: setup  ## show the bot painting, editing and rerunning a picture in a local Discord; ends by itself
	$(BIN)/python -m sandbox demo

play: setup  ## open a local Discord with the bot in your browser, at the address that this prints; Ctrl-C ends it
	@$(BIN)/python -m sandbox play $(PLAY)

test: setup  ## run every test; of the long ones a seeded sample
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile

soak: setup  ## run the long and heavy tests in full
	$(BIN)/python -m pytest -m soak

check: setup  ## check format, lint, types, and who may import whom
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tests.circles

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache

# Two commands: `make demo` shows what saliencekit does, `make test` proves it.
# Each makes .venv when it is missing and installs when pyproject.toml is newer than the last installation.
# WORKERS processes share the tests, one thread each.

PYTHON ?= python3
WORKERS ?= 2
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

.PHONY: demo test lint types docs bench pictures format clean

demo: $(INSTALLED)
	$(BIN)/saliencekit demo demo

test: lint types
	OMP_NUM_THREADS=1 $(BIN)/pytest -n $(WORKERS) --dist worksteal

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(INSTALLED)
	$(BIN)/mypy

docs: $(VENV)/.docs-installed  # into docs/_build/html; a link to nothing is an error
	$(BIN)/sphinx-build -W -n --keep-going -b html docs docs/_build/html

bench: $(INSTALLED)  # the docs' page of figures is made of the JSON
	$(BIN)/python -m tests.benchmarks --json build/benchmarks.json

pictures: demo  # those in README and the docs; needs chromium
	$(BIN)/python docs/screenshot.py demo/audit-droid/report.html docs/images/report.png
	$(BIN)/python docs/measure_figures.py demo
	$(BIN)/python docs/notebook_pictures.py demo docs/images

format: $(INSTALLED)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

$(INSTALLED): pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable '.[test]'
	touch $@

$(VENV)/.docs-installed: $(INSTALLED)
	$(BIN)/python -m pip install --quiet --editable '.[test,docs]'
	touch $@

clean:
	rm -rf $(VENV) demo build dist docs/_build docs/gallery docs/reference docs/benchmarks.md docs/sg_execution_times.rst
	rm -rf examples/*.png .mypy_cache .pytest_cache .ruff_cache

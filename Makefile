# Everything a contributor runs. Needs python3 (3.11 or newer), pip and make; `make help` lists it.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
RULES := $(wildcard $(addprefix tests/test_,rooms.py names.py style.py exports.py files.py)) \
	tests/docs
# Files whose fixtures cost much are shared out among the cores by what is left to do.
PARALLEL := --numprocesses auto --dist worksteal
# Each process that a test starts would compile all of its modules anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup run demo vtn-clients test test-proof test-browser test-full check format docs openapi bench lock clean

help: ## list these targets
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

setup: $(STAMP) ## create .venv with the locked requirements (quick when nothing changed)

run: setup ## the service with a demo; prints its docs, a key and a call to try; data in ./var
	@KWHEN_DATA=$${KWHEN_DATA:-var} KWHEN_LOG_FORMAT=$${KWHEN_LOG_FORMAT:-console} \
		$(BIN)/kwhen demo --serve

demo: setup ## what a year of usage costs under every plan of a ZIP code
	@$(BIN)/kwhen compare --zip 94107 --usage demo

vtn-clients: setup ## environments for the OpenADR clients that the tests run
	@$(BIN)/python tools/vtn_clients.py

test: setup ## the everyday tests, on all cores; those of the docs are in check
	@$(BIN)/python -m pytest $(PARALLEL) -m "not proof and not browser" --ignore tests/docs

test-proof: setup ## bounded proofs on real processes: contract by machine, kills, memory
	@$(BIN)/python -m pytest $(PARALLEL) -m proof

test-browser: setup ## the portal in a real browser; as root it installs Debian's where there is none
	@command -v chromium >/dev/null || [ "$$(id -u)" != 0 ] || ! command -v apt-get >/dev/null || \
		{ apt-get update --quiet && DEBIAN_FRONTEND=noninteractive \
		apt-get install --yes --quiet --no-install-recommends chromium; } >/dev/null
	@$(BIN)/python -m pytest -m browser tests/browser

test-full: setup ## the same proofs at full length: half an hour to an hour
	@$(BIN)/python -m pytest $(PARALLEL) -m proof --full

check: setup ## format, lint, types, and the tests of the house rules and docs
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/python -m pytest --quiet $(RULES)

format: setup ## put the code in the house format, mend what lint can mend
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

openapi: setup ## write openapi.json; BREAKING=accept where clients are to be broken
	@$(BIN)/python -m tools.write_openapi $(if $(filter accept,$(BREAKING)),--accept-breaking)

docs: setup ## write the references, and the outputs and pictures of the pages, anew
	@$(BIN)/python -m tools.write_python_reference
	@$(BIN)/python -m tools.write_cli_reference
	@$(BIN)/python -m tools.write_data_page
	@KWHEN_DOCS=write $(BIN)/python -m pytest --quiet tests/docs/test_blocks.py -k document_run

bench: setup ## run the benchmarks and print their tables
	@$(BIN)/python -m benchmarks

lock: setup ## resolve requirements/dev.txt anew from pyproject.toml
	@$(BIN)/python -m pip install --quiet pip-tools
	@$(BIN)/pip-compile --quiet --extra dev --allow-unsafe --strip-extras --generate-hashes \
		--no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-header \
		--output-file requirements/dev.txt pyproject.toml

clean: ## remove .venv, builds and caches; the data in ./var stays
	rm -rf $(VENV) .venv-clients build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis src/*.egg-info
	find src tests tools benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

# A venv without pip (Debian without python3-venv) is filled by the pip of the machine.
$(STAMP): requirements/dev.txt pyproject.toml setup.py web/package-lock.json
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "kwhen needs Python 3.11 or newer, $(PYTHON) is $$($(PYTHON) -V 2>&1)." \
			"Name another one: make PYTHON=python3.12 setup"; exit 1; }
	@test -x $(BIN)/python || { \
		if $(PYTHON) -c 'import ensurepip' 2>/dev/null; then $(PYTHON) -m venv $(VENV); \
		else $(PYTHON) -m venv --without-pip $(VENV); fi; }
	@pip="$(BIN)/python -m pip"; $$pip --version >/dev/null 2>&1 || \
		pip="$(PYTHON) -m pip --python $(BIN)/python"; \
	$$pip --version >/dev/null 2>&1 || { \
		echo "No pip for $(VENV). Install python3-venv (apt install python3-venv)" \
			"or pip 22.3 or newer, then try again."; rm -rf $(VENV); exit 1; }; \
	$$pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt && \
	$$pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# make demo and make test each work alone after git clone: they make .venv, install, and do their job.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ROOMS := data geometry roller viz
CASES := 10000
GEOMETRIES := 1000000
KILLS := 100

.DEFAULT_GOAL := help
.PHONY: help demo app test test-all dev check bench fuzz docs release studies gallery web clean FORCE

help: ## what there is to make
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'

demo: $(VENV)/.core ## compare a home roller with professional ones: table, files, pictures and a report in demo/
	$(BIN)/python scripts/compare_home_and_professional.py

app: $(VENV)/.app ## open the live page in the browser; Ctrl-C ends it
	$(BIN)/dermaroll app

test: $(VENV)/.dev ## run the tests, but for those that take long
	$(BIN)/pytest -n auto --dist loadfile --no-loadscope-reorder -m "not long"

test-all: $(VENV)/.dev ## run all tests: small campaigns, kills, browser and window too
	$(BIN)/pytest -n auto --dist loadfile --no-loadscope-reorder

dev: $(VENV)/.dev ## install for development

check: $(VENV)/.dev ## lint, format and strict types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy -p dermaroll

bench: $(VENV)/.core ## time the coverage core beside what else one could use, and sweeps beside bare calls
	$(BIN)/python scripts/benchmark.py -o bench.json
	$(BIN)/python scripts/benchmark_sweep.py -o bench_sweep.json

fuzz: $(VENV)/.dev ## try hostile inputs of every kind, and kills: CASES, GEOMETRIES and KILLS say how many
	$(BIN)/python tests/campaigns/all.py --cases $(CASES) --geometries $(GEOMETRIES) --kills $(KILLS)

docs: $(VENV)/.docs ## build the pages of docs/ and the reference in build/docs/, warnings as errors
	$(BIN)/mkdocs build --strict --quiet

release: $(VENV)/.docs ## build, check, install and try what would be released, in dist/; says what is left to do by hand
	$(BIN)/python scripts/release.py

studies: $(VENV)/.core ## run the studies of scripts/ at full size: tables in studies/, figures in docs/images/
	$(BIN)/python scripts/needle_length_study.py --figure docs/images/needle_length_study.png
	$(BIN)/python scripts/roller_design_study.py --figure docs/images/roller_design_study.png

web: ## bundle the script of the HTML report anew; needs node and npm
	cd viz/web && npm install --no-package-lock --no-audit --no-fund --ignore-scripts && node build.js

gallery: $(VENV)/.dev ## draw the pictures of docs/images again
	$(BIN)/python scripts/gallery.py

clean: ## remove what make has made
	rm -rf $(VENV) build dist demo studies bench.json bench_sweep.json viz/web/node_modules *.egg-info

# A strict editable install links each file, so it is stale once a file is added or removed: the list of files
# is written only when it differs, and all installs depend on it, and on the file that says the version.
$(VENV)/files: $(VENV)/bin/python FORCE
	@find $(ROOMS) \( -name __pycache__ -o -name node_modules \) -prune -o -type f -print | LC_ALL=C sort > $@.new
	@if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

$(VENV)/.core: pyproject.toml roller/_top/__init__.py $(VENV)/files
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --config-settings editable_mode=strict -e .
	@touch $@

$(VENV)/.app: pyproject.toml roller/_top/__init__.py $(VENV)/files
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --config-settings editable_mode=strict -e '.[app]'
	@touch $@

$(VENV)/.docs: pyproject.toml roller/_top/__init__.py $(VENV)/files
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --config-settings editable_mode=strict -e '.[release]'
	@touch $@

$(VENV)/.dev: pyproject.toml roller/_top/__init__.py $(VENV)/files
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --config-settings editable_mode=strict -e '.[dev]'
	@touch $@

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "dermaroll needs Python 3.11 or newer; $(PYTHON) is older or missing: make PYTHON=python3.11 ..." >&2; exit 2; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null \
	  || { echo "Python's venv module is missing; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)

FORCE:

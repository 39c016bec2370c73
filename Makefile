# medqa. `make site` builds the website, `make test` runs every test; both set up what they need on their first run.
# `make help` lists the rest. Another Python: make PYTHON=python3.13 site. Further arguments: make serve ARGS=…

PYTHON ?= python3
ARGS   ?=

BIN := .venv/bin
# A stamp is as old as the installation that it vouches for, so that set-up is repeated only when the pins change.
RUNTIME  := .venv/.runtime-installed
DEV      := .venv/.dev-installed
VNU      := node_modules/.package-lock.json
PEERS    := .venv-peers/.installed
LIGHTHOUSE := benchmarks/reader/node_modules/.package-lock.json
INSTALL  := $(BIN)/python -m pip install --disable-pip-version-check --require-hashes
PIP_COMPILE := $(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras --no-header --no-emit-options

# -L: a virtual environment's python is a link, whose own age counts.
MAKEFLAGS += --no-builtin-rules -L
.DEFAULT_GOAL := site
.DELETE_ON_ERROR:
.PHONY: site test torture serve check lint bench bench-peers lighthouse pictures lock clean distclean help debian-packages test-tools

site: $(RUNTIME)  ## build the website: content/ to site/ (the default)
	$(BIN)/python build.py $(ARGS)

test: $(DEV) lint site test-tools  ## lint, build the site and run every test
	$(BIN)/pytest -n 2 --dist worksteal -rs

torture: $(DEV)  ## kill 200 builds at random moments, and search longer for edits that a build gets wrong
	MEDQA_KILLS=200 MEDQA_SCRIPTS=50 MEDQA_STEPS=300 $(BIN)/pytest -n 2 --dist worksteal -rs \
		tests/test_killed.py tests/test_incremental.py tests/test_related_history.py

serve: $(RUNTIME)  ## serve a preview that follows every save
	$(BIN)/python build.py serve $(ARGS)

check: $(RUNTIME)  ## report errors and findings of the content
	$(BIN)/python build.py check $(ARGS)

lint: $(DEV)  ## ruff and mypy over all Python code
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy $(wildcard build.py medqa tests benchmarks)

bench: $(RUNTIME)  ## run the benchmarks
	PYTHONPATH=. $(BIN)/python benchmarks/build.py $(ARGS)

bench-peers: $(RUNTIME) $(PEERS)  ## the same archive through medqa and other generators (ARGS: sizes, --help)
	PYTHONPATH=. $(BIN)/python benchmarks/peers.py $(ARGS)

lighthouse: $(DEV) $(LIGHTHOUSE)  ## what Lighthouse says of the sample's pages (needs npm, chromium, nginx)
	PYTHONPATH=. $(BIN)/python benchmarks/reader.py $(ARGS)

pictures: $(DEV) test-tools  ## take the pictures of docs/ anew
	PYTHONPATH=. $(BIN)/python -m tests.pictures

lock: $(DEV)  ## write the pins anew from pyproject.toml (ARGS=--upgrade: newest releases)
	$(PIP_COMPILE) $(ARGS) --output-file requirements.txt pyproject.toml
	$(PIP_COMPILE) $(ARGS) --extra cluster --constraint requirements.txt --output-file requirements-cluster.txt pyproject.toml
	$(PIP_COMPILE) $(ARGS) --extra cluster --extra dev --constraint requirements-cluster.txt \
		--output-file requirements-dev.txt pyproject.toml
	$(PIP_COMPILE) $(ARGS) --output-file requirements-peers.txt benchmarks/peers/requirements.in

clean:  ## remove what builds and tests made
	rm -rf site .cache dist .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find build.py medqa tests benchmarks -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true

distclean: clean  ## remove installed packages too
	rm -rf .venv .venv-peers node_modules benchmarks/peers/eleventy/node_modules benchmarks/reader/node_modules

help:  ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "medqa needs Python 3.11 or newer; name one: make PYTHON=python3.13 site"; exit 1; }
	$(PYTHON) -m venv --clear .venv || { rm -rf .venv; exit 1; }

$(RUNTIME): requirements.txt $(BIN)/python
	$(INSTALL) -r requirements.txt
	@touch $@

$(DEV): requirements-dev.txt $(RUNTIME)
	$(INSTALL) -r requirements-dev.txt
	@touch $@

# Other generators, for bench-peers alone: those from PyPI in a virtual environment of their own, Eleventy from npm.
$(PEERS): requirements-peers.txt benchmarks/peers/eleventy/package-lock.json
	$(PYTHON) -m venv --clear .venv-peers
	.venv-peers/bin/python -m pip install --disable-pip-version-check --require-hashes -r requirements-peers.txt
	@if command -v npm >/dev/null; then cd benchmarks/peers/eleventy && npm ci; else echo "no npm: without Eleventy"; fi
	@touch $@

$(LIGHTHOUSE): benchmarks/reader/package-lock.json
	cd benchmarks/reader && npm ci && touch node_modules/.package-lock.json

# What some tests use beside Python packages: a browser (and a library for the program that drives it), a font with
# Chinese, nginx to serve what it shows, Java for the HTML checker, npm to fetch it and axe.
# On Debian, as root, the missing ones are installed. Failing that the tests go on without: test-tools says what is lost.
debian-packages: $(DEV)
	@want=; \
	command -v chromium >/dev/null || want="$$want chromium"; \
	$(BIN)/playwright --version >/dev/null 2>&1 || want="$$want libatomic1"; \
	PATH="$$PATH:/usr/sbin" command -v nginx >/dev/null || want="$$want nginx"; \
	command -v java >/dev/null || want="$$want default-jre-headless"; \
	[ -d node_modules/vnu-jar -a -d node_modules/axe-core ] || command -v npm >/dev/null || want="$$want npm"; \
	[ -n "$$(fc-list :lang=zh-tw 2>/dev/null)" ] || want="$$want fonts-noto-cjk"; \
	if [ -n "$$want" ] && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "installing for the tests:$$want"; export DEBIAN_FRONTEND=noninteractive; \
		{ apt-get update -qq && apt-get install -qq --yes --no-install-recommends $$want; } </dev/null >/dev/null \
			|| echo "apt-get failed: going on without$$want"; \
	fi

$(VNU): package-lock.json | debian-packages
	@if command -v npm >/dev/null; then npm ci && touch $@ || echo "npm failed: going on without axe and the HTML checker"; fi

test-tools: debian-packages $(VNU)
	@command -v chromium >/dev/null || echo "no chromium: the browser tests will be skipped"
	@$(BIN)/playwright --version >/dev/null 2>&1 || echo "playwright cannot start: the browser tests will be skipped"
	@PATH="$$PATH:/usr/sbin" command -v nginx >/dev/null || echo "no nginx: the browser tests will be skipped"
	@[ -d node_modules/axe-core ] || echo "no axe (npm ci fetches it): the accessibility tests will be skipped"
	@[ -n "$$(fc-list :lang=zh-tw 2>/dev/null)" ] || echo "no Chinese font: tests of how Chinese looks will be skipped"
	@command -v java >/dev/null || echo "no java: the HTML validity tests will be skipped"
	@[ -d node_modules/vnu-jar ] || echo "no HTML checker (npm ci fetches it): the HTML validity tests will be skipped"

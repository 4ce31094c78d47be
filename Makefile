# One Makefile for people and CI. `make demo` and `make test` each do all their own set-up.
PYTHON ?= python3
CUSTOMERS ?= 2000
JSON ?=
VENV := .venv
BIN := $(VENV)/bin
UV_VERSION := 0.13.9
LOCK_FLAGS := --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"

PYTEST := $(BIN)/python -m pytest

.PHONY: help setup demo test lint types architecture fast infra system coverage lock openapi gallery vendor docs browser chromium down

help:  ## what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: $(VENV)/.done .ministack/.done node_modules/.done  ## .venv, the local AWS stand-in and the CDK command line

$(VENV)/.done: requirements.lock pyproject.toml
	@echo "setup: python packages"
	@test -x $(BIN)/python || $(PYTHON) -c 'import sys; assert sys.version_info >= (3, 11), "Courtesy needs Python 3.11 or newer, this is " + sys.version'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

.ministack/.done: local/ministack.lock $(VENV)/.done
	@echo "setup: local AWS stand-in"
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python .ministack
	@$(BIN)/uv pip sync --quiet --python .ministack/bin/python --require-hashes local/ministack.lock
	@touch $@

node_modules/.done: package.json package-lock.json
	@echo "setup: cdk command line"
	@npm ci --silent --no-audit --no-fund
	@touch $@

demo: setup  ## the whole job on this machine (CUSTOMERS=2000 JSON=path)
	@$(BIN)/courtesy demo --customers $(CUSTOMERS) $(if $(JSON),--out $(JSON))

test: setup lint types architecture docs fast coverage infra system  ## everything that must pass

lint: $(VENV)/.done
	@echo "test: lint"
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .

types: $(VENV)/.done
	@echo "test: types"
	@$(BIN)/mypy --no-error-summary

architecture: $(VENV)/.done
	@echo "test: architecture"
	@$(BIN)/lint-imports --no-logo >/dev/null 2>&1 || $(BIN)/lint-imports

fast: $(VENV)/.done  ## unit, contract, integration and fault tests, with branch coverage of the domain
	@echo "test: unit, contract, integration, faults"
	@rm -f .coverage .coverage.*
	@$(PYTEST) tests/unit tests/contract tests/integration tests/faults -q -n 2 --dist loadfile --cov --cov-report=

coverage:
	@$(BIN)/python -m tests.branches 95

infra: setup
	@echo "test: infra"
	@$(PYTEST) tests/infra -q

system: setup chromium
	@echo "test: system and browser, on the local stack"
	@$(PYTEST) tests/system -q

browser: setup chromium  ## the console in Chromium on the local stack; pictures of every page in build/browser
	@$(PYTEST) tests/system/browser -q

chromium:  # from the system's packages where that is possible; without it the browser tests are skipped and say so
	@command -v chromium chromium-browser google-chrome >/dev/null 2>&1 || { test "$$(id -u)" = 0 && command -v apt-get >/dev/null && \
	  echo "setup: Chromium" && apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y chromium >/dev/null; } || \
	  echo "note: no Chromium on this machine; the tests of the console are skipped"

gallery: $(VENV)/.done  ## every message in every channel on one page, build/gallery/index.html
	@$(BIN)/courtesy gallery

down:  ## stop the local stack
	@$(BIN)/courtesy down

lock: pyproject.toml  ## write the lock files anew
	@$(BIN)/uv pip compile --quiet pyproject.toml --all-extras $(LOCK_FLAGS) -o requirements.lock
	@$(BIN)/uv pip compile --quiet local/ministack.in $(LOCK_FLAGS) -o local/ministack.lock

vendor: node_modules/.done  ## bundle the console's browser libraries anew, console/vendor/
	@node local/vendoring/build.mjs

docs: $(VENV)/.done  ## the documentation as a site, build/docs/index.html; a broken link fails
	@echo "test: documentation"
	@$(BIN)/python docs/reference/generate.py docs/reference
	@$(BIN)/sphinx-build --quiet --fail-on-warning --keep-going -b html -d build/docs-cache docs build/docs

openapi: $(VENV)/.done  ## write docs/openapi.json and the list of routes anew from the routes
	@$(BIN)/python -c 'from pathlib import Path; from functions.serve_api.listing import listing; Path("functions/serve_api/routes/index.py").write_text(listing())'
	@$(BIN)/python -c 'import json; from functions.serve_api.application import openapi_document; print(json.dumps(json.loads(openapi_document()), indent=1, sort_keys=True))' > docs/openapi.json

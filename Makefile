# `make demo` and `make test` do all their set-up themselves, in .venv and the two node_modules.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
BUF := protos/node_modules/.bin/buf
ESBUILD := preview_page/node_modules/.bin/esbuild
PIP_INSTALL := $(BIN)/python -m pip install -qq --disable-pip-version-check
RELEASE := $(shell git describe --tags --abbrev=0 --match 'v[0-9]*' 2>/dev/null)
TESTS ?=

say = @printf '\n== %s\n' "$(1)"

.DEFAULT_GOAL := help
.NOTPARALLEL:
.DELETE_ON_ERROR:
.PHONY: help demo test format lint types imports stubs proto proto-lint page page-check pytest bench slow wheel clean

help: ## list what there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

demo: $(VENV)/.runtime ## animate the bundled speech through a server; writes demo/
	$(call say,demo)
	@$(BIN)/posecast demo --out demo

test: format lint types imports stubs proto-lint page-check pytest ## everything that must hold

format: $(VENV)/.dev ## is the code formatted?
	$(call say,format)
	@$(BIN)/ruff format --check

lint: $(VENV)/.dev ## ruff
	$(call say,lint)
	@$(BIN)/ruff check

types: $(VENV)/.dev ## mypy, strict
	$(call say,types)
	@$(BIN)/mypy

imports: $(VENV)/.dev ## who may import what
	$(call say,imports)
	@$(BIN)/lint-imports --no-logo

stubs: $(VENV)/.dev ## are the generated classes up to date?
	$(call say,generated stubs)
	@$(BIN)/python protos/generate.py --check && echo 'up to date'

proto: $(VENV)/.dev ## generate the classes of the contract
	$(BIN)/python protos/generate.py

# buf comes from npm. Without npm a developer is told; CI fails.
proto-lint: ## buf lint, and buf breaking against the last release
	$(call say,buf)
	@if command -v npm >/dev/null; then \
	    $(MAKE) --no-print-directory $(BUF) && \
	    (cd protos && node_modules/.bin/buf lint) && echo 'lint: ok' && \
	    if [ -n "$(RELEASE)" ]; then \
	        $(BUF) breaking protos --against '.git#tag=$(RELEASE),subdir=protos' && echo 'breaking: none since $(RELEASE)'; \
	    else \
	        echo 'breaking: there is no release tag to compare with'; \
	    fi; \
	else \
	    echo 'npm is not installed, so buf cannot check protos/ (Debian, Ubuntu: apt install nodejs npm)'; \
	    [ -z "$$CI" ]; \
	fi

page: $(ESBUILD) ## bundle the preview's page
	@npm run --silent --prefix preview_page build

# Without npm a developer is told; CI fails.
page-check: ## is the preview's page up to date?
	$(call say,preview page)
	@if command -v npm >/dev/null; then \
	    $(MAKE) --no-print-directory $(ESBUILD) && npm run --silent --prefix preview_page check; \
	else \
	    echo 'npm is not installed, so the page cannot be checked (Debian, Ubuntu: apt install nodejs npm)'; \
	    [ -z "$$CI" ]; \
	fi

# What starts servers and watches the clock runs alone; the rest takes two cores, a thread each.
PYTEST := $(BIN)/pytest -q --durations 5 --durations-min 10
pytest: $(VENV)/.dev ## the tests; TESTS=tests/unit for some
	$(call say,tests)
ifdef TESTS
	@$(PYTEST) $(TESTS)
else
	@$(PYTEST) tests/e2e tests/bridges tests/browser
	@OMP_NUM_THREADS=1 $(PYTEST) -n 2 --dist loadfile tests/unit tests/parity
endif

slow: $(VENV)/.dev ## the tests that take longer
	$(BIN)/pytest -q -m slow tests

bench: $(VENV)/.runtime ## measure speed and memory; wants a quiet machine
	@$(BIN)/python tests/bench/bench_realtime.py
	@$(BIN)/python tests/bench/bench_server.py
	@$(PIP_INSTALL) -e '.[plot,bench]'
	@$(BIN)/posecast bench --streams 1,4,8,16 --echo

wheel: $(VENV)/.runtime ## dist/posecast-*.whl
	@rm -rf build
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .

clean: ## remove what was made, environments too
	rm -rf $(VENV) protos/node_modules preview_page/node_modules demo dist build unreal_bridge/core/build server/*.egg-info .*_cache

$(BIN)/python:
	$(call say,virtual environment in $(VENV))
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo 'Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11'; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	    echo 'Python has no venv (Debian, Ubuntu: apt install python3-venv)'; exit 1; }

$(VENV)/.runtime: pyproject.toml | $(BIN)/python
	$(call say,install posecast: runtime and pictures)
	@$(PIP_INSTALL) -e '.[plot]'
	@touch $@

# torch by its own line: where a CPU build is at hand, only the exact version finds it.
$(VENV)/.dev: pyproject.toml | $(BIN)/python
	$(call say,install posecast: training and development)
	@$(PIP_INSTALL) 'torch==2.13.0'
	@$(PIP_INSTALL) -e '.[train,plot,preview,render,dev]'
	@touch $@ $(VENV)/.runtime

$(ESBUILD): preview_page/package-lock.json
	@npm ci --prefix preview_page --no-audit --no-fund --loglevel=error
	@touch $@

$(BUF): protos/package-lock.json
	@npm ci --prefix protos --no-audit --no-fund --loglevel=error
	@touch $@

# A clone needs nothing but Python 3.11+ and make: every target sets up what it uses, once.
VENV ?= .venv
HOST ?= 127.0.0.1
PORT ?= 8000
UNROLLED_DATA_DIR ?= .data
TORCH ?= torch==2.13.0
PYTEST_ARGS ?=
export HOST PORT UNROLLED_DATA_DIR

PY := $(VENV)/bin/python
SH := bash
# Our own node, when the system has none, is found before anything else.
# (The environment's own python too: whatever makes the environment must name its python in full.)
export PATH := $(abspath $(VENV))/bin:$(PATH)

.PHONY: help run test check format docs bench leak papers torch proxies container lock setup clean
.DEFAULT_GOAL := help

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /  make \1 - /p' Makefile

run: $(VENV)/.stamp-run ## serve the page on http://HOST:PORT (127.0.0.1:8000)
	@exec $(PY) -m app

test: $(VENV)/.stamp-dev $(VENV)/.stamp-node $(VENV)/.stamp-curl $(VENV)/.chromium ## run every test, the browser's included
	node --test $(wildcard tests/static/*.test.js)
	UNROLLED_CHROMIUM="$$(cat $(VENV)/.chromium)" $(PY) -m pytest $(PYTEST_ARGS)

check: $(VENV)/.stamp-dev node_modules/.stamp ## format, lint, types (Python and JavaScript), import walls
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m mypy
	$(VENV)/bin/lint-imports
	npm run --silent check

format: $(VENV)/.stamp-dev ## rewrite the Python files as `make check` wants them
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

bench: $(VENV)/.stamp-torch ## measure against PyTorch on one thread, and the size of a frame
	$(PY) -m bench $(BENCH_ARGS)

docs: $(VENV)/.stamp-dev ## write docs/settings.md, docs/tasks.md and the rooms of docs/architecture.md from the source
	$(PY) -m tools.docs_pages
	$(PY) -m bench.tasks_page

papers: $(VENV)/.stamp-dev ## run published results beside ours, some minutes; writes docs/papers.md
	$(PY) -m bench papers

leak: $(VENV)/.stamp-dev $(VENV)/.chromium ## play the page for ten minutes; fails where heap, nodes or listeners grow (LEAK_ARGS="2 15")
	UNROLLED_CHROMIUM="$$(cat $(VENV)/.chromium)" $(PY) -m bench.leak $(LEAK_ARGS)

load: $(VENV)/.stamp-run ## 60 runs and 200 watchers on a server of its own, a minute or so; prints a table
	$(PY) -m bench.load $(LOAD_ARGS)

torch: $(VENV)/.stamp-torch ## install PyTorch, for the live comparison and the benchmark

proxies: $(VENV)/.stamp-run ## try the nginx and Caddy configurations of docs/deploy for real
	@{ PATH="$$PATH:/usr/sbin" command -v nginx && command -v caddy; } >/dev/null || $(SH) tools/apt_install.sh nginx-light caddy
	@$(PY) tools/check_proxies.py

container: ## build the image and run it for real (buildah and podman, no daemon)
	$(SH) tools/check_container.sh

lock: $(VENV)/.stamp-dev ## resolve pyproject.toml again into requirements*.txt and package-lock.json
	$(SH) tools/lock.sh $(VENV)

setup: $(VENV)/.stamp-dev $(VENV)/.stamp-node $(VENV)/.stamp-curl $(VENV)/.chromium node_modules/.stamp ## set up everything, run nothing

clean: ## forget what was set up and measured (never the runs in UNROLLED_DATA_DIR)
	rm -rf .venv node_modules build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Stamps: each says "this is set up", and is older than what it was set up from when it no longer holds.
$(PY):
	@$(SH) tools/make_venv.sh $(VENV)

$(VENV)/.stamp-run: requirements.txt | $(PY)
	@$(SH) tools/install.sh $(VENV) requirements.txt
	@touch $@

$(VENV)/.stamp-dev: requirements-dev.txt | $(PY)
	@$(SH) tools/install.sh $(VENV) requirements-dev.txt
	@touch $@ $(VENV)/.stamp-run

$(VENV)/.stamp-torch: | $(VENV)/.stamp-dev
	@$(PY) -c "import torch" 2>/dev/null || $(PY) -m pip install --quiet "$(TORCH)"
	@touch $@

$(VENV)/.stamp-node: tools/ensure_node.sh | $(PY)
	@$(SH) tools/ensure_node.sh $(VENV)
	@touch $@

$(VENV)/.stamp-curl: tools/ensure_curl.sh | $(PY)
	@$(SH) tools/ensure_curl.sh
	@touch $@

$(VENV)/.chromium: tools/ensure_chromium.sh | $(VENV)/.stamp-dev
	@$(SH) tools/ensure_chromium.sh $(VENV) > $@.new && mv $@.new $@

node_modules/.stamp: package-lock.json | $(VENV)/.stamp-node
	@npm ci --silent --no-audit --no-fund
	@touch $@

# Two commands for a newcomer: `make repro` and `make test`. Everything runs in .venv, installed from requirements.lock.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help repro study test nightly check lint bench bench-serve latency twin storage storage-stop experiments back sweep lock-check data-version readme lock clean

PYTHON ?=
# What `make lock` may move: everything, nothing (UPGRADE=), or one (UPGRADE='--upgrade-package lightgbm').
UPGRADE ?= --upgrade
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
# The last stage of the spine: what `make repro` makes. `make study` makes everything in dvc.yaml.
SPINE := bundle
# What `make experiments` leaves out, so that the rest fits: names from their start.
HIDDEN := Created|sweep|(metrics/.*:)?(rows|quarantined|warnings|largest_shift|average_precision|brier|ece|log_loss|train\.log|valid\.log|step|bands|segments|conformal|left_out)|data|src|metrics/[^:]*$$

help:  ## list the targets
	@awk -F ':.*## ' '/^##@ / {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@printf '\nOne stage or action at a time: ontime --help\n'

##@ Stages: what dvc.yaml makes, where it is out of date

repro: .venv/installed  ## install if needed, then make headline and bundle: the stages up to bundle
	dvc repro $(SPINE)

study: .venv/installed  ## the same for everything in dvc.yaml
	dvc repro

##@ Every day

experiments: .venv/installed  ## experiments of this commit and what they changed, best backtest log loss first
	COLUMNS=120 dvc exp show --only-changed --no-pager --sort-by backtest_log_loss --drop '$(HIDDEN)'

back: .venv/installed  ## back to what is committed: params.yaml, dvc.lock, metrics/ and the data that is here
	@.ci/back

sweep: .venv/installed  ## try the grid of params.yaml, an experiment each; resumes where it was ended
	ontime sweep

storage: .venv/installed  ## start an S3 server on loopback and point the remote at it
	@python .ci/storage.py start

storage-stop: .venv/installed  ## end that server, and no other; the remote is the folder again
	@python .ci/storage.py stop

data-version: .venv/installed  ## tag the tables up to a month as a version of the data: UNTIL=2013-06
	@.ci/data-version '$(UNTIL)'

##@ Before a change lands

test: .venv/installed  ## run the tests
	pytest -n auto --dist loadfile --no-loadscope-reorder

check: lint test  ## lint, then the tests: what must pass before a change lands

lint: .venv/installed  ## lint, format, types, import layers, unused dependencies, spelling, workflows
	ruff check
	ruff format --check
	pyrefly check --summary=none
	lint-imports --no-logo
	deptry src
	codespell
	actionlint -shellcheck= -pyflakes=
	zizmor --offline --quiet .github/workflows

lock-check: .venv/installed  ## is dvc.lock up to date? in two seconds, without any data
	@.ci/lock-check

readme: .venv/installed  ## fill in README and docs/ from docs/templates/ and what is recorded
	python .ci/pages.py

nightly: .venv/installed  ## run the tests that are too slow for every change, or need a browser
	pytest -n auto --dist loadfile --no-loadscope-reorder -m 'nightly or hypothesis' --hypothesis-profile=nightly

twin: .venv/installed  ## everything again as on another machine: are the bytes those that are committed?
	.ci/twin

##@ Now and then

bench: .venv/installed  ## time and memory of every stage, in a temporary folder
	python tests/bench/stages.py

bench-serve: .venv/installed  ## measure requests to the service beside those to an empty endpoint; writes docs/serve.json
	python tests/bench/serve.py

latency: .venv/installed  ## measure how long an answer takes; writes docs/latency.json and docs/latency.png
	ontime bench --json docs/latency.json --picture docs/latency.png

lock: .venv/installed  ## resolve pyproject.toml anew into requirements.lock; UPGRADE= keeps what is pinned
	uv pip compile pyproject.toml --all-extras --group dev --universal --fork-strategy fewest --python-version 3.11 $(UPGRADE) \
		--generate-hashes --no-header --no-emit-index-url --no-emit-find-links --quiet --output-file requirements.lock

clean:  ## remove .venv, caches and work in progress; data, metrics and the DVC cache stay
	rm -rf .venv .ontime .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/installed: requirements.lock pyproject.toml
	@.ci/install $(PYTHON)

# `make` alone lists what there is. Every target sets up what it needs and says what it is doing.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
export RASA_TELEMETRY_ENABLED := false
export SQLALCHEMY_SILENCE_UBER_WARNING := 1
export TF_CPP_MIN_LOG_LEVEL := 3
export PYTHONWARNINGS := ignore

PYTHON ?= python3.11
UV := .tools/bin/uv
FLASK := .venv/bin/flask --app backend
LOCK := --quiet --generate-hashes --no-emit-index-url --no-header --no-annotate
NLU := $(shell find nlu_data -name '*.yml' -o -name '*.txt' 2>/dev/null) $(wildcard config.yml domain.yml bot/nlu/*.py)

help: ## What can be done here
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

run: setup models/.trained seed ## Set everything up and start it, with a page to chat and a command to text
	@set -a; . ./.env; set +a; exec .venv/bin/honcho start $$([ "$$TELEGRAM_MODE" = polling ] || echo -c telegram=0)

demo: setup models/.trained seed ## Print ten conversations run through the real processes
	.venv/bin/python -m tests.end_to_end.demo

demo-telegram: setup models/.trained seed ## The same through Telegram, played by a server of our own
	.venv/bin/python -m tests.peers.telegram.demo

demo-smpp: setup models/.trained ## The same conversations through a carrier on loopback that speaks SMPP 3.4
	.venv/bin/python -m tests.end_to_end.demo_smpp

demo-zalo: setup models/.trained ## The same through Zalo, played by a server of our own
	.venv/bin/python -m tests.end_to_end.demo_zalo

test: setup-test models/.trained ## Set everything up and pass the tests
	.venv/bin/pytest -n 3 --ignore tests/end_to_end $(ARGS)
	.venv/bin/pytest -n 2 --dist loadfile tests/end_to_end $(ARGS)
	bot/.venv/bin/python -m pytest -c tests/bot/pytest.ini --confcutdir tests/bot tests/bot
	bot/.venv/bin/rasa data validate --data nlu_data --domain domain.yml --config config.yml --fail-on-warnings

lint: setup ## Style, types and layering
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy

train: setup ## Train the assistant and measure it on text it has never seen
	@rm -f models/.trained; $(MAKE) --no-print-directory models/.trained
	bot/.venv/bin/python -m bot.evaluate tests/nlu/test_set.yml

bench: setup models/.trained ## Measure the promises of the design
	.venv/bin/python -m tests.bench

seed: setup ## Tables, agencies, catalogue, demo dossiers and reports (doing it again changes nothing)
	$(FLASK) database upgrade
	$(FLASK) organisation seed
	$(FLASK) procedures load-catalogue
	$(FLASK) organisation seed-demo-officers
	$(FLASK) dossiers seed-demo
	$(FLASK) complaints seed-demo

clean: ## Remove what was made here: environments, models, data
	rm -rf .venv bot/.venv .tools models var .mypy_cache .ruff_cache .pytest_cache tests/peers/node_modules

# --- what the targets above rest on ----------------------------------------------------------------------

setup: .venv/.synced bot/.venv/.synced .env

setup-test: setup
	@command -v npm >/dev/null && $(MAKE) --no-print-directory tests/peers/node_modules/.installed || echo "npm is missing: tests with npm peers will be skipped"

$(UV):
	@echo "· installing uv"
	@$(PYTHON) -m venv .tools || { echo "Python 3.11 with venv is needed (Debian: apt-get install python3.11-venv)"; exit 1; }
	@.tools/bin/pip install --quiet --disable-pip-version-check uv

.venv/.synced: requirements/services.txt | $(UV)
	@echo "· installing the services environment (.venv)"
	@test -d .venv || $(UV) venv --quiet --python $(PYTHON) .venv
	@VIRTUAL_ENV=.venv $(UV) pip sync --quiet --require-hashes --compile-bytecode requirements/services.txt
	@touch $@

bot/.venv/.synced: requirements/rasa.txt requirements/rasa-wheel.txt | $(UV)
	@echo "· installing the Rasa environment (bot/.venv), a minute or two"
	@test -d bot/.venv || $(UV) venv --quiet --seed --python $(PYTHON) bot/.venv
	@VIRTUAL_ENV=bot/.venv $(UV) pip sync --require-hashes --compile-bytecode requirements/rasa.txt
	@bot/.venv/bin/pip install --quiet --disable-pip-version-check --no-deps --ignore-requires-python --require-hashes -r requirements/rasa-wheel.txt
	@touch $@

.env: .env.example
	@if [ -f .env ]; then touch .env; else echo "· writing .env with fresh secrets"; umask 077; \
	  $(PYTHON) -c "import re,secrets,sys; print(re.sub('generate-me', lambda _: secrets.token_hex(16), open('.env.example').read()), end='')" > .env; fi

models/.trained: $(NLU) | setup
	@echo "· training the assistant"
	@mkdir -p models
	@bot/.venv/bin/rasa train --data nlu_data --domain domain.yml --config config.yml --out models --quiet
	@ls -t models/*.tar.gz | tail -n +2 | xargs -r rm  # the old one goes only when the new one is there
	@touch $@

tests/peers/node_modules/.installed: tests/peers/package-lock.json
	@echo "· installing the npm peers of the tests"
	@cd tests/peers && npm ci --silent --no-audit --no-fund
	@touch $@

lock: $(UV) ## Resolve both environments anew after a change of pyproject.toml or bot/requirements.in
	$(UV) pip compile pyproject.toml --extra dev --python-version 3.11 $(LOCK) -o requirements/services.txt
	$(UV) pip compile bot/requirements.in --python-version 3.10 --override bot/overrides.txt $(LOCK) --no-emit-package rasa -o requirements/rasa.txt

.PHONY: help run demo demo-telegram demo-smpp demo-zalo test lint train bench seed clean lock setup setup-test

# `make` or `make help` lists the targets. Every target installs what it needs into this folder, and only here.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

DEV := .venv
SAM := .local/venvs/sam
CLOUD := .local/venvs/local-cloud
CHECKOV := .local/venvs/checkov
CONSUMER := .local/venvs/consumer
CLIENTS := .local/venvs/clients
NPM := .local/npm
PYTHON := $(DEV)/bin/python
SAM_ENV := SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=$${AWS_DEFAULT_REGION:-ap-south-1} PATH="$(CURDIR)/$(SAM)/bin:$$PATH"
CHECKED := layers functions events tests

# ------------------------------------------------------------------------------------------------ for people

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(firstword $(MAKEFILE_LIST)) | sed -E 's/^([a-z0-9-]+):.*## (.*)/\1\t\2/' \
		| awk -F '\t' '{printf "  make %-12s %s\n", $$1, $$2}'

.PHONY: demo
demo: tools ## Drive a charge end to end: local cloud, simulated Hub, credentials to CDR
	@PYTHONPATH=layers/emsp $(PYTHON) -m tests.demo

.PHONY: fast
fast: $(DEV)/.installed ## Format, lint, types, unit tests, architecture: after every save, within a minute
	@$(PYTHON) -m tests.run_all fast

# One process for each processor, unless T is one file: a file's tests stay together.
PYTEST = $(PYTHON) -m pytest -q $(if $(findstring .py,$(T)),,--numprocesses=auto --dist=loadfile)

.PHONY: unit
unit: $(DEV)/.installed ## Unit tests (T=tests/unit/charges, a file, file::test, or "a path -k words")
	@$(PYTEST) $(or $(T),tests/unit)

.PHONY: integration
integration: $(DEV)/.installed ## Integration tests (T=... as for unit)
	@$(PYTEST) $(or $(T),tests/integration)

# For tests. They are skipped if npm is missing.
IF_NPM := $(if $(shell command -v npm),$(NPM)/.installed)

.PHONY: e2e
e2e: tools $(CLIENTS)/.installed $(IF_NPM) ## End-to-end tests on their own local cloud (T=... as for unit)
	@$(PYTHON) -m pytest -q $(or $(T),tests/e2e)

.PHONY: test
test: tools $(CHECKOV)/.installed $(CLIENTS)/.installed $(IF_NPM) ## All checks and all tests, in parallel, before a commit (ARGS=--random-order-seed=7)
	@$(PYTHON) -m tests.run_all test $(ARGS)

.PHONY: nightly
nightly: tools $(CHECKOV)/.installed $(CLIENTS)/.installed $(IF_NPM) ## The same as test, in random order, with 20 times the random examples and the tests that are too slow for every change
	@$(PYTHON) -m tests.run_all nightly

.PHONY: up
up: tools ## Start a local cloud with the stack deployed, and leave it running (PORT=4566 PARAMS="Name=Value ..."); see .local/stack.json
	@$(PYTHON) -m tests.local_cloud up $(PORT) $(PARAMS)

.PHONY: env
env: $(DEV)/.installed ## Print the environment variables of the local stack for a shell: eval $(make env)
	@$(PYTHON) -m tests.local_cloud env

.PHONY: invoke
invoke: $(DEV)/.installed ## Call a function, print its answer: F=get_command P='{"command_id": "..."}' or P=a-file.json (STACK=emsp: on AWS; WAIT=no)
	@$(PYTHON) -m tests.invoke "$${F:?which function: make invoke F=...}" $${P:+"$$P"} $(if $(STACK),--stack $(STACK)) $(if $(filter no,$(WAIT)),--no-wait)

.PHONY: alarms
alarms: $(DEV)/.installed ## Print the alarms that would be on, from the metrics that the local stack has logged
	@PYTHONPATH=layers/emsp $(PYTHON) -m tests.local_cloud.alarms

.PHONY: down
down: $(DEV)/.installed ## Stop the local cloud that `make up` started
	@$(PYTHON) -m tests.local_cloud down

.PHONY: ready
ready: $(DEV)/.installed ## Print the checklist before going live (STACK=emsp: on AWS; CPOS="IN*ABC IN*DEF")
	@$(PYTHON) -m tests.ready $(if $(STACK),--stack $(STACK)) $(foreach cpo,$(CPOS),'$(cpo)')

.PHONY: hub
hub: $(DEV)/.installed ## Run only the simulated Hub (arguments in HUB_ARGS)
	@$(PYTHON) -m tests.hub_simulator $(HUB_ARGS)

.PHONY: bench
bench: tools ## Measure cold starts, warm calls, sizes, pulls, the quota, searches, checks and a settlement; reports in .local/bench and tests/benchmarks
	@$(PYTHON) -m tests.benchmarks.cold_start
	@PYTHONPATH=layers/emsp $(PYTHON) -m tests.benchmarks.catalogue
	@PYTHONPATH=layers/emsp $(PYTHON) -m tests.benchmarks.quota
	@PYTHONPATH=layers/emsp $(PYTHON) -m tests.benchmarks.stations
	@PYTHONPATH=layers/emsp $(PYTHON) -m tests.benchmarks.charges
	@PYTHONPATH=layers/emsp $(PYTHON) -m tests.benchmarks.settlement 3100

.PHONY: lint
lint: $(DEV)/.installed ## Check format, lint and types
	$(DEV)/bin/ruff format --check .
	$(DEV)/bin/ruff check .
	$(DEV)/bin/mypy $(CHECKED)

.PHONY: format
format: $(DEV)/.installed ## Format the code, and fix the lint errors that ruff can fix
	$(DEV)/bin/ruff check --fix-only .
	$(DEV)/bin/ruff format .

.PHONY: build
build: $(SAM)/.installed ## Build the functions and layers for AWS
	$(SAM_ENV) sam build

.PHONY: validate
validate: $(SAM)/.installed ## Check template.yaml and the templates that it nests
	$(SAM_ENV) sam validate --lint

.PHONY: checkov
checkov: $(CHECKOV)/.installed ## Check the templates against AWS's recommendations
	@$(CHECKOV)/bin/checkov --config-file .checkov.yaml

.PHONY: permissions
permissions: $(DEV)/.installed ## Write docs/permissions.md (who may do what) and the table of routes in docs/security.md
	@$(PYTHON) -m tests.template.permissions
	@PYTHONPATH=layers/emsp $(PYTHON) -m tests.template.access_table

.PHONY: schemas
schemas: $(DEV)/.installed ## Write events/schemas/ and events/registry.yaml from the models of payloads, answers and events
	@PYTHONPATH=layers/emsp $(PYTHON) -m tests.schemas

.PHONY: compatibility
compatibility: $(DEV)/.installed ## Save this version's schemas and tables, so that the tests compare the next version with them
	@PYTHONPATH=layers/emsp $(PYTHON) -m tests.compatibility

.PHONY: consumer
consumer: $(DEV)/.installed $(CONSUMER)/.installed ## Write the models of events/consumer/ from events/schemas/
	@PYTHONPATH=layers/emsp $(PYTHON) -m tests.schemas.consumer_models

.PHONY: app
app: tools ## Serve the example app with a test issuer, its own local cloud and a simulated Hub (PORT=8000)
	@PYTHONPATH=layers/emsp $(PYTHON) -m tests.driver_app $(PORT)

.PHONY: clients
clients: $(DEV)/.installed $(CLIENTS)/.installed $(NPM)/.installed ## Write a TypeScript and a Python client of the driver's API into .local/clients (URL=https://.../v1: of a deployed API)
	@PYTHONPATH=layers/emsp $(PYTHON) -m tests.driver_api.clients $(URL)

.PHONY: price
price: $(DEV)/.installed ## Write docs/price.md, the cost of a month, from the calls that the tests count
	@PYTHONPATH=layers/emsp $(PYTHON) -m tests.price

.PHONY: alarms-table
alarms-table: $(DEV)/.installed ## Write the runbook's table of alarms: how soon each alarm turns on, and how often it turns on without a fault
	@PYTHONPATH=layers/emsp $(PYTHON) -m tests.alarms

.PHONY: deploy
deploy: build ## Deploy to AWS with the settings in samconfig.toml (DEPLOY_ARGS are passed to sam deploy)
	$(SAM_ENV) sam deploy $(DEPLOY_ARGS)

.PHONY: registry
registry: $(SAM)/.installed ## Deploy the events' schemas to an EventBridge schema registry (STACK=emsp-schemas)
	$(SAM_ENV) sam deploy --template-file events/registry.yaml --stack-name $(or $(STACK),emsp-schemas) --resolve-s3 \
		--no-fail-on-empty-changeset $(DEPLOY_ARGS)

.PHONY: tools
tools: $(DEV)/.installed $(SAM)/.installed $(CLOUD)/.installed ## Install everything that the other targets need

.PHONY: lock
lock: $(DEV)/.installed ## Pin the newest versions, with hashes, in locks/ and layers/dependencies/
	cd layers/dependencies && $(PIP_COMPILE) --output-file requirements.txt requirements.in
	cd locks && for name in dev sam local-cloud checkov consumer clients; do $(PIP_COMPILE) --output-file $$name.txt $$name.in; done
	cd locks/npm && npm update --package-lock-only $(NPM_OPTIONS)

PIP_COMPILE := PIP_CONFIG_FILE=/dev/null $(CURDIR)/$(DEV)/bin/pip-compile --quiet --upgrade --generate-hashes \
	--allow-unsafe --strip-extras --no-header --no-emit-index-url --no-emit-find-links --no-emit-trusted-host

# -------------------------------------------------------------------------------------- virtual environments
# Each tool has its own, because sam, the local cloud and the functions need different versions of the same packages.

$(DEV)/.installed: locks/dev.txt layers/dependencies/requirements.txt
	@$(call install,$(DEV),locks/dev.txt,the functions' packages and the test tools)

$(SAM)/.installed: locks/sam.txt
	@$(call install,$(SAM),locks/sam.txt,SAM)

$(CLOUD)/.installed: locks/local-cloud.txt
	@$(call install,$(CLOUD),locks/local-cloud.txt,the local cloud)

$(CHECKOV)/.installed: locks/checkov.txt
	@$(call install,$(CHECKOV),locks/checkov.txt,checkov)

$(CONSUMER)/.installed: locks/consumer.txt
	@$(call install,$(CONSUMER),locks/consumer.txt,what makes the consumer's models)

$(CLIENTS)/.installed: locks/clients.txt
	@$(call install,$(CLIENTS),locks/clients.txt,what makes the Python client)

NPM_OPTIONS := --ignore-scripts --omit-lockfile-registry-resolved --no-audit --no-fund --loglevel=error

$(NPM)/.installed: locks/npm/package.json locks/npm/package-lock.json
	@command -v npm >/dev/null || { echo "npm is missing: install Node.js 20 or later with npm" >&2; exit 1; }
	@echo "Installing the generator of the TypeScript client into $(NPM) ..." >&2
	@mkdir -p $(NPM) && cp locks/npm/package*.json $(NPM) && npm ci --prefix $(NPM) $(NPM_OPTIONS) && touch $@

# $(call install,folder,lock file,what it is)
define install
	echo "Installing $(3) into $(1) ..." >&2; \
	$(find_python); \
	rm -rf $(1); \
	"$$python" -m venv $(1); \
	$(1)/bin/python -m pip install --quiet --quiet --disable-pip-version-check --require-hashes --requirement $(2) \
		|| { echo "Could not install $(2): see pip's message above" >&2; exit 1; }; \
	touch $@
endef

define find_python
	python=""; \
	for candidate in python3.13 "$${PYENV_ROOT:-$$HOME/.pyenv}"/versions/3.13*/bin/python3.13 python3; do \
		if "$$candidate" -c 'import sys, venv; sys.exit(sys.version_info[:2] != (3, 13))' 2>/dev/null; then \
			python="$$candidate"; break; \
		fi; \
	done; \
	if [ -z "$$python" ]; then \
		echo "Python 3.13 is missing: install it (e.g. pyenv install 3.13) so that python3.13 is on the PATH" >&2; \
		exit 1; \
	fi
endef

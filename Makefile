# What can be done with a checkout. Every target sets up what it lacks.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup run demo pictures test crash machine readback storm storm-broken evening bench conformance canaries check format lock schemas articles formats settings up down status reset doctor clean

# A distribution's Python comes first: profiles guided its compiler. One compiled at home is often half as slow again.
PYTHONS := $(addprefix /usr/bin/,python3.11 python3.12 python3.13) python3.11 python3.12 python3.13 python3
PYTHON ?= $(firstword $(foreach name,$(PYTHONS),$(shell command -v $(name))))
BIN := .venv/bin
PACKAGES := libs/common deploy/local $(sort $(patsubst %/pyproject.toml,%,$(wildcard services/*/pyproject.toml)))
# Where the distribution keeps pip for environments in a package of its own, any other Python's can fill ours.
PIP := $$(test -x $(BIN)/pip && echo $(BIN)/python -m pip || echo python3 -m pip --python $(BIN)/python)
COMPILE := $(BIN)/pip-compile --quiet --generate-hashes --no-header --no-emit-index-url --no-emit-find-links \
	--strip-extras --allow-unsafe
# Some machines forbid Python to keep what it compiled: each of a hundred processes would compile our modules anew.
unexport PYTHONDONTWRITEBYTECODE
T ?=
N ?= 2
B ?=
J ?=

##@ See it work

run: setup ## Start everything, run the main job before your eyes, fill a firm's Hub, stay up until Ctrl-C
	@$(BIN)/qontable local run --stay -- $(BIN)/qontable demo --firm $(if $(CONNECTOR),--connector $(CONNECTOR))

demo: setup ## The same, then stop; exit status 0 when every entry was booked once (CONNECTOR=name, or all)
	@$(BIN)/qontable local run -- $(BIN)/qontable demo $(if $(CONNECTOR),--connector $(CONNECTOR))

up: setup ## Start everything and leave it running
	@$(BIN)/qontable local up

down: .state/packages ## Stop everything; data stays
	@$(BIN)/qontable local down

status: .state/packages ## What runs, where, and how often it had to be started again
	@$(BIN)/qontable local status

reset: .state/packages ## Stop everything and remove its data
	@$(BIN)/qontable local reset --yes

pictures: setup .state/pictures ## Walk the Hub's pages in a browser, keep their pictures in docs/pictures, have axe look at each
	@$(BIN)/qontable local run -- $(BIN)/python tests-e2e/pictures/walk.py

##@ Work on it

setup: .state/packages .state/kafka ## Virtual environment from the hashed lock, packages, Kafka's jars, the Hub's scripts

test: setup ## All tests, on real Kafka and PostgreSQL (T=path or T='-k words' for some, N=workers)
	@$(BIN)/pytest -n $(N) --dist loadfile --no-loadscope-reorder $(T)

crash: setup ## Kill every service once in the middle of 500 entries, before your eyes
	@$(BIN)/pytest tests-e2e/test_crash.py -q -s

machine: setup ## Crash deliveries at every step boundary, on an injected clock; find broken ones (EXAMPLES=2000 SEED=4)
	@QONTABLE_MACHINE_EXAMPLES=$(or $(EXAMPLES),2000) QONTABLE_MACHINE_SEED=$(or $(SEED),4) \
		$(BIN)/pytest services/gateways/tests/test_machine.py -q -s -o timeout=7200

readback: setup ## Hard books written in every format and read back by strangers' readers (EXAMPLES=2000, T='-k ebp' for some)
	@QONTABLE_EXPORT_EXAMPLES=$(or $(EXAMPLES),2000) \
		$(BIN)/pytest services/exports/tests/test_read_back.py -q -o timeout=7200 --durations=0 $(T)

storm: setup ## Kill everything while entries travel, then judge (ENTRIES KILLS SEED WITH=pauses,outages UNIQUE CONNECTORS=all)
	@ENTRIES=$(or $(ENTRIES),2000) KILLS=$(or $(KILLS),30) SEED=$(or $(SEED),1) WITH=$(WITH) UNIQUE=$(or $(UNIQUE),on) CONNECTORS=$(or $(CONNECTORS),all) \
		$(BIN)/pytest tests-e2e/storm/ordered.py -q -s

storm-broken: setup ## The storm finds each of five systems that were robbed of a protection
	@$(BIN)/pytest tests-e2e/storm/ordered_broken.py -q -s

evening: setup ## An evening on which everything is ready at once, processes killed in its middle (ENTRIES, FILES, KILLS, SEED)
	@EVENING_ENTRIES=$(or $(ENTRIES),100000) EVENING_FILES=$(or $(FILES),500) EVENING_KILLS=$(or $(KILLS),4) \
		EVENING_SEED=$(or $(SEED),20261025) $(BIN)/pytest tests-e2e/test_evening.py -q -s

bench: setup ## How near the bare machine: ratios, processor time, latency, memory (B=intake for one, J=1 for JSON)
	@$(BIN)/python -m bench $(B) $(if $(J),--json)

conformance: setup ## Every connector against its stand-in, on real sockets, with a table (CONNECTOR=name, T='-k words', WHOLE=1)
	@CONFORMANCE_CONNECTOR=$(CONNECTOR) CONFORMANCE_WHOLE=$(WHOLE) \
		$(BIN)/pytest services/gateways/tests/conformance -q -o timeout=1800 $(T)

canaries: setup ## Look for credentials, links and labels in everything that a running system writes
	@$(BIN)/pytest tests-e2e/canaries -q -s

check: .state/packages ## Lint, format, types, direction of imports, contracts up to date
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy $(addsuffix /src,$(PACKAGES)) bench
	$(BIN)/lint-imports
	$(BIN)/python -m qontable.schemas check
	$(BIN)/python -m gateways.entrypoints.articles check
	$(BIN)/python -m gateways.entrypoints.vendor_names
	$(BIN)/python -m exports.entrypoints.pages check

format: .state/packages ## Put imports and layout in order
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: .state/packages ## Pin what requirements.in asks for, with hashes and without addresses
	$(COMPILE) --output-file requirements.lock requirements.in
	cd deploy/docker && for name in build service sandbox; do \
		$(CURDIR)/$(COMPILE) --no-annotate --output-file $$name.lock $$name.in || exit 1; done

schemas: .state/packages ## Write JSON Schemas and the AsyncAPI document from the event models
	$(BIN)/python -m qontable.schemas write

articles: .state/packages ## Write the users' articles about connectors from their data sheets
	$(BIN)/python -m gateways.entrypoints.articles write

formats: .state/packages ## Render the pages about import files from their descriptions
	@$(BIN)/python -m exports.entrypoints.pages write

settings: .state/packages ## Write .env.example from the types that read the settings
	$(BIN)/python -m local_stack.env_example >.env.example

doctor: .state/packages ## What is missing or wrong on this machine, with the command that mends it
	@$(BIN)/qontable doctor

clean: ## Stop everything and remove all that was made: environment, jars, data
	@if [ -x $(BIN)/qontable ]; then $(BIN)/qontable local reset --all --yes; fi
	rm -rf .venv .state .local .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

help: ## This list
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@/ { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# What was set up is remembered by stamps, newer than what it was made from.

.venv/pyvenv.cfg:
	@test -n "$(PYTHON)" || { echo "Python is missing: apt-get install python3.11 python3.11-venv"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "$(PYTHON) is older than 3.11: apt-get install python3.11 python3.11-venv, then make PYTHON=python3.11"; exit 1; }
	@$(PYTHON) -m venv --clear .venv >/dev/null || $(PYTHON) -m venv --clear --without-pip .venv
	@$(PIP) --version >/dev/null || { echo "pip is missing: apt-get install python3-venv"; rm -rf .venv; exit 1; }

.state/requirements: requirements.lock .venv/pyvenv.cfg
	@echo "installing Python packages (about a minute the first time)"
	@$(PIP) install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	@mkdir -p $(@D) && touch $@

.state/packages: .state/requirements $(addsuffix /pyproject.toml,$(PACKAGES))
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation $(addprefix --editable ,$(PACKAGES))
	@mkdir -p $(@D) && touch $@

.state/kafka: deploy/local/kafka/pom.xml deploy/local/assets/pom.xml .state/packages
	@command -v java >/dev/null || { echo "Java is missing, which runs Kafka: apt-get install openjdk-17-jre-headless"; exit 1; }
	@command -v mvn >/dev/null || { echo "Maven is missing, which fetches Kafka and the Hub's scripts: apt-get install maven"; exit 1; }
	@$(BIN)/qontable local fetch
	@mkdir -p $(@D) && touch $@

# What looks at pages is no part of them: axe-core by version and hash, the browser of the system.
AXE := 4.14.1
AXE_SHA256 := 29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c

.state/pictures:
	@command -v chromium >/dev/null || { echo "Chromium is missing, which shows the pages: apt-get install chromium"; exit 1; }
	@command -v npm >/dev/null || { echo "npm is missing, which fetches axe-core: apt-get install npm"; exit 1; }
	@mkdir -p .local/pictures && cd .local/pictures && npm pack --silent axe-core@$(AXE) >/dev/null \
		&& tar -xzOf axe-core-$(AXE).tgz package/axe.min.js >axe.min.js && rm axe-core-$(AXE).tgz \
		&& echo "$(AXE_SHA256)  axe.min.js" | sha256sum --check --quiet
	@mkdir -p $(@D) && touch $@

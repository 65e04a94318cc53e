# Two commands do all the set-up: `make check` runs docprobe on the sample docs, `make test` tests docprobe itself.
# Both create the Python environment, find or start a container engine, and build the base images; the second run finds
# everything in place. DOCPROBE_INSTALL_ENGINE=0 forbids installing or starting an engine.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
REPORT := .report
BEGAN := $(shell date +%s)
# how long a target took, and its parts, for `make bench`
ENGINE_STAMP := $(VENV)/.engine
NOTE = $(BIN)/python -m tests.bench.times
NOTED = $(BEGAN) $(STAMP) $(ENGINE_STAMP) $(REPORT)/times.jsonl
# one for each core
PYTEST_JOBS ?= 2
# one more where tests wait a quarter of the time, for containers, deadlines and responses
TEST_JOBS ?= 3
PYTEST_ARGS ?=
export DOCPROBE_STATE ?= $(CURDIR)/.cache/docprobe
# bytecode is cached even where the environment forbids it: the tests start many Python processes
unexport PYTHONDONTWRITEBYTECODE
export PYTHONPYCACHEPREFIX ?= $(CURDIR)/.cache/bytecode

.PHONY: help check check-languages test unit lint engine browser registry ssh soak cluster oracle mutation peers clients bench replay env clean

help:
	@echo "make check     run docprobe on the sample docs (docs-snapshot/sample) and write a report"
	@echo "make check-languages  the same for pages in Go, Rust, Java and Kotlin, whose toolchains are made on first need: minutes"
	@echo "make test      all tests, with a real container engine; this is what .ci/run calls"
	@echo "make unit      tests that start no other program, no engine and no registry, and are not long: a minute on two cores"
	@echo "make lint      ruff, mypy, import contracts"
	@echo "make soak      faults, attacks, repeatability and load at full size: about an hour on two cores; ends with figures"
	@echo "               SOAK=4 tries random attacks four times as often"
	@echo "make cluster   a Dask cluster of three workers on this machine, each with an engine of its own, one killed"
	@echo "make mutation  break the conforming servers and count which breaks the rules find"
	@echo "make oracle    compare the extraction with the parsers of MDX, MkDocs and MyST, block by block"
	@echo "make peers     run docprobe and the MCP conformance suite on the same servers"
	@echo "make clients   what real clients do when their session has ended (DOCS=docs for the MCP docs' own tutorial, too)"
	@echo "make replay    check the newest commits of a docs repository as their pull requests would be: DOCS=checkout"
	@echo "make bench     speed and memory as ratios, in ten minutes (DOCS=docs for others); a history of 100 nights"
	@echo "make clean     remove the Python environment and docprobe's containers and images"

check: env engine
	@mkdir -p $(REPORT)
	$(BIN)/docprobe check docs-snapshot/sample \
	  --format terminal --format json:$(REPORT)/sample.json --format html:$(REPORT)/sample.html \
	  && echo "report: $(REPORT)/sample.html" && { $(NOTE) check $(NOTED) || true; }

# languages whose toolchains are made on first need: the first run takes minutes, later ones seconds
# the Rust SDK needs a newer compiler than Debian's: a toolchain of this machine is used if there is one
check-languages: export DOCPROBE_RUST_FOLDER ?= $(shell rustc --print sysroot 2>/dev/null)
check-languages: env engine
	@mkdir -p $(REPORT)
	$(BIN)/docprobe check docs-snapshot/languages \
	  --format terminal --format json:$(REPORT)/languages.json --format html:$(REPORT)/languages.html \
	  && echo "report: $(REPORT)/languages.html"
	DOCPROBE_LANGUAGES_REPORT=$(CURDIR)/$(REPORT)/languages.json $(BIN)/pytest -n $(PYTEST_JOBS) -m languages

test: env lint engine browser registry ssh
	@if [ -n "$${DOCPROBE_REAL_DOCS:-}" ]; then echo "real docs: $$DOCPROBE_REAL_DOCS"; \
	else echo "real docs: not run (set DOCPROBE_REAL_DOCS to a checkout of the MCP docs)"; fi
	@echo "not in this run: make soak, make oracle, make mutation, make check-languages"
	@mkdir -p $(REPORT)
	$(BIN)/pytest -n $(TEST_JOBS) -m "not soak and not oracle and not languages" $(PYTEST_ARGS) && { $(NOTE) test $(NOTED) || true; }

unit: env
	$(BIN)/pytest -n $(PYTEST_JOBS) \
	  -m "not engine and not registry and not oracle and not browser and not loopback and not processes and not long" $(PYTEST_ARGS)

lint: env
	$(BIN)/ruff check extractor harness tests
	$(BIN)/mypy
	$(BIN)/lint-imports

# a running engine is used as is; `doctor --fix` shows each command before it runs it
engine: env
	@$(BIN)/docprobe doctor --fix || true
	@touch $(ENGINE_STAMP)

# the report's pages are tested in headless Chromium; DOCPROBE_INSTALL_BROWSER=0 forbids installing it
browser:
	@if command -v chromium >/dev/null; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && [ "$${DOCPROBE_INSTALL_BROWSER:-1}" != 0 ]; then \
	  echo "no Chromium for the browser tests: apt-get install chromium"; \
	  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null; } \
	    || echo "Chromium cannot be installed: the browser tests are not run"; \
	else echo "no Chromium: the browser tests are not run"; fi

# pulling is tested with a registry on loopback; DOCPROBE_INSTALL_ENGINE=0 forbids installing it
registry:
	@if command -v docker-registry >/dev/null; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && [ "$${DOCPROBE_INSTALL_ENGINE:-1}" != 0 ]; then \
	  echo "no registry for the tests of pulling: apt-get install docker-registry"; \
	  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
	    docker-registry >/dev/null; } || echo "docker-registry cannot be installed: pulling is not tested"; \
	else echo "no docker-registry: pulling is not tested"; fi

# engines on other machines are tested with OpenSSH's server on loopback, which the tests start themselves
ssh:
	@if [ -x /usr/sbin/sshd ]; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && [ "$${DOCPROBE_INSTALL_ENGINE:-1}" != 0 ]; then \
	  echo "no sshd for the tests of remote engines: apt-get install openssh-server"; \
	  { apt-get update -qq && RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
	    openssh-server openssh-client >/dev/null; } || echo "sshd cannot be installed: remote engines are not tested"; \
	else echo "no sshd: remote engines are not tested"; fi

# how often random attacks are tried: 1 is sensible, more is for a night
SOAK ?= 1
soak: env engine
	DOCPROBE_SOAK=$(SOAK) $(BIN)/pytest -n $(PYTEST_JOBS) -m "(soak or attack) and not busy" $(PYTEST_ARGS)
	@echo "and with 20 busy processes beside it:"
	DOCPROBE_SOAK=$(SOAK) $(BIN)/pytest -m "soak and busy" $(PYTEST_ARGS)

# three workers with an engine each on this machine (needs root), and one of them killed in the middle
cluster: env engine
	$(BIN)/pytest -m "engine and soak" tests/soak/test_cluster.py $(PYTEST_ARGS)

oracle: env
	$(BIN)/pytest -m oracle $(PYTEST_ARGS)

mutation: env
	$(BIN)/python -m tests.mutation

bench: env
	$(BIN)/python -m tests.bench $(DOCS) --out $(REPORT)/bench.json
	$(BIN)/python -m tests.bench.history 100

# it goes on where it was interrupted; remove .report/replay.jsonl to begin anew
replay: env engine
	@test -n "$(DOCS)" || { echo "name a checkout with its history: make replay DOCS=checkout"; exit 2; }
	$(BIN)/python -m tests.replay "$(DOCS)" --results $(REPORT)/replay.jsonl

# npm installs the suite into the report's folder, without install scripts
peers: env engine
	@mkdir -p $(REPORT)
	$(BIN)/python -m tests.peers.conformance $(REPORT)/peers

# what real clients do when their session has ended; the packages come from the registries, nothing of theirs runs here
clients: env engine
	$(BIN)/python -m tests.clients $(REPORT)/clients $(if $(DOCS),--docs "$(DOCS)")

env: $(STAMP)

# hashes are verified; the installer itself (uv, a fifth of pip's time) is pinned in the lock file like everything else
$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "docprobe needs Python 3.11 or newer: $(PYTHON) is $$($(PYTHON) --version 2>&1). Set PYTHON=…"; exit 2; }
	@echo "creating the Python environment in $(VENV)"
	@$(PYTHON) -m venv $(VENV) 2>/dev/null || { \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "Python's venv module is missing: apt-get install python3-venv"; \
	    apt-get update -qq && apt-get install -y -qq python3-venv >/dev/null && $(PYTHON) -m venv $(VENV); \
	  else echo "Python's venv module is missing: install your system's python3-venv"; exit 2; fi; }
	@echo "installing the locked packages"
	@pip() { $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r "$$1"; }; \
	  index="$${PIP_INDEX_URL:-$$($(BIN)/python -m pip config get global.index-url 2>/dev/null || true)}"; \
	  { pip <(sed -n '/^uv==/,/[^\\]$$/p' requirements.lock) && \
	    $(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes $${index:+--default-index "$$index"} \
	      -r requirements.lock; } || { echo "not with uv: pip takes a little longer"; pip requirements.lock; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

clean:
	-$(BIN)/docprobe doctor --clean
	rm -rf $(VENV) .cache $(REPORT) build dist

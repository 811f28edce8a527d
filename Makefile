# People and CI run the same targets; `make help` lists them. Everything happens in this folder: .venv, .cache, .arena (data), build.
.DEFAULT_GOAL := help
SHELL := /bin/sh
BIN := .venv/bin

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9.-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' Makefile

# COVERAGE=1 measures what the tests reach; its two processes add up until `make coverage-report` reads them. The tracer triples what Python
# computes, so property tests try few examples then (tools/brief_properties.py).
MEASURE = $(if $(COVERAGE),--cov --cov-append --cov-report= --cov-fail-under=0)
# Most tests wait for something most of the time: two processes share them, a file whole to one.
PARALLEL := -n 2 --dist loadfile
# The parts of check-all, in order; a part is a target of its own.
PARTS := lint test coverage-report python-3.13 slow charts cluster cluster-test speed bench-short mutation chaos-short

## --- for people ---
# Each set-up holds the one before it: embedded ⊂ services ⊂ browser ⊂ dev. Nothing to do takes a fifth of a second.
.PHONY: setup setup-embedded setup-services setup-browser setup-dev up demo
setup: setup-dev ## set up all of .venv from the locks (every other target sets up what it needs)

setup-embedded setup-services setup-browser setup-dev: setup-%:
	@tools/bootstrap $*

up: setup-embedded ## set up what is needed and serve the platform in the foreground
	@exec $(BIN)/arena up

demo: setup-embedded ## import generated exports (or FILE=export), a battle of simulated users, the page to watch it
	@exec $(BIN)/arena demo $(if $(FILE),--file "$(FILE)")

.PHONY: test
test: setup-browser ## set up what is needed and run the tests; names what it had to skip
	$(BIN)/pytest $(PARALLEL) -m "not slow and not speed" --ignore=tests/cluster$(if $(COVERAGE), --ignore=tests/charts -p tools.brief_properties,/node) $(MEASURE)

## --- for developers ---
.PHONY: check check-all lint slow charts cluster cluster-test chaos coverage coverage-report mutation bench bench-short system-packages
check: lint test speed ## all that must hold before a commit (about 20 minutes)

check-all: setup-dev system-packages ## the same and the long suites; installs what is missing, skips nothing
	@rm -rf build/coverage build/junit && mkdir -p build
	@nice -n 19 sh -c "$(BIN)/python -m tools.kafka; $(BIN)/python -m tools.registry; $(BIN)/python -m tools.kube; $(BIN)/python -m tools.images" >build/beside.log 2>&1 & # what later parts need
	@COVERAGE=1 $(BIN)/python -m tools.parts $(PARTS)

# A real node and images without Docker need root. Set-up comes first, so that .venv stays the caller's.
.PHONY: check-all-as-root
check-all-as-root: setup-dev
	@sudo --preserve-env env "PATH=$$PATH" "HOME=/root" $(MAKE) --no-print-directory check-all

lint: setup-dev ## ruff, mypy, import contracts, workflows, versions, generated files
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tools.workflows
	@$(MAKE) --no-print-directory release-check
	@$(MAKE) --no-print-directory check-generated

slow: setup-dev ## the long suites
	$(BIN)/pytest $(PARALLEL) -m "slow and not speed" --ignore=tests/chaos --ignore=tests/cluster

charts: setup-dev ## the charts as Helm renders them: lint, rules, refusals, kept output (builds Helm first, as cluster does)
	@$(BIN)/python -m tools.kube
	$(BIN)/pytest tests/charts

cluster: setup-dev ## the operator on a real Kubernetes, which is built first if need be (10 minutes, once; needs Go)
	@$(BIN)/python -m tools.kube
	$(BIN)/pytest $(PARALLEL) tests/cluster --ignore=tests/cluster/node

cluster-test: setup-dev system-packages ## the platform in pods of its own images on a real node (as root; tests/cluster/README.md)
	@$(BIN)/python -m tools.kube
	@$(BIN)/python -m tools.images
	$(BIN)/pytest tests/cluster/node

speed: setup-dev ## the tests that measure time
	$(BIN)/pytest -m speed

# What runs on the oldest Python only may not run on a newer one: the rules, and the chassis, which has to do with threads, loops and drivers.
.PHONY: python-3.13
python-3.13: setup-dev ## the fast suites that matter most, on Python 3.13
	@$(BIN)/python -m tools.other_python 3.13 $(PARALLEL) tests/unit tests/integration/chassis

chaos: setup-dev system-packages ## everything that can go wrong, under load, KILLS=100 a shape; planted bugs are caught (build/chaos.json)
	ARENA_KILLS=$(or $(KILLS),100) $(BIN)/pytest $(PARALLEL) tests/chaos

# The part of check-all: the same nemeses, over one battle.
chaos-short: setup-dev system-packages
	$(BIN)/pytest $(PARALLEL) tests/chaos

coverage: setup-dev ## run the fast suites and tell what they reach (85 % at least)
	@rm -rf build/coverage
	@$(MAKE) --no-print-directory test coverage-report COVERAGE=1

coverage-report: setup-dev ## tell what the measured runs reached
	@mkdir -p build/coverage
	$(BIN)/coverage report

mutation: setup-dev ## change the pure rules in small ways: 80 % must be noticed by the tests
	$(BIN)/python -m tools.mutation

# A timing that misses its bar is measured once more, since a busy machine can spoil it, and the table says so.
bench: setup-dev ## measure: a table with ratios, build/bench.json (docs/performance.md; ONLY=name measures one)
	@$(BIN)/arena bench $(addprefix --only ,$(ONLY))

# The part of check-all: the same bars, with fewer rounds, shorter waits and smaller crowds (about half the time).
bench-short: setup-dev
	@$(BIN)/arena bench --short

system-packages: setup-dev
	@$(BIN)/python -m tools.system_packages

## --- images ---
# In build/images, from a Debian that is bootstrapped: no Docker, no registry. As root on Debian or Ubuntu (images/README.md).
.PHONY: images images-refresh
images: setup-dev ## build the images of the services and the operator (3 minutes, then seconds)
	@$(BIN)/python -m tools.images

images-refresh: setup-dev ## the same on a Debian of today, with its security updates
	@$(BIN)/python -m tools.images --refresh

## --- with Docker ---
# These need no .venv: any Python does, and the programs that they name when one is missing.
.PHONY: images-docker kind-up kind-test kind-down
images-docker: ## build the images into this machine's Docker
	@tools/bootstrap run tools.buildx

kind-up: ## build the images and install the platform on a cluster of kind's; again: bring it up to date
	@tools/bootstrap run tools.kind up

kind-test: ## prove the platform on that cluster: the charts' own test, and a battle as a resource
	@tools/bootstrap run tools.kind test

kind-down: ## take that cluster away, its data too
	@tools/bootstrap run tools.kind down

# A release is made from a tag by .github/workflows/release.yml; docs/guides/releasing.md tells the whole way.
.PHONY: release-check release-schemas release-images release-sign release-charts release-publish
release-check release-images release-sign release-charts release-publish: release-%:
	@tools/bootstrap run tools.release $*

release-schemas: ## keep the schemas of the events as this version has them (docs/guides/releasing.md)
	@tools/bootstrap run tools.release schemas

.PHONY: generate check-generated lock lock-upgrade clean
generate: setup-dev ## write the generated files again
	@$(BIN)/python -m tools.generate

check-generated: setup-dev ## prove that the generated files are what would be generated
	@$(BIN)/python -m tools.generate --check

lock: ## resolve the locks again after a change of pyproject.toml
	@tools/bootstrap lock

lock-upgrade: ## the same, taking newer versions
	@tools/bootstrap lock --upgrade

clean: ## remove what set-up, tests and tools made (not .arena: that is data)
	rm -rf .venv .cache build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage mutants
	find services tests tools -name __pycache__ -type d -prune -exec rm -rf {} +

# People and CI run the same targets; `make help` lists them. Everything happens in this folder: .venv, .cache, .arena (data), build.
.DEFAULT_GOAL := help
SHELL := /bin/sh
BIN := .venv/bin

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' Makefile

## --- for people ---
# Each set-up holds the one before it: embedded ⊂ browser ⊂ dev. Nothing to do takes a fifth of a second.
.PHONY: setup setup-embedded setup-browser setup-dev up demo
setup: setup-dev ## set up all of .venv from the locks (every other target sets up what it needs)

setup-embedded setup-browser setup-dev: setup-%:
	@tools/bootstrap $*

up: setup-embedded ## set up what is needed and serve the platform in the foreground
	@exec $(BIN)/arena up

demo: setup-embedded ## import generated exports (or FILE=export), a battle of simulated users, the page to watch it
	@exec $(BIN)/arena demo $(if $(FILE),--file "$(FILE)")

.PHONY: test
test: setup-browser ## set up what is needed and run the tests; names what it had to skip
	$(BIN)/pytest -m "not slow"

## --- for developers ---
.PHONY: check lint generate check-generated lock lock-upgrade clean
check: lint test ## all that must hold before a commit (12 minutes at most)

lint: setup-dev ## ruff, mypy, import contracts, generated files
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	@$(MAKE) --no-print-directory check-generated

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

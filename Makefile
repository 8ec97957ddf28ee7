# Every verb makes the environment it needs, from hashed requirements, inside the checkout.
# Python 3.11 or newer and make are enough; build, e2e and scan also need python3.13 on the path,
# because that is what the functions run on.

PYTHON ?= python3

DEV := .venv
BIN := $(DEV)/bin
REQUIREMENTS := tests/requirements

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test check bench soak format lock clean

help: ## Say what there is
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## /  make \1\t/' | expand -t 20

# --- Environments ------------------------------------------------------------------------------

# $(call environment,FOLDER,INTERPRETER,REQUIREMENTS): pip itself comes first, from a hashed pin,
# because the one that older Pythons bring refuses some hashed files.
define environment
	$(2) -m venv --clear $(1)
	$(1)/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r $(REQUIREMENTS)/pip.txt
	$(1)/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r $(REQUIREMENTS)/$(3).txt
	@touch $@
endef

$(DEV)/.requirements: $(REQUIREMENTS)/dev.txt $(REQUIREMENTS)/pip.txt
	$(call environment,$(DEV),$(PYTHON),dev)

$(DEV)/.ready: $(DEV)/.requirements pyproject.toml tests/lab/pyproject.toml
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e . -e tests/lab
	@touch $@

# --- Verbs -------------------------------------------------------------------------------------

demo: $(DEV)/.ready ## Watch the whole job: both providers, the table, the topics, the auditor
	$(BIN)/python -m paylab.demo $(ARGS)

test: $(DEV)/.ready ## Run the tests that end within minutes
	$(BIN)/python -m pytest $(ARGS)

check: $(DEV)/.ready ## Format, lint, strict types, import arrows, template
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest tests/unit/test_architecture.py tests/template

format: $(DEV)/.ready ## Lay out the code and mend what can be mended by itself
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean: ## Remove environments, caches and what was built
	rm -rf .venv* .aws-sam* .mypy_cache .pytest_cache .ruff_cache .hypothesis .benchmarks

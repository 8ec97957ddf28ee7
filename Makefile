# Every verb makes the environment it needs, from hashed requirements, inside the checkout.
# Python 3.11 or newer and make are enough; build, invoke, e2e and soak also need python3.13, because
# that is what the functions run on.

PYTHON ?= python3

# pyenv hides python3.13 behind a shim that runs only once that version is asked for.
WHERE := -c 'import sys; print(sys.executable)' 2>/dev/null
PYTHON313 ?= $(shell python3.13 $(WHERE) || PYENV_VERSION=3.13 python3.13 $(WHERE))

REQUIREMENTS := tests/requirements
BIN := .venv/bin
SAM := .venv-sam/bin/sam
PIP := -m pip install -qq --disable-pip-version-check

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
export SAM_CLI_TELEMETRY := 0
# What was compiled once is kept: to gather the tests takes half the time.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo fortnight test check coverage mutants bench soak week scan build build-here invoke e2e format lock clean python3.13

help: ## Say what there is
	@sed -nE 's/^([a-z0-9]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

# --- Environments: made again when their requirements change ------------------------------------

# $(call environment,INTERPRETER,NAME): pip itself comes first, from a hashed pin, because the one
# that older Pythons bring refuses some hashed files.
define environment
	@echo "Making $(@D) from $(REQUIREMENTS)/$(2).txt: a minute or so, once"
	@$(1) -m venv --clear $(@D)
	@$(@D)/bin/python $(PIP) --require-hashes -r $(REQUIREMENTS)/pip.txt
	@$(@D)/bin/python $(PIP) --require-hashes -r $(REQUIREMENTS)/$(2).txt
	@touch $@
endef

.venv/.requirements: $(REQUIREMENTS)/dev.txt $(REQUIREMENTS)/pip.txt
	$(call environment,$(PYTHON),dev)

.venv/.ready: .venv/.requirements pyproject.toml tests/lab/pyproject.toml
	@$(BIN)/python $(PIP) --no-deps --no-build-isolation -e . -e tests/lab
	@touch $@

# sam build wants a python3.13 beside itself; all else that sam does runs on any.
.venv-sam/.ready: $(REQUIREMENTS)/sam.txt $(REQUIREMENTS)/pip.txt
	$(call environment,$(or $(PYTHON313),$(PYTHON)),sam)

.venv-checkov/.ready: $(REQUIREMENTS)/checkov.txt $(REQUIREMENTS)/pip.txt
	$(call environment,$(PYTHON),checkov)

.venv-ministack/.ready: $(REQUIREMENTS)/ministack.txt $(REQUIREMENTS)/pip.txt | python3.13
	$(call environment,$(PYTHON313),ministack)

.venv-runtime/.ready: $(REQUIREMENTS)/runtime.txt $(REQUIREMENTS)/pip.txt | python3.13
	$(call environment,$(PYTHON313),runtime)

# Lambda's runtime emulator is a file in sam's wheel: 8 MB and a second, instead of all of sam.
.venv-rie/.ready: $(REQUIREMENTS)/rie.txt | .venv/.ready
	@$(BIN)/python $(PIP) --require-hashes --no-deps --upgrade --target $(@D) -r $(REQUIREMENTS)/rie.txt
	@touch $@

.venv-mutation/.ready: $(REQUIREMENTS)/mutation.txt $(REQUIREMENTS)/pip.txt
	$(call environment,$(PYTHON),mutation)

.venv-lock/.ready: $(REQUIREMENTS)/lock.txt $(REQUIREMENTS)/pip.txt
	$(call environment,$(PYTHON),lock)

python3.13:
	@test -n "$(PYTHON313)" || { echo "python3.13 is needed and was not found, or does not start:" \
	  "put one on the path, or say make PYTHON313=/where/it/is/python3.13" >&2; exit 1; }

# --- Verbs --------------------------------------------------------------------------------------

demo: .venv/.ready ## Watch the whole job: both providers, the table, the topics, the auditor
	$(BIN)/python -m paydemo $(ARGS)

fortnight: .venv/.ready ## See what is told in two weeks in which everything goes wrong (some minutes)
	@$(BIN)/python -m tests.alerts.fortnight $(ARGS)

test: .venv/.ready .venv-rie/.ready ## Run the tests that end within minutes
	$(BIN)/python -m pytest -n auto --dist worksteal $(ARGS)

check: .venv/.ready scan ## Format, lint, strict types, import arrows, the template's judges
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/cfn-lint template.yaml
	$(BIN)/python -m pytest tests/unit/test_architecture.py tests/template

COVERED := tests/unit/domain tests/unit/discovery tests/unit/test_*.py tests/discovery
coverage: .venv/.ready ## Hold the rules to full branch coverage by the quick tests
	$(BIN)/python -m pytest -n auto --dist worksteal --cov --cov-report=term --hypothesis-seed=0 $(COVERED) $(ARGS)

mutants: .venv-mutation/.ready ## Change every function and property of the rules in every small way: the tests have to notice (about two hours; goes on where it was cut short)
	.venv-mutation/bin/python -m tests.mutation $(if $(KEEP),--keep) $(ARGS)

bench: .venv/.ready ## Measure
	$(BIN)/python -m pytest -m bench tests/benchmarks $(ARGS)

soak: .venv/.ready .venv-rie/.ready .venv-ministack/.ready ## Run the tests that look for what only time brings out
	$(BIN)/python -m pytest -m soak -n auto --dist load --maxschedchunk 1 $(ARGS)

week: .venv/.ready ## Poll 5,000 open payments every minute of a week (an hour, a core for each source)
	PAYWATCH_HOURS=168 $(BIN)/python -m pytest -m soak -n auto --dist load --maxschedchunk 1 tests/scale/test_week.py $(ARGS)

scan: .venv-sam/.ready .venv-checkov/.ready ## Judge the template as SAM and a security review would
	$(SAM) validate --region us-east-1
	$(SAM) validate --region us-east-1 --lint
	.venv-checkov/bin/checkov --skip-download --compact --quiet --framework cloudformation --file template.yaml

BUILD = PATH="$(CURDIR)/.venv-sam/bin:$$PATH" $(SAM) build --build-dir

build: .venv-sam/.ready build-here | python3.13 ## Build what sam deploy deploys, and prove that it is complete
	$(BUILD) .aws-sam/build
	@cd .aws-sam/build && du -sh --apparent-size DependenciesLayer PaywatchLayer PollerFunction
	@$(PYTHON313) -I -S tests/e2e/import_built.py .aws-sam-here/build
	@$(BUILD) .aws-sam-again/build --no-cached >/dev/null 2>&1
	@$(PYTHON313) tests/e2e/compare_builds.py .aws-sam/build .aws-sam-again/build

# The same for this machine's processor, where it can be imported and run.
HERE := $(if $(filter arm64 aarch64,$(shell uname -m)),arm64,x86_64)
build-here: .venv-sam/.ready | python3.13
	$(BUILD) .aws-sam-here/build --cache-dir .aws-sam-here/cache --parameter-overrides Architecture=$(HERE)

EVENT ?= events/poll.json
TICKS ?= 1
invoke: .venv/.ready .venv-rie/.ready .venv-runtime/.ready ## Invoke what was built under the runtime emulator: EVENT=events/poll.json TICKS=1
	@$(MAKE) --no-print-directory build-here >&2 # the report alone is for standard output
	@$(BIN)/python -m tests.e2e.invoke_built "$(EVENT)" "$(TICKS)"

e2e: .venv/.ready .venv-rie/.ready .venv-runtime/.ready .venv-ministack/.ready build-here ## Deploy to an emulator, and let the schedule poll
	$(BIN)/python -m pytest -m e2e -s tests/e2e $(ARGS)

format: .venv/.ready ## Lay out the code, and mend what mends itself
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# What is developed against is what is deployed: the other files are held to the deployed one,
# where they can be (the tools of sam, checkov and ministack pin versions of their own).
COMPILE = .venv-lock/bin/uv pip compile --quiet --upgrade --generate-hashes --universal \
  --custom-compile-command 'make lock' --no-emit-index-url --no-emit-find-links
DEPLOYED := layers/dependencies/requirements.txt

lock: .venv-lock/.ready ## Pin the newest versions that fit, with hashes, for every environment
	$(COMPILE) --python-version 3.13 pyproject.toml -o $(DEPLOYED)
	$(COMPILE) --python-version 3.11 pyproject.toml --extra cli $(REQUIREMENTS)/dev.in -c $(DEPLOYED) -o $(REQUIREMENTS)/dev.txt
	$(COMPILE) --python-version 3.11 pyproject.toml --extra cli $(REQUIREMENTS)/mutation.in -c $(REQUIREMENTS)/dev.txt -o $(REQUIREMENTS)/mutation.txt
	$(COMPILE) --python-version 3.11 $(REQUIREMENTS)/sam.in -o $(REQUIREMENTS)/sam.txt
	$(COMPILE) --python-version 3.11 --no-deps $(REQUIREMENTS)/rie.in -c $(REQUIREMENTS)/sam.txt -o $(REQUIREMENTS)/rie.txt
	$(COMPILE) --python-version 3.11 $(REQUIREMENTS)/checkov.in -o $(REQUIREMENTS)/checkov.txt
	$(COMPILE) --python-version 3.13 $(REQUIREMENTS)/runtime.in -o $(REQUIREMENTS)/runtime.txt
	$(COMPILE) --python-version 3.13 $(REQUIREMENTS)/ministack.in -o $(REQUIREMENTS)/ministack.txt
	$(COMPILE) --python-version 3.11 $(REQUIREMENTS)/lock.in -o $(REQUIREMENTS)/lock.txt
	$(COMPILE) --python-version 3.11 $(REQUIREMENTS)/pip.in -o $(REQUIREMENTS)/pip.txt

clean: ## Remove environments, caches and what was built
	rm -rf .venv* .aws-sam* .mutants .coverage .mypy_cache .pytest_cache .ruff_cache .hypothesis .benchmarks

# 民生110. `make` alone explains itself; everything else it needs is in bootstrap.sh and `minsheng110`.
.DEFAULT_GOAL := help
.PHONY: help run stop status test check format bench prompts model clean distclean
# one thing after the other: the targets share a venv and a run folder
.NOTPARALLEL:

VENV := .venv/bin
INSTALLED := .venv/.installed
TEST_INSTALLED := .venv/.test-installed
SOURCES_OF_VENV := setup.cfg pyproject.toml requirements.lock bootstrap.sh

help: ## explain the targets (this)
	@echo "民生110: make TARGET"
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):[^#]*## */\1|/' | awk -F'|' '{printf "  %-10s %s\n", $$1, $$2}'
	@echo "Settings: the environment (MINSHENG110_…) or minsheng110.toml in the run folder; $(VENV)/minsheng110 settings show"

run: $(INSTALLED) ## install what is missing, start everything, place a demonstration call; Ctrl-C ends it
	@exec $(VENV)/minsheng110 up

stop: $(INSTALLED) ## end everything that `make run` started
	@exec $(VENV)/minsheng110 stop

status: $(INSTALLED) ## say which parts are healthy
	@exec $(VENV)/minsheng110 status

# Two processes, a test at a time: calls are mostly waiting. Each has a running system of its own for the journeys.
test: $(TEST_INSTALLED) ## run every test: pure, edges, web, journeys on a real Asterisk (PYTEST="-k word" for some)
	@$(VENV)/python -m hotline.host.prepare_tests
	@rm -f .venv/pytest-exit; $(VENV)/python -m pytest -n 2 --dist loadgroup $(PYTEST); code=$$?; echo $$code > .venv/pytest-exit; exit $$code

check: $(TEST_INSTALLED) ## the checks without the tests: ruff, mypy, the arrows between the rooms
	@$(VENV)/ruff check .
	@$(VENV)/ruff format --check .
	@$(VENV)/mypy cases ivr router transcribe
	@$(VENV)/lint-imports

format: $(TEST_INSTALLED) ## put the code into its format
	@$(VENV)/ruff check --fix --exit-zero . && $(VENV)/ruff format .

bench: $(INSTALLED) ## measure calls on this machine (BENCH=name for another benchmark)
	@exec $(VENV)/minsheng110 bench $(or $(BENCH),calls)

prompts: $(INSTALLED) ## make the prompts' sounds again
	@exec $(VENV)/minsheng110 prompts build

model: $(INSTALLED) ## train the embedded model again, in a venv of its own (an hour on two cores)
	@transcribe/training/make.sh "$$($(VENV)/python -c 'from hotline.settings import load; print(load().cache_dir)')"

clean: ## remove what tools left; keeps the venv, and var/ with its cases
	@rm -rf .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis build dist
	@find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

distclean: clean ## remove the venv as well; keeps var/
	@rm -rf .venv *.egg-info

$(INSTALLED): $(SOURCES_OF_VENV)
	@./bootstrap.sh

$(TEST_INSTALLED): $(SOURCES_OF_VENV)
	@./bootstrap.sh test

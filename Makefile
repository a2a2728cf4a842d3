# Every target sets up .venv by itself, from hashed lock files.

# The first that is new enough; whoever means another one says PYTHON=….
is_new_enough = $(if $(1),$(shell $(1) -c 'import sys; print("yes" if sys.version_info >= (3, 11) else "")' \
	2>/dev/null))
version_of = $(shell $(1) -c 'import sys; print(sys.version.split()[0])' 2>/dev/null)
PYTHON ?= $(firstword $(foreach one,python3.11 python3.12 python3.13 python3,$(if \
	$(call is_new_enough,$(one)),$(one))))
BIN := .venv/bin
# Where .venv is and of which Python, as it was when it was set up and as it is now: a folder that was moved, a
# Python that is gone or was replaced, and another PYTHON=… than before each make it anew.
SELF := import os, sys; print(os.getcwd(), os.path.realpath(sys.executable), "%d.%d" % sys.version_info[:2])
was := $(shell cat .venv/.run 2>/dev/null)
is := $(shell $(BIN)/python -c '$(SELF)' 2>/dev/null)
wanted := $(if $(filter file,$(origin PYTHON)),$(is),$(shell $(PYTHON) -c '$(SELF)' 2>/dev/null))
ifneq "$(was) $(was)" "$(is) $(wanted)"
changed := another-venv
endif
PIP := $(BIN)/pip install --quiet --disable-pip-version-check
# Only what is said on make's own command line: shells export names like HOST of their own accord.
given = $(if $(filter command line,$(origin $(1))),--$(2) $($(1)))

# What chooses its engines by itself, touches none, or needs audio from this very server, is run once. So are
# pages, whose words and layout are the same on all: what of them depends on where audio is (`browser/test_player`)
# and on whose limits are shared (`browser/test_visit_costs`) is run on both.
# What was compiled once is kept: without that, each worker spends ten seconds on it. tests/conftest.py orders files.
PYTEST = PYTHONDONTWRITEBYTECODE= $(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder
ON_NODES = LISTENLINK_TEST_ENGINES=postgresql $(PYTEST) $(OF_ITSELF)
OF_ITSELF := $(addprefix --ignore=tests/,demo house media model outbound web wire test_fork_server.py test_threads.py $(addsuffix .py, \
	$(addprefix browser/test_,accessibility collections framed hostile_text moments played_files states trouble \
	weight witness) \
	$(addprefix live/test_,absolute_target backup client_safety composition connections crowd database_clock \
	disk_full engine_faults fair_turns long_lists move move_audio nginx_sends_audio nodes other_disk \
	playback_on_postgresql postgres_scale public_port rolling_restart slow_bodies snippets storage_faults terminal \
	topology whose_backup wrong_clock) \
	$(addprefix store/test_,client_names connections day_tables errands give_back \
	group_commit last_open moved_numbers node_keys open_rows postgres_commits postgres_errors postgres_playback publishing \
	redis_clock share_limits shared_days shared_log)))

.DEFAULT_GOAL := help
.PHONY: help setup run test nodes mutants check format messages music bench screenshots lock clean

help:  ## Say what can be made
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

setup: .venv/.dev  ## Set up .venv with everything for development

run: .venv/.run  ## Serve a demo library and print a link (HOST=0.0.0.0 PORT=8484 DATA=folder)
	@exec $(BIN)/listenlink demo $(call given,DATA,data) $(call given,HOST,host) $(call given,PORT,port)

test: .venv/.dev  ## Set up what the tests need, and run them all, on both kinds of engines
	@sh scripts/test-tools.sh
	@ended=0; $(PYTEST) $(ARGS) || ended=1; $(ON_NODES) $(ARGS) || ended=1; exit $$ended

nodes: .venv/.dev  ## Run only the second half of that: on PostgreSQL, Redis and S3
	@sh scripts/test-tools.sh
	$(ON_NODES) $(ARGS)

mutants: .venv/.dev  ## Break one line at a time and see the tests fail (ONLY=area,area AGAIN=1)
	@sh scripts/test-tools.sh
	@PYTHONPATH=tests $(BIN)/python -m mutants.run $(call given,ONLY,only) $(if $(AGAIN),--again)

check: .venv/.dev  ## Style, types, import law, dependencies
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	@if [ -x $(BIN)/biome ]; then $(BIN)/biome lint --error-on-warnings; \
	else echo "No linter of JavaScript for this machine: left out."; fi
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/deptry src
	$(BIN)/pytest -q tests/house

format: .venv/.dev  ## Format the code
	$(BIN)/ruff format --quiet .
	$(BIN)/ruff check --quiet --fix .

messages: .venv/.dev  ## Bring the pages' catalogues up to date with what they say
	@$(BIN)/python scripts/update_messages.py

music: .venv/.dev  ## Render the demonstration's music anew, into the package
	@PYTHONPATH=scripts $(BIN)/python -m demo_music

bench: .venv/.dev  ## Measure, and write bench/RESULTS.md (QUICK=1, FULL=1)
	@$(BIN)/python bench/run.py $(if $(QUICK),--quick) $(if $(FULL),--full)

screenshots: .venv/.dev  ## Take a picture of every state of the page, in build/screenshots
	@sh scripts/test-tools.sh
	@PYTHONPATH=tests $(BIN)/python -m browser.screenshots

lock: .venv/.dev  ## Resolve the dependencies anew
	$(PIP) uv
	$(BIN)/uv pip compile pyproject.toml --extra server --group build $(LOCK) -o requirements.lock
	$(BIN)/uv pip compile pyproject.toml --extra server --group dev $(LOCK) -o requirements-dev.lock

LOCK := --upgrade --quiet --generate-hashes --universal --python-version 3.11 --no-header \
	--no-annotate --no-emit-index-url --no-emit-find-links

clean:  ## Remove the environment and what tools leave
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist

# .venv/.run is there while all of .venv is whole: what an interrupted run left is made anew, not mended.
.venv/.run: requirements.lock pyproject.toml $(changed)
	$(if $(call is_new_enough,$(PYTHON)),,$(error Python 3.11 or newer is needed, and $(or \
	$(PYTHON),python3) is $(or $(call version_of,$(or $(PYTHON),python3)),none): make $(MAKECMDGOALS) PYTHON=…))
	@echo "Setting up .venv …"
	@test -e $@ -a -z "$(changed)" && $(BIN)/pip --version >/dev/null 2>&1 || { rm -rf .venv && $(PYTHON) -m venv .venv; } || \
	{ rm -rf .venv; echo "No .venv could be made: is Python's venv there? (Debian: python3-venv)" >&2; exit 1; }
	@rm -f $@
	@$(PIP) --require-hashes -r requirements.lock
	@$(PIP) --no-deps --no-build-isolation -e .
	@$(BIN)/python -c '$(SELF)' > $@

.PHONY: another-venv
another-venv:

.venv/.dev: requirements-dev.lock .venv/.run
	@echo "Setting up the tools for development …"
	@rm -f .venv/.run
	@$(PIP) --require-hashes -r requirements-dev.lock
	@$(BIN)/python -c '$(SELF)' > .venv/.run
	@touch $@

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
# commands and clients, which ask a server over HTTP; and pages, whose words and layout are the same on all, but for
# what of them depends on where audio is and on whose limits are shared (PAGES_ON_BOTH). Likewise journeys that try
# what a program or a page is told, and store nothing that others don't.
# What was compiled once is kept: without that, each worker spends ten seconds on it. tests/conftest.py orders files.
# Three workers, also on two cores: for a third of its time a test waits.
# Tracebacks are Python's own: pytest's parse the source, which Python 3.11 can't do in the greenlets that browsers'
# tests leave behind, and the whole run would end by that.
PYTEST = PYTHONDONTWRITEBYTECODE= $(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder --tb=native
ON_NODES = LISTENLINK_TEST_ENGINES=postgresql $(PYTEST) $(OF_ITSELF)
PAGES_ON_BOTH := $(addsuffix .py,$(addprefix tests/browser/test_,desk_uploads first_share newer_version player visit_costs))
OF_ITSELF := $(addprefix --ignore=,$(filter-out $(PAGES_ON_BOTH),$(wildcard tests/browser/test_*.py)) \
	$(addprefix tests/,demo house media model outbound web wire test_fork_server.py test_threads.py $(addsuffix .py, \
	$(addprefix live/test_,absolute_target backup caches cli client client_archives client_retries client_safety \
	client_upload commands_on_a_terminal composition connections cover_commands crowd ctrl_c database_clock demo \
	desk_by_commands disk_full documented_commands engine_faults failing_calls fair_turns forge_clients forking generated_clients help \
	image_build installing integrating long_lists move move_audio nginx_sends_audio nodes opens_beside_uploads other_disk owner_commands \
	playback_on_postgresql postgres_scale public_port published_sdk range_floods ranges_beside_nginx raw_requests real_players rolling_restart rotated_keys sdk_retries \
	share_for_file slow_bodies snippets steps_of_the_clock storage_faults sync_before_answer terminal too_large_uploads topology upload_folder upload_large \
	version_commands webhook_commands whose_backup wordpress wrong_clock) \
	$(addprefix store/test_,client_names connections day_tables errands give_back \
	group_commit last_open moved_numbers node_keys open_rows postgres_commits postgres_errors postgres_playback publishing \
	redis_clock share_limits shared_days shared_log) \
	$(addprefix journeys/test_,declared_licences desk_requests download_marked forge_urls leave_mails link_terms lock_at_desk \
	locked_doors look_free name_tracks open_strictly paste_link preview_link read_in_a_language share_at_desk show_in_time show_page shown_text visit_page why_mails_are_off))))
# What is measured can fail by what runs beside it. So what failed is tried once more with nothing beside it, and the
# suite has failed where that fails, or where a run ended otherwise than by a test.
in_suite = $(1) -o cache_dir=.pytest_cache/suite $(ARGS)
ALONE = -n 0 -x --last-failed --last-failed-no-failures=none
run_suite = $(in_suite) --cache-clear; case $$? in 0) ;; \
	1) echo "What failed is tried once more, alone."; $(in_suite) $(ALONE) || ended=1;; *) ended=1;; esac

.DEFAULT_GOAL := help
.PHONY: help setup run test nodes mutants trust check format client messages music bench screenshots lock sbom audit floors clean

help:  ## Say what can be made
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

setup: .venv/.dev  ## Set up .venv with everything for development

run: .venv/.run  ## Serve a demo library and print a link (HOST=0.0.0.0 PORT=8484 DATA=folder)
	@exec $(BIN)/listenlink demo $(call given,DATA,data) $(call given,HOST,host) $(call given,PORT,port)

test: .venv/.dev  ## Set up what the tests need, and run them all, on both kinds of engines
	@sh scripts/test-tools.sh
	@ended=0; $(call run_suite,$(PYTEST)); $(call run_suite,$(ON_NODES)); exit $$ended

nodes: .venv/.dev  ## Run only the second half of that: on PostgreSQL, Redis and S3
	@sh scripts/test-tools.sh
	@ended=0; $(call run_suite,$(ON_NODES)); exit $$ended

mutants: .venv/.dev  ## Break one line at a time and see the tests fail (ONLY=area,area AGAIN=1)
	@sh scripts/test-tools.sh
	@PYTHONPATH=tests $(BIN)/python -m mutants.run $(call given,ONLY,only) $(if $(AGAIN),--again)

trust: .venv/.dev  ## Measure what is promised at full size, write docs/trust.md (ONLY=K7,K9 AGAIN=1 SEED=… WRITE=1)
	@sh scripts/test-tools.sh
	@PYTHONPATH=tests $(BIN)/python -m trust.run $(call given,ONLY,only) $(call given,SEED,seed) $(if $(AGAIN),--again) \
		$(if $(WRITE),--write)

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

client: .venv/.dev  ## Write the blocking client anew, of the awaiting one
	@$(BIN)/python scripts/write_blocking_client.py

messages: .venv/.dev  ## Bring the pages' catalogues up to date with what they say
	@$(BIN)/python scripts/update_messages.py

music: .venv/.dev  ## Render the demonstration's music anew, into the package
	@PYTHONPATH=scripts $(BIN)/python -m demo_music

bench: .venv/.dev  ## Measure, and write bench/RESULTS.md (QUICK=1, LINKS=1, FULL=1)
	@$(BIN)/python bench/run.py $(if $(QUICK),--quick) $(if $(LINKS),--links) $(if $(FULL),--full)

screenshots: .venv/.dev  ## Take a picture of every state of the page, in build/screenshots
	@sh scripts/test-tools.sh
	@PYTHONPATH=tests $(BIN)/python -m browser.screenshots

lock: .venv/.dev  ## Resolve the dependencies anew
	$(PIP) uv
	$(BIN)/uv pip compile pyproject.toml --extra server --group build $(LOCK) -o requirements.lock
	$(BIN)/uv pip compile pyproject.toml --extra server --extra c2pa --group dev $(LOCK) -o requirements-dev.lock

LOCK := --upgrade --quiet --generate-hashes --universal --python-version 3.11 --no-header \
	--no-annotate --no-emit-index-url --no-emit-find-links

sbom: .venv/.dev  ## Write what a server is made of: build/sbom.cdx.json and docs/licences.md
	@$(BIN)/python scripts/write_sbom.py build/sbom.cdx.json
	@$(BIN)/python scripts/write_sbom.py --licences

# Asks PyPI for what is known of each version, so it needs a connection to it.
audit: .venv/.dev  ## Ask whether anything that is locked has a known hole
	@$(BIN)/python -m venv build/audit && build/audit/bin/pip install --quiet --disable-pip-version-check pip-audit
	build/audit/bin/pip-audit --strict --require-hashes --disable-pip -r requirements.lock

floors: .venv/.dev  ## Run the tests of parts with the oldest versions that pyproject.toml allows
	$(PIP) uv
	@mkdir -p build
	@$(BIN)/uv pip compile pyproject.toml --extra server --extra c2pa --resolution lowest-direct --quiet --no-header \
		--no-annotate --no-emit-index-url --no-emit-find-links -o build/floors.txt
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python build/floors
	@$(BIN)/uv pip install --quiet --python build/floors/bin/python --group dev --override build/floors.txt -e '.[server,c2pa]'
	build/floors/bin/pytest -q $(addprefix tests/,model media web wire outbound store)

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

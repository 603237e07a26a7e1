# Every target sets up what it needs. This requires Python 3.11 or newer (with venv), git and make.
PYTHON ?= python3
PORT ?= 8000
export PORT MODEL PROMPT CHAOS_SEED CHAOS_KILLS
# If this variable is set, Python stores no bytecode, and every process compiles all modules again.
unexport PYTHONDONTWRITEBYTECODE

VENV := .venv
# Programs of the environment run as modules: the first line of their scripts breaks in a path with spaces or quotes.
RUN := $(VENV)/bin/python
# Python compiles the modules that it imports; pip would compile all modules, which takes longer than to fetch them.
INSTALL := -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --no-compile -r
# Left out by test-quick. The files start a process per test, migrate a database, wait for time-outs, or walk every page,
# picture format or storage.
SLOW_TESTS := browser chaos clients faults many accounts/oauth/test_client_documents.py \
    accounts/oauth/test_web_processes.py accounts/test_normalized_email_migration.py \
    api/openai_compatible/test_sizes.py api/test_content.py api/test_edit_chain.py api/test_fuzz.py \
    api/test_waiting.py billing/payments/test_histories.py billing/test_credits_removed_migration.py \
    billing/test_reason_migration.py config/test_settings.py deploy/test_example_environment.py \
    development/test_loopback.py images/providers/test_artwork.py images/providers/test_google.py \
    images/providers/test_google_edits.py images/providers/test_openai.py images/providers/test_sandbox.py \
    images/providers/test_sandbox_edits.py images/providers/test_source_sizes.py images/storage/test_full_storage.py \
    images/storage/test_links.py images/test_aspect_ratios.py images/test_attribution.py \
    images/test_catalogue_migration.py images/test_edit_requests.py images/test_gpt_image_1_5.py \
    images/test_option_requests.py images/test_picture_kinds.py infrastructure/observability/test_logs.py \
    infrastructure/observability/test_tracing.py infrastructure/postgresql/test_embedded_server.py \
    infrastructure/test_csv_export.py infrastructure/test_pool.py mcp_gateway/test_access.py \
    mcp_gateway/test_sdk_conversion.py mcp_gateway/test_servers.py mcp_gateway/test_streaming.py \
    staff/test_history_migration.py staff/test_odd_addresses.py staff/test_pages.py test_anonymous_and_staff.py \
    test_every_page.py test_other_users.py website/dashboard/test_code_samples.py \
    website/dashboard/test_gallery_files.py website/dashboard/test_ledger_export.py website/docs/test_openai_guide.py \
    website/docs/test_rest_guide.py website/sign_in/test_limits.py website/sign_in/test_look_alike_addresses.py \
    website/sign_in/test_providers.py website/test_ended_sessions.py website/test_live.py
DEV_STAMP := $(VENV)/.dev-installed
RUN_STAMP := $(VENV)/.run-installed
SDKS_STAMP := .local/sdks/.installed

.PHONY: run demo test test-quick test-long many node sdks clients lint audit format conformance bench chaos screenshots readme-images samples clean lock

run: $(RUN_STAMP)
	@DEBUG=1 exec $(RUN) manage.py serve

demo: $(RUN_STAMP)
	@DEBUG=1 $(RUN) manage.py demo

# All tests. The tests of Node clients need npm; without it, they are skipped and listed.
test: $(DEV_STAMP) $(SDKS_STAMP)
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory node || echo "Node clients could not be installed: their tests are skipped."; fi
	$(RUN) -m pytest -n $${TEST_PROCESSES:-3} --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

# All tests but the slow ones: browser, fault, many-process and real-client tests, the files in SLOW_TESTS, and the
# repetitions with S3 of tests that also run with files.
test-quick: $(DEV_STAMP)
	$(RUN) -m pytest -n $${TEST_PROCESSES:-3} --dist loadfile --no-loadscope-reorder -k "not s3" \
	    $(addprefix --ignore=tests/,$(SLOW_TESTS)) $(PYTEST_ARGS)

# The tests that `make test` leaves out because they take long.
test-long: $(DEV_STAMP)
	$(RUN) -m pytest -n $${TEST_PROCESSES:-3} --dist loadfile -m long $(PYTEST_ARGS)

node: .local/node/clients/.installed

# Agent SDKs that need other versions of our dependencies, in an environment of their own.
sdks: $(SDKS_STAMP)

# The command-line agents need 1.2 GB, so only this target installs and runs them.
clients: $(DEV_STAMP) .local/node/clients/agents/.installed
	$(RUN) -m pytest tests/clients -m agents $(PYTEST_ARGS)

# The long tests with many processes behind nginx; `make test` runs a short version. Requires nginx.
many: $(DEV_STAMP)
	REQUIRE_NGINX=1 $(RUN) -m pytest tests/many -m "many or not many" $(PYTEST_ARGS)

lint: $(DEV_STAMP)
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	DEBUG=1 $(RUN) -m mypy .
	$(RUN) -c "from importlinter.cli import lint_imports_command; lint_imports_command()"
	@mkdir -p .local
	DEBUG=1 $(RUN) manage.py spectacular --format openapi-json --file .local/openapi.json --validate --fail-on-warn
	$(RUN) -m openapi_spec_validator .local/openapi.json
	DEBUG=1 $(RUN) manage.py makemigrations --check --dry-run
	SECRET_KEY=$$($(RUN) -c "import secrets; print(secrets.token_urlsafe(64))") SITE_URL=https://images.example \
	ALLOWED_HOSTS=images.example TRUSTED_PROXIES=1 OPENAI_API_KEY=lint EMAIL_URL=submission://u:p@mail.example:587 \
	$(RUN) manage.py check --deploy --fail-level WARNING
	$(VENV)/bin/hadolint deploy/Containerfile

# Queries a vulnerability database over the network, so it is not part of lint.
audit: $(DEV_STAMP)
	$(RUN) -m pip_audit --disable-pip --require-hashes --strict -r requirements/run.txt

format: $(DEV_STAMP)
	$(RUN) -m ruff check --fix .
	$(RUN) -m ruff format .

bench: $(DEV_STAMP)
	$(RUN) -m benchmarks

# Load on all entry points while processes and connections are killed and storage fails. CHAOS_SEED sets the random
# seed, CHAOS_KILLS the number of kills.
chaos: $(DEV_STAMP)
	@$(RUN) -m tests.chaos

conformance: $(DEV_STAMP) .local/node/conformance/.installed
	$(RUN) -m tests.conformance

# Every page in every state, wide and narrow, light and dark. SCREENS="gallery image" selects pages by name.
screenshots: $(DEV_STAMP)
	$(RUN) -m tests.browser.screenshots $(SCREENS)

# The pictures in README, from a new screenshot of the dashboard's overview.
readme-images: $(DEV_STAMP)
	$(RUN) -m tests.browser.screenshots overview
	$(RUN) -m tests.browser.screenshots.readme

# The sample pictures of the public pages, drawn by the sandbox provider.
samples: $(RUN_STAMP)
	DEBUG=1 $(RUN) manage.py shell -c "from development import static_pictures; static_pictures.write_all()"

clean:
	@if [ -x $(RUN) ]; then $(RUN) -m infrastructure.postgresql.embedded_server destroy; \
	    $(RUN) -m infrastructure.postgresql.embedded_server destroy --local .local/test; \
	    $(RUN) -m infrastructure.postgresql.embedded_server destroy --local .local/bench; \
	    $(RUN) -m infrastructure.postgresql.embedded_server destroy --local .local/chaos; fi
	rm -rf .local $(VENV) demo.png .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Write exact versions with hashes to the requirement files. The package index is the one configured on this machine.
lock: $(DEV_STAMP)
	$(RUN) -m uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header \
	    --no-emit-index-url --quiet --output-file requirements/run.txt
	$(RUN) -m uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes \
	    --no-header --no-emit-index-url --quiet --constraints requirements/run.txt --output-file requirements/dev.txt
	$(RUN) -m uv pip compile --group sdks --universal --python-version 3.11 --generate-hashes --no-header \
	    --no-emit-index-url --quiet --output-file requirements/sdks.txt

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

# The requirement files list every package, so --no-deps ensures that nothing else is installed.
$(RUN_STAMP): $(VENV)/bin/python requirements/run.txt
	$(RUN) $(INSTALL) requirements/run.txt
	@touch $@

$(DEV_STAMP): $(VENV)/bin/python requirements/dev.txt
	$(RUN) $(INSTALL) requirements/dev.txt
	@touch $@ $(RUN_STAMP)

$(SDKS_STAMP): requirements/sdks.txt
	$(PYTHON) -m venv --clear $(@D)
	$(@D)/bin/python $(INSTALL) $<
	@touch $@

# package.json lists exact versions. The npm registry is the one configured on this machine.
.local/node/%/.installed: tests/%/package.json
	@command -v npm >/dev/null || { echo "npm is missing. Install Node 20 or newer with npm, then try again." >&2; exit 1; }
	@mkdir -p $(@D) && cp $< $(@D)/package.json
	npm install --prefix $(@D) --no-package-lock --no-audit --no-fund --loglevel error
	@touch $@

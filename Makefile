# Set-up is part of every target: a fresh machine needs Python 3.11 or newer (with venv), git and make.
PYTHON ?= python3
PORT ?= 8000
export PORT MODEL PROMPT CHAOS_SEED CHAOS_KILLS
# Where a machine keeps Python from storing what it compiles, each of our processes would compile everything anew.
unexport PYTHONDONTWRITEBYTECODE

VENV := .venv
RUN := $(VENV)/bin/python
DEV_STAMP := $(VENV)/.dev-installed
RUN_STAMP := $(VENV)/.run-installed

.PHONY: run demo test many node clients lint audit format conformance bench chaos screenshots readme-images samples clean lock

run: $(RUN_STAMP)
	@DEBUG=1 exec $(RUN) manage.py serve

demo: $(RUN_STAMP)
	@DEBUG=1 $(RUN) manage.py demo

# Clients on Node are tested with everything else where npm can bring them; elsewhere their tests are named and left out.
test: $(DEV_STAMP)
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory node || echo "Going on without clients on Node."; fi
	$(RUN) -m pytest -n $${TEST_PROCESSES:-3} --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

node: .local/node/clients/.installed

# The agents' own command lines take 1.2 GB, so only this target installs and runs them.
clients: $(DEV_STAMP) .local/node/clients/agents/.installed
	$(RUN) -m pytest tests/clients -m agents $(PYTEST_ARGS)

# A short version of this is part of `make test`. It needs nginx.
many: $(DEV_STAMP)
	REQUIRE_NGINX=1 $(RUN) -m pytest tests/many -m "many or not many" $(PYTEST_ARGS)

lint: $(DEV_STAMP)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	DEBUG=1 $(VENV)/bin/mypy .
	$(VENV)/bin/lint-imports
	@mkdir -p .local
	DEBUG=1 $(RUN) manage.py spectacular --format openapi-json --file .local/openapi.json --validate --fail-on-warn
	$(VENV)/bin/openapi-spec-validator .local/openapi.json
	DEBUG=1 $(RUN) manage.py makemigrations --check --dry-run
	SECRET_KEY=$$($(RUN) -c "import secrets; print(secrets.token_urlsafe(64))") SITE_URL=https://images.example \
	ALLOWED_HOSTS=images.example TRUSTED_PROXIES=1 OPENAI_API_KEY=lint EMAIL_URL=submission://u:p@mail.example:587 \
	$(RUN) manage.py check --deploy --fail-level WARNING
	$(VENV)/bin/hadolint deploy/Containerfile

# Asks a service for known vulnerabilities, so it stands apart from lint, which needs nobody.
audit: $(DEV_STAMP)
	$(VENV)/bin/pip-audit --disable-pip --require-hashes --strict -r requirements/run.txt

format: $(DEV_STAMP)
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

bench: $(RUN_STAMP)
	$(RUN) -m benchmarks

# Load on all doors while processes and connections are killed and storage fails; CHAOS_SEED and CHAOS_KILLS change it.
chaos: $(DEV_STAMP)
	@$(RUN) -m tests.chaos

conformance: $(DEV_STAMP) .local/node/conformance/.installed
	$(RUN) -m tests.conformance

# Every screen in every state, wide and narrow, light and dark; SCREENS="gallery image" takes only those of such names.
screenshots: $(DEV_STAMP)
	$(RUN) -m tests.browser.screenshots $(SCREENS)

# The pictures in README, from a new screenshot of the dashboard's overview.
readme-images: $(DEV_STAMP)
	$(RUN) -m tests.browser.screenshots overview
	$(RUN) -m tests.browser.screenshots.readme

# The example pictures of public pages, painted by the sandbox's artwork.
samples: $(RUN_STAMP)
	DEBUG=1 $(RUN) manage.py shell -c "from development import static_pictures; static_pictures.write_all()"

clean:
	@if [ -x $(RUN) ]; then $(RUN) -m infrastructure.embedded_postgres destroy; \
	    $(RUN) -m infrastructure.embedded_postgres destroy --local .local/test; \
	    $(RUN) -m infrastructure.embedded_postgres destroy --local .local/bench; \
	    $(RUN) -m infrastructure.embedded_postgres destroy --local .local/chaos; fi
	rm -rf .local $(VENV) demo.png .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Exact versions with hashes; the index is whatever the machine is set up with.
lock: $(DEV_STAMP)
	$(VENV)/bin/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header \
	    --no-emit-index-url --quiet --output-file requirements/run.txt
	$(VENV)/bin/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes \
	    --no-header --no-emit-index-url --quiet --constraints requirements/run.txt --output-file requirements/dev.txt

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

# The files name every package, so nothing is resolved anew: an extra that a dependency asks for cannot drift past them.
$(RUN_STAMP): $(VENV)/bin/python requirements/run.txt
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/run.txt
	@touch $@

$(DEV_STAMP): $(VENV)/bin/python requirements/dev.txt
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/dev.txt
	@touch $@ $(RUN_STAMP)

# Exact versions of what is asked for; the registry is whatever the machine is set up with.
.local/node/%/.installed: tests/%/package.json
	@command -v npm >/dev/null || { echo "npm is missing: install Node 20 or newer with npm, then try again." >&2; exit 1; }
	@mkdir -p $(@D) && cp $< $(@D)/package.json
	npm install --prefix $(@D) --no-package-lock --no-audit --no-fund --loglevel error
	@touch $@

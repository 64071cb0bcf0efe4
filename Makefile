# Needs make and Python 3.11–3.14; everything else comes into .venv.
PYTHON ?= python3
PY = .venv/bin/python
READY = .venv/.ready
COVERED = lti/*,tutorai/ledger/*,tutorai/access.py,tutorai/crypto.py
.PHONY: help run test lint check faults bench fix reset

help:  ## what you can do here
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-6s %s\n", $$1, $$2}' Makefile

$(READY): pyproject.toml uv.lock
	@$(PYTHON) -I tutorai/bootstrap.py

run: $(READY)  ## the tool, the sandbox LMS, worker and scheduler on this machine
	@DEVELOPMENT=1 exec $(PY) manage.py up --attached

ALL = -n auto --maxprocesses 4
test: $(READY)  ## the tests, in random order; make test T=tests/web; with branch coverage: COVER=1
ifeq ($(COVER)$(CI),)
	@$(PY) -m pytest $(or $(T),$(ALL))
else
	@$(PY) -m coverage erase
	@$(PY) -m coverage run -m pytest $(or $(T),$(ALL)); status=$$?; $(PY) -m coverage combine --quiet; \
	  $(if $(T),,$(PY) -m coverage report --fail-under=95 || status=1; \
	  $(PY) -m coverage report --fail-under=100 --include='$(COVERED)' || status=1;) exit $$status
endif

lint: $(READY)  ## everything that reads the code without running it
	$(PY) -m ruff check . && $(PY) -m ruff format --check .
	.venv/bin/djlint templates --lint --quiet
	.venv/bin/lint-imports && $(PY) -m mypy .
	$(PY) manage.py makemigrations --check --dry-run

check: lint test  ## what CI runs, besides faults

faults: $(READY)  ## 10,000 grades while everything fails around them; FAULTS=figures.json
	@$(PY) -m tests.faults $(if $(FAULTS),--json $(FAULTS))

bench: $(READY)  ## speed, as ratios in one run
	@$(PY) -m tests.bench

fix: $(READY)  ## format, and mend what can be mended
	$(PY) -m ruff check --fix . && $(PY) -m ruff format .
	djade='.venv/bin/djade --target-version 5.2'; pages=$$(git ls-files '*.html'); \
	  $$djade $$pages || $$djade $$pages  # it calls it a failure to have mended something

reset:  ## forget the data of `make run`
	rm -rf $${DATA_DIR:-.data}

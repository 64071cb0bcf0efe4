# Needs make and Python 3.11–3.14; everything else comes into .venv.
PYTHON ?= python3
UV = uv==0.13.9
PY = .venv/bin/python
READY = .venv/.ready
.PHONY: help run test lint check bench fix reset

help:  ## what you can do here
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-6s %s\n", $$1, $$2}' Makefile

$(READY): pyproject.toml uv.lock
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' 2>/dev/null \
	  || { echo "Tutor.AI needs Python 3.11 to 3.14: make PYTHON=python3.12 run"; exit 1; }
	@test "$$(df -Pk . | awk 'NR == 2 {print $$4}')" -gt 1500000 \
	  || { echo "Tutor.AI needs 1.5 GB of free disk here."; exit 1; }
	@test -x $(PY) || $(PYTHON) -m venv .venv \
	  || { echo "This Python cannot make a virtual environment: apt-get install python3-venv"; exit 1; }
	@$(PY) -m pip install --quiet --disable-pip-version-check $(UV)
	@$(PY) -m uv sync --frozen --quiet --inexact
	@touch $@

run: $(READY)  ## the tool, the sandbox LMS, worker and scheduler on this machine
	@DEVELOPMENT=1 exec $(PY) manage.py up

test: $(READY)  ## the tests, in random order, with branch coverage; make test T=tests/web
	@$(PY) -m coverage erase
	@$(PY) -m coverage run -m pytest $(T); status=$$?; $(PY) -m coverage combine --quiet; \
	  $(PY) -m coverage report | tail -n 40; exit $$status

lint: $(READY)  ## everything that reads the code without running it
	$(PY) -m ruff check . && $(PY) -m ruff format --check .
	.venv/bin/djlint templates --lint --quiet
	.venv/bin/lint-imports && $(PY) -m mypy .
	$(PY) manage.py makemigrations --check --dry-run

check: lint test  ## what CI runs

bench: $(READY)  ## speed, as ratios in one run
	@$(PY) -m tests.bench

fix: $(READY)  ## format, and mend what can be mended
	$(PY) -m ruff check --fix . && $(PY) -m ruff format .
	.venv/bin/djade --target-version 5.2 $$(git ls-files '*.html')

reset:  ## forget the data of `make run`
	rm -rf $${DATA_DIR:-.data}

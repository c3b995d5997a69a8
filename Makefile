# `make` alone prints what there is to type.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
PYTHON ?= python3
# Tests and benchmarks start the program some hundred times: compiled once, as a package is when it is installed.
export PYTHONDONTWRITEBYTECODE :=
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile
# pip would do it on one core, and with it the packages' own tests and all services of Amazon.
COMPILE := $(BIN)/python -m compileall -qq -j 0 -x '/(_?tests?|testing|pip|setuptools|mypyc?|moto)/' .venv/lib || true
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 \
	--generate-hashes --no-header --no-emit-index-url --no-annotate

.PHONY: help run test lint format types layers pytest openapi docs pictures bench bench-full siege advisories drill drill-failover drill-upgrade drill-install wheel deb image chart lock install install-dev system system-dev clean

help: ## Print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: install ## Install what is missing, then run the whole server on this machine
	@$(BIN)/open311 dev

# The checks of types and layers keep one core busy for a minute, and have their say when the tests have had theirs.
test: install-dev ## Install what is missing, then run all checks and tests
	@$(MAKE) --no-print-directory lint
	@said=$$(mktemp); $(MAKE) --no-print-directory types layers >"$$said" 2>&1 & checks=$$!; \
	trap 'kill $$checks 2>/dev/null; rm -f "$$said"' EXIT; trap 'exit 130' INT TERM; \
	$(MAKE) --no-print-directory pytest; tests=$$?; \
	wait $$checks; checked=$$?; cat "$$said"; \
	exit $$((tests ? tests : checked))

lint: install-dev ## Check style and form
	@echo "== ruff"
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: install-dev ## Check types
	@echo "== mypy"
	@$(BIN)/mypy

layers: install-dev ## Check that no layer imports a higher one
	@echo "== import-linter"
	@$(BIN)/lint-imports

pytest: install-dev ## Run the tests
	@echo "== pytest"
	@$(BIN)/pytest -n 4 --dist worksteal -q --durations=25

format: install-dev ## Write the code in the common form
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

openapi: install ## Write schemas/openapi.json and schemas/staff-openapi.json anew
	@$(BIN)/flask --app open311.app:build_application openapi write --format=json schemas/openapi.json
	@$(BIN)/flask --app open311.app:build_application openapi write --format=json --config-prefix STAFF schemas/staff-openapi.json

docs: install-dev ## Write the tables in docs/ anew
	@$(BIN)/python -m tests.house.documents

pictures: install-dev ## Draw the pictures of README.md, docs/pages.md and docs/desk.md anew
	@$(BIN)/pytest -q -p no:cacheprovider tests/browser/pictures.py tests/browser/desk_pictures.py

bench: install ## Measure how fast the server is, with a million reports
	@tools/install-system.sh wrk
	@$(BIN)/python -m benchmarks

bench-full: install ## The same up to ten million reports; takes two hours and 40 GB
	@tools/install-system.sh wrk
	@$(BIN)/python -m benchmarks --full

siege: install ## What one machine with bad manners takes from everybody else
	@tools/install-system.sh nginx
	@$(BIN)/python -m benchmarks.siege
	@$(BIN)/python -m benchmarks.siege --direct

drill: install ## Several servers, a replica, kill -9 of the primary: what is lost, how long it takes
	@tools/install-system.sh wrk pgbouncer nginx
	@$(BIN)/python -m benchmarks.scaling

drill-failover: install ## Three database nodes by Patroni: one dies, freezes, hands over; what is lost, how long it takes
	@tools/install-system.sh patroni etcd
	@$(BIN)/python -m benchmarks.failover

advisories: .venv/.made ## Ask whether a pinned package has a known weakness; needs a network
	@$(PIP) pip-audit
	@$(BIN)/python tools/advisories.py

drill-upgrade: install ## `open311 db upgrade` from the first release beside traffic: how long anybody waits
	@$(BIN)/python -m benchmarks.upgrading

drill-install: deb ## Install the package in a bare Debian that is booted for it; needs root and debootstrap
	@. /etc/os-release && tools/drill-install.sh dist/open311-server_*.deb $$VERSION_CODENAME

# Who only builds needs no database.
wheel deb drill-install: export WITHOUT_DATABASE = yes
wheel: install ## Build a wheel of the whole server, front-end packages and migrations included, in dist/
	@rm -f dist/open311_server-*.whl
	@$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation --wheel-dir dist .

deb: wheel ## Build a Debian package for the release of Debian that runs here, in dist/
	@rm -f dist/open311-server_*.deb
	@tools/build-deb.sh dist/open311_server-*.whl

image: ## Build a container image with buildah, podman or docker
	@tools/build-image.sh

chart: .venv/.made ## Check the Helm chart by Helm's own linter and the schemas of Kubernetes
	@$(PIP) helm-python-sdk==0.2.2 kubernetes-validate==1.37.0
	@$(BIN)/python tools/check_chart.py

lock: .venv/.made ## Choose current releases of all packages and pin them
	@$(PIP) uv
	@$(LOCK) --upgrade pyproject.toml --extra faces --extra traces --group build --output-file requirements.lock
	@$(LOCK) --upgrade pyproject.toml --extra faces --extra traces --group build --group dev --constraint requirements.lock --output-file requirements-dev.lock
	@$(LOCK) --upgrade --group node --output-file requirements-node.lock
	@npm update --package-lock-only

install: .venv/.installed node_modules/.package-lock.json ## Install what running needs

install-dev: system-dev .venv/.installed-dev node_modules/.package-lock.json

system:
	@tools/install-system.sh

system-dev:
# Playwright's program needs libatomic, which a bare Debian 12 has not.
	@tools/install-system.sh ogrinfo curl pgbouncer nginx libatomic1
# The smaller of Debian's two does the same with a quarter of the work; not every distribution has it.
	@tools/install-system.sh chromium-headless-shell || tools/install-system.sh chromium

.venv/.made: | system
	@echo "== making .venv"
	@$(PYTHON) -m venv .venv
	@touch $@

.venv/.installed: requirements.lock pyproject.toml | .venv/.made system
	@echo "== installing Python packages"
	@$(PIP) --no-deps --require-hashes -r requirements.lock
	@$(PIP) --no-deps --no-build-isolation -e .
	@$(COMPILE)
	@touch $@

.venv/.installed-dev: requirements-dev.lock pyproject.toml | .venv/.made system
	@echo "== installing Python packages for development"
	@$(PIP) --no-deps --require-hashes -r requirements-dev.lock
	@$(PIP) --no-deps --no-build-isolation -e .
	@$(COMPILE)
	@touch $@ .venv/.installed

node_modules/.package-lock.json: package.json package-lock.json | .venv/.made
	@echo "== installing front-end packages"
	@tools/install-node-packages.sh

clean: ## Remove what was installed and cached; the data in ./var stays
	rm -rf .venv node_modules .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

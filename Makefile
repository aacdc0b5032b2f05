# Two commands do all the set-up: `make demo` shows the system at work, `make test` proves it.
UV_VERSION := 0.13.9
UV := .tools/bin/uv
PY := .venv/bin/python
STAMP := .venv/.synced
export UV_PYTHON_DOWNLOADS := never
# Without compiled modules every process that a test starts reads all of Django as text: a second and a half of each start.
unexport VIRTUAL_ENV PYTHONDONTWRITEBYTECODE

ROUNDS ?= 100
INPUTS ?= 1000000
N ?= 2000
DAYS ?= 72
PYTEST_ARGS ?= -n 3 --dist loadgroup --no-loadscope-reorder

.PHONY: help demo test test-postgresql compile check lint journey fuzz fuzz-pages crash firmware-kill mutants simulate bench-codec bench-poll bench-cutoff bench-loss bench-theft bench-unmetered bench-agreement bench-wear bench-drain reports bench-reports bench-audit bench-desk bench-pages bench-sale setup system format clean bench-find dead-pi deb try-install try-update sbom audit-deps attack keep-schema upgrade bench-ingest cluster sim

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

setup: $(STAMP) ## the virtual environment, from uv.lock

$(UV):
	@python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Python 3.11 or newer is needed; here is $$(python3 --version). Install it: apt-get install python3"; exit 2; }
	@echo "Installing uv $(UV_VERSION) into .tools ..."
	@python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --target .tools "uv==$(UV_VERSION)" || { \
	  echo "pip could not install uv. Without pip: apt-get install python3-pip. Without a network: connect, then run make again."; exit 2; }

$(STAMP): $(UV) pyproject.toml uv.lock
	@echo "Installing the pinned packages into .venv ..."
	@$(UV) sync --quiet --frozen --all-extras --inexact --python python3
	@touch $@

system: ## brokers, database, browser for the tests (installs as root, else says how)
	@sh .ci/system-packages

demo: $(STAMP) ## a campus of three buildings at work; RESET=1 starts anew
	@$(PY) -m firmware_tools demo $(if $(RESET),--reset) $(DEMO_ARGS)

test: $(STAMP) system ## all tests
	@$(PY) -m pytest $(PYTEST_ARGS)

test-postgresql: $(STAMP) system ## all of central's tests on PostgreSQL, also those whose statements others send: before a release
	@POSTGRESQL=all $(PY) -m pytest $(PYTEST_ARGS) tests/central/test_on_postgresql.py

compile: $(STAMP) ## the tests' modules, compiled once: each worker of a clean checkout would do it for itself
	@$(PY) -m pytest --collect-only -q >/dev/null 2>&1 || true  # what can't be collected, make test says

lint: $(STAMP) ## format, ruff, mypy, floors
	@.venv/bin/ruff format --check .
	@.venv/bin/ruff check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports

check: lint test ## what CI runs

journey: $(STAMP) ## both journeys timed on the whole system; KILL=1 kills its parts at random
	@$(PY) -m tests.journey.$(if $(KILL),kill,run) --rounds $(ROUNDS) $(JOURNEY_ARGS)

dead-pi: $(STAMP) system ## a burnt Pi replaced by a blank card and the code, everything real: how long the building is without
	@$(PY) -m tests.dead_pi.run

keep-schema: $(STAMP) ## keep what this release writes, as text, for the upgrades to come: VERSION=0.2.0
	@$(PY) -m tests.upgrade.keep_release $(or $(VERSION),$(error say which release: make keep-schema VERSION=0.2.0)) $(if $(TREE),--tree $(TREE))

upgrade: $(STAMP) system ## upgrade from every kept release, on SQLite and PostgreSQL: nothing lost, everything proves; minutes
	@UPGRADE=all $(PY) -m pytest -q tests/central/test_kept_releases.py tests/journal/test_kept_journals.py
	@UPGRADE=all $(PY) -m tests.central.private_postgresql $(PY) -m pytest -q tests/central/test_kept_releases.py

fuzz: $(STAMP) ## a million hostile inputs for the codecs
	@$(PY) -m tests.fuzz.fuzz_codecs --inputs $(INPUTS)

attack: $(STAMP) ## 100,000 forged, replayed, cut and misaddressed messages at both ends of the link: none may act; N=n, SEED=n
	@$(PY) -m tests.attack.run --shots $(if $(filter-out file,$(origin N)),$(N),100000) $(if $(SEED),--seed $(SEED))

fuzz-pages: $(STAMP) ## generated forms at every page of desk and office as each role; INPUTS=n, SEED=n for the same again
	@$(PY) -m tests.fuzz.fuzz_pages --inputs $(if $(filter-out file,$(origin INPUTS)),$(INPUTS),10000) $(if $(SEED),--seed $(SEED))

bench-codec: $(STAMP) ## frames read and built, beside a bare decoder and the peers; SHORT=1 for a moment
	@$(PY) -m tests.bench.bench_codec $(if $(SHORT),--short) $(BENCH_ARGS)

bench-poll: $(STAMP) ## share of the wire, the bus alone, dead meters, memory, a slow disk (20 minutes; SHORT=1 for a moment)
	@$(PY) -m tests.bench.bench_poll $(if $(SHORT),--short) $(BENCH_ARGS)

bench-cutoff: $(STAMP) ## how exactly 208 rooms are cut, beside round-robin (12 minutes; SHORT=1 for a moment)
	@$(PY) -m tests.bench.bench_cutoff $(if $(SHORT),--short) $(BENCH_ARGS)

bench-loss: $(STAMP) ## loss rules on real traces: how soon a tap is found, how many false alarms; DATA=folder of the traces
	@$(UV) sync --quiet --frozen --all-extras --inexact --group bench --python python3
	@$(PY) -m tests.bench.bench_loss $(if $(DATA),--data $(DATA)) $(BENCH_ARGS)

bench-theft: $(STAMP) ## who stole, on real traces with injected theft: found, falsely named, days to find; DATA=folder, SEED=n, SHORT=1 for a moment
	@$(UV) sync --quiet --frozen --all-extras --inexact --group bench --python python3
	@$(PY) -m tests.bench.bench_theft $(if $(SHORT),--short) $(if $(DATA),--data $(DATA)) $(if $(SEED),--seed $(SEED)) $(BENCH_ARGS)

bench-unmetered: $(STAMP) ## hidden days of real rooms estimated, beside the mean of the last 7 days; DATA=folder, SEED=n, SHORT=1
	@$(UV) sync --quiet --frozen --all-extras --inexact --group bench --python python3
	@$(PY) -m tests.bench.bench_unmetered $(if $(SHORT),--short) $(if $(DATA),--data $(DATA)) $(if $(SEED),--seed $(SEED)) $(BENCH_ARGS)

bench-agreement: $(STAMP) ## 1,000 differences planted into the four-way agreement: are they named, is none invented; SEED=n, SHORT=1
	@$(PY) -m tests.bench.bench_agreement $(if $(SEED),--seed $(SEED)) $(if $(SHORT),--short) $(BENCH_ARGS)

bench-find: $(STAMP) ## finding 10, 60 and 208 meters on a line in virtual time, beside the tree in plain order; SHORT=1 for a moment
	@$(PY) -m tests.bench.bench_find $(if $(SHORT),--short) $(BENCH_ARGS)

crash: $(STAMP) ## power cuts at every write of the journal; N=100000 for many, SEED=n for the same again
	@$(PY) -m tests.crash.run --images $(N) $(if $(SEED),--seed $(SEED))

firmware-kill: $(STAMP) ## a firmware transfer killed at every block, flasher and module; IMAGES=n, SEED=n for the same again
	@$(PY) -m tests.firmware_kill.run $(if $(IMAGES),--images $(IMAGES)) $(if $(SEED),--seed $(SEED))

mutants: $(STAMP) ## small changes of rules and codecs, each to be noticed by a test; N=n of each package, ALL=1, SEED=n, FILE=path
	@$(PY) -m tests.mutants.run $(if $(ALL),--all,$(if $(filter-out file,$(origin N)),--sample $(N))) \
	  $(if $(SEED),--seed $(SEED)) $(if $(FILE),--only $(FILE)) $(MUTANTS_ARGS)

simulate: $(STAMP) ## 72 days of a building with everything that goes wrong; DAYS=n, SEED=n for the same again
	@$(PY) -m tests.simulate.run --days $(DAYS) $(if $(SEED),--seed $(SEED))

sim: $(STAMP) ## the whole system on virtual time, the contract's invariants after every step; N=1000000 meter-days, SEED=n and what a failure prints
	@$(PY) -m tests.sim.run $(if $(filter command line,$(origin N)),--meter-days $(N)) $(if $(SEED),--seed $(SEED)) $(if $(BUILDINGS),--buildings $(BUILDINGS)) \
	  $(if $(ROOMS),--rooms $(ROOMS)) $(if $(ONLY),--only $(ONLY)) $(if $(KINDS),--kinds $(KINDS)) $(if $(OFTEN),--often $(OFTEN)) \
	  $(if $(filter command line,$(origin DAYS)),--days $(DAYS)) $(if $(JOBS),--jobs $(JOBS))

bench-wear: $(STAMP) ## bytes to the card per sweep of 128 meters, beside a bare append
	@$(PY) -m tests.bench.bench_wear $(BENCH_ARGS)

bench-drain: $(STAMP) system ## 72 hours of 208 meters without central, drained while polling goes on; restart on that journal
	@$(PY) -m tests.bench.bench_drain $(BENCH_ARGS)

reports: $(STAMP) ## every report of the demo campus in every form and language, to be looked at; DIR=folder
	@$(PY) -m tests.reports.run $(if $(DIR),"$(DIR)")

bench-reports: $(STAMP) system ## a year of 20,000 rooms by month, on SQLite and PostgreSQL beside DuckDB; 20,000 rows as XLSX and PDF; SHORT=1
	@$(UV) sync --quiet --frozen --all-extras --inexact --group bench --python python3
	@$(PY) -m tests.bench.bench_reports $(if $(SHORT),--short) $(BENCH_ARGS)

bench-audit: $(STAMP) ## the audit log and the verification on a chain of a million rows (5 minutes)
	@$(PY) -m tests.bench.bench_audit

bench-desk: $(STAMP) system ## payments of eight desks at once with ingest running, on SQLite and PostgreSQL; SHORT=1 for a moment
	@$(PY) -m tests.bench.bench_desk $(if $(SHORT),--short) $(BENCH_ARGS)

bench-ingest: $(STAMP) system ## readings a second from broker to acknowledgement, beside a raw insert, then carried to 10,000 buildings; PREGROWN=n, SHORT=1
	@$(PY) -m tests.bench.bench_ingest $(if $(SHORT),--short) $(if $(PREGROWN),--pregrown $(PREGROWN)) $(BENCH_ARGS)

cluster: $(STAMP) system ## three brokers, ingest workers, a database and its replica killed one at a time under load: lost and doubled, 0 and 0
	@$(PY) -m tests.cluster.run $(CLUSTER_ARGS)

bench-pages: $(STAMP) system ## desk and dashboard of 60 buildings x 400 rooms, on SQLite and PostgreSQL, beside a bare page; SHORT=1 for a moment
	@$(PY) -m tests.bench.bench_pages $(if $(SHORT),--short) $(BENCH_ARGS)

bench-sale: $(STAMP) system ## a whole sale by keyboard in a real browser, room typed to receipts printed
	@$(PY) -m tests.pages.bench_sale_by_keyboard $(BENCH_ARGS)

deb: $(STAMP) ## dist/cardroom-gateway_VERSION_ARCH.deb and cardroom-central_...; ARCH=arm64, VERSION=0.2.0, ONLY=gateway
	@$(PY) systemd/package/build.py $(if $(ARCH),--arch $(ARCH)) $(if $(VERSION),--version $(VERSION)) $(if $(ONLY),--only $(ONLY)) $(DEB_ARGS)

sbom: $(STAMP) ## what each package holds from outside, as CycloneDX JSON in dist/
	@$(PY) systemd/package/sbom.py

audit-deps: $(STAMP) ## advisories about the pinned packages, from OSV; STRICT=1 fails where the service gives no answer
	@STRICT=$(STRICT) $(PY) systemd/package/advisories.py

try-install: $(STAMP) ## the packages on a bare Debian 12 in a folder, from dpkg -i to purge; needs root and a network
	@$(PY) -m tests.install.try_install $(if $(ONLY),--only $(ONLY))

try-update: $(STAMP) ## updates to broken versions on such a machine: each goes back by itself; needs root and a network
	@$(PY) -m tests.install.try_update

format: $(STAMP) ## put the code in the house's form
	@.venv/bin/ruff format .
	@.venv/bin/ruff check --fix .

clean: ## remove what make built (the demo's data too)
	rm -rf .venv .tools var build dist

# Everything a newcomer types. `make help` lists it.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed

.DEFAULT_GOAL := help
.PHONY: help install demo test screenshots soak coverage mutation lint types bench bench-quick bench-large docs requirements clean

help: ## list these targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort | expand -t 16

install: $(STAMP) ## set up .venv with everything that is used here

$(STAMP): requirements/dev.txt pyproject.toml tools/make_venv.sh
	sh tools/make_venv.sh $(PYTHON)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --require-hashes --no-deps -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --no-deps --no-build-isolation --editable .
	@touch $(STAMP)

demo: install ## sample company, 15Five sandbox and server, connected and running (WIZARD=1: the first steps)
	$(BIN)/seatkeeper demo $(if $(WIZARD),--wizard)

test: install ## all tests, with Chromium (installed where that is allowed)
	sh tools/make_chromium.sh
	$(BIN)/python -m pytest -n 2 --dist loadgroup

screenshots: install ## renew the pictures that README and documentation show
	sh tools/make_chromium.sh
	PYTHONPATH=. $(BIN)/python tools/screenshots.py --docs

coverage: install ## every branch of the deciding core is tested (some minutes)
	$(BIN)/python -m coverage run -m pytest tests/provisioning tests/directory tests/administration \
		tests/connectors/test_people_files.py
	$(BIN)/python -m coverage report

mutation: install ## change the deciding core at 150 random places; do tests notice? (some minutes)
	$(BIN)/python tools/mutation_sample.py

SEEDS ?= 10000
KILLS ?= 1000
soak: install ## 10,000 simulated lives; 1,000 kills on each database; a million hostile requests; storage
	PYTHONPATH=. $(BIN)/python -m tests.simulation.run 0-$(SEEDS) --jobs 2
	for on in sqlite postgresql; do PYTHONPATH=. $(BIN)/python -m tests.soak.kills $(KILLS) --on $$on || exit 1; done
	for after in 0 250000 500000 750000; do HOSTILE_AFTER=$$after HOSTILE_REQUESTS=250000 \
		$(BIN)/python -m pytest -n 2 tests/service_provider/test_hostile.py || exit 1; done
	SEATKEEPER_RACES=1000 $(BIN)/python -m pytest tests/service_provider/test_swift.py -k race
	SEATKEEPER_SOAK_OPERATIONS=10000 $(BIN)/python -m pytest tests/service_provider/test_keepers_agree.py

lint: install ## style, import contracts
	$(BIN)/ruff check src tests tools
	$(BIN)/ruff format --check src tests tools
	$(BIN)/lint-imports

types: install ## strict types
	$(BIN)/mypy
	MYPYPATH=tools $(BIN)/mypy tools

bench: install ## measure requests and rates, as ratios in one run
	$(BIN)/python tools/bench_walk.py
	$(BIN)/python tools/bench.py
	$(BIN)/python tools/bench_prompt.py
	$(BIN)/python tools/bench_scim.py
	PYTHONPATH=. $(BIN)/python -m tests.soak.workers
	PYTHONPATH=. $(BIN)/python -m tests.soak.pages

bench-quick: install ## the same in less than two minutes: fewer people and rounds, the engine alone
	N=200 ROUNDS=3 LIMITED_PEOPLE=40 $(BIN)/python tools/bench.py
	PEOPLE=5000 $(BIN)/python tools/bench_walk.py

bench-large: install ## a large company on SQLite, then on PostgreSQL; PEOPLE=50000 unless told
	PYTHONPATH=. $(BIN)/python tools/bench_large.py --people $(or $(PEOPLE),50000)
	PYTHONPATH=. $(BIN)/python tools/bench_large.py --people $(or $(PEOPLE),50000) --on postgresql

docs: install ## build the documentation into site/
	$(BIN)/python tools/fault_matrix.py --check
	$(BIN)/mkdocs build --strict --quiet

requirements: install ## renew the pinned requirements from their .in files
	$(BIN)/python -m pip install --quiet uv
	for name in runtime dev; do $(BIN)/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header \
		--python-version 3.11 --upgrade requirements/$$name.in -o requirements/$$name.txt; done

clean: ## remove what was built
	rm -rf .venv site build .demo

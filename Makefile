# Everything a newcomer needs: `make repro` and `make test`. Both set up .venv first.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
EXTRAS := .venv-extras
PEERS := .venv-peers
SCRIPTS := .browser/.ready
CHECK_VENV := .venv-checks
CHECK_BIN := $(CHECK_VENV)/bin
CHECKS := $(CHECK_VENV)/.ready
SECONDS ?= 60
PAGES := $(addprefix tests/pipeline/test_,$(addsuffix .py,tutorial stores places))
RELIABILITY := $(addprefix tests/pipeline/test_,$(addsuffix .py,faults interruptions concurrency))
# `make repro TORCH=cpu` installs PyTorch's CPU build (Linux without a GPU: 0.2 GB instead of several).
TORCH ?= default
TORCH_VERSION := 2.13.0
TORCH_OPTIONS := $(if $(filter cpu,$(TORCH)),--index-url https://download.pytorch.org/whl/cpu,)
# PyTorch brings these itself where it is built for a GPU, so the lock leaves them to it.
NOT_LOCKED := torch triton cuda-bindings cuda-pathfinder cuda-toolkit nvidia-cublas nvidia-cuda-cupti \
  nvidia-cuda-nvrtc nvidia-cuda-runtime nvidia-cudnn-cu13 nvidia-cufft nvidia-cufile nvidia-curand \
  nvidia-cusolver nvidia-cusparse nvidia-cusparselt-cu13 nvidia-nccl-cu13 nvidia-nvjitlink \
  nvidia-nvshmem-cu13 nvidia-nvtx

export PATH := $(CURDIR)/$(BIN):$(PATH)

.DEFAULT_GOAL := help
MINUTES ?= 30
.PHONY: help setup chromium repro test test-unit test-pipeline test-slow test-slow-pages test-slow-pipeline test-reliability test-clusters test-peers nightly fuzz coverage mutation audit soak bench lint format times experiments sweep search etth1 exchange factorial map m4 m4-options m4-peers peers mixers probes quantiles coverage-study readme lock clean

help:  ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; choose one with: make PYTHON=python3.12 ..."; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet torch==$(TORCH_VERSION) $(TORCH_OPTIONS)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $(READY)

# PEERS apart from EXTRAS, as statsforecast 2.1 takes no pandas from 3 on; what runs there reads arrays and plain tables.
$(EXTRAS)/.ready: OPTIONAL := ray,dask,bench
$(PEERS)/.ready: OPTIONAL := peers
$(EXTRAS)/.ready $(PEERS)/.ready: requirements.lock pyproject.toml
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/python -m pip install --quiet torch==$(TORCH_VERSION) $(TORCH_OPTIONS)
	$(@D)/bin/python -m pip install --quiet --require-hashes -r requirements.lock
	$(@D)/bin/python -m pip install --quiet --no-build-isolation --editable '.[$(OPTIONAL)]'
	@touch $@

$(SCRIPTS): tools/browser_scripts.py | $(READY)
	@$(BIN)/python tools/browser_scripts.py

$(CHECKS): pyproject.toml | $(READY)
	$(PYTHON) -m venv $(CHECK_VENV)
	$(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"), "$(CURDIR)/src", sep="\n")' > \
	  "$$($(CHECK_BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/project.pth"
	$(CHECK_BIN)/python -m pip install --quiet --upgrade pip
	$(CHECK_BIN)/python -m pip install --quiet --group checks
	@touch $(CHECKS)

setup: $(READY) $(SCRIPTS)  ## Make .venv with the locked dependencies (the other targets do this first)

chromium:  ## Install Chromium for the browser tests, where it is missing and apt can
	@tools/chromium

repro: $(READY) $(SCRIPTS)  ## Rebuild everything: data, models, metrics, figures
	dvc repro
	@cat reports/verdict.md

test: lint chromium $(SCRIPTS)  ## Lint, type-check and run all tests but the slow ones (at most 10 minutes on 2 cores)
	$(MAKE) --no-print-directory --jobs 2 --output-sync=line test-unit test-pipeline

test-unit: $(READY)  ## Only the tests of single parts
	pytest tests/unit -m "not slow"

test-pipeline: $(READY)  ## Only the tests that run real DVC in clones, and those of drawn files and settings
	pytest tests/pipeline tests/property -m "not slow"

test-slow: $(SCRIPTS)  ## The tests that take minutes each: tutorial, stores, places, studies, queue, tuned and stepwise pipelines
	$(MAKE) --no-print-directory --jobs 2 --output-sync=line test-slow-pages test-slow-pipeline

test-slow-pages: $(READY)  ## Only those of the commands that pages tell
	pytest -m slow $(PAGES)

test-slow-pipeline: $(READY)  ## Only the others
	pytest tests/pipeline -m slow $(addprefix --ignore=,$(RELIABILITY) $(PAGES))

test-reliability: $(READY) $(SCRIPTS)  ## Kills, full disks, concurrent runs and a file of 1 GB: what docs/reliability.md calls slow (an hour)
	pytest -m slow $(RELIABILITY) tests/unit

nightly: $(READY)  ## Ten times as many generated files, settings and series as `make test`, drawn anew each time
	HYPOTHESIS_PROFILE=nightly pytest tests/property

fuzz: $(CHECKS)  ## Fuzz the readers of CSV and params.yaml, guided by coverage: make fuzz SECONDS=300 (for each)
	$(CHECK_BIN)/python tests/fuzz/fuzz_readers.py csv .fuzz/csv -max_total_time=$(SECONDS)
	$(CHECK_BIN)/python tests/fuzz/fuzz_readers.py params .fuzz/params -max_total_time=$(SECONDS)

coverage: $(CHECKS)  ## Line and branch coverage of src/ by the unit and property tests and a whole pipeline; fails below 95 %
	$(CHECK_BIN)/python -m coverage erase
	$(CHECK_BIN)/python -m coverage run -m pytest tests/unit tests/property tests/pipeline/test_dvc.py -m "not slow"
	$(CHECK_BIN)/python -m coverage combine --quiet
	$(CHECK_BIN)/python -m coverage report --fail-under=95

mutation: $(CHECKS)  ## Change metrics, comparison, intervals, windows and synthetic in every way; fails where tests notice less than 85 %
	$(CHECK_BIN)/mutmut run
	$(CHECK_BIN)/mutmut results
	$(CHECK_BIN)/mutmut export-cicd-stats
	$(CHECK_BIN)/python tools/mutation_score.py 85

audit: $(CHECKS)  ## Look up the locked packages in PyPI's list of vulnerabilities; says so where it cannot
	PATH=$(CURDIR)/$(CHECK_BIN):$(PATH) $(CHECK_BIN)/python tools/audit.py

soak: $(READY)  ## Queue small experiments for MINUTES=30 and tell whether memory or open files grow (soak.csv)
	python -m tools.soak --minutes $(MINUTES)

test-clusters: $(EXTRAS)/.ready  ## The tests that start Ray and Dask clusters on this machine, in .venv-extras
	$(EXTRAS)/bin/python -m pytest tests/clusters

test-peers: $(EXTRAS)/.ready $(PEERS)/.ready  ## The tests against utilsforecast (in .venv-extras) and statsforecast (in .venv-peers)
	$(EXTRAS)/bin/python -m pytest tests/unit/test_metrics_peers.py
	$(PEERS)/bin/python -m pytest tests/unit/test_peers.py

bench: $(EXTRAS)/.ready  ## Time training, accuracy, growth and pipeline beside neuralforecast, darts and bare PyTorch (idle machine, two hours)
	$(EXTRAS)/bin/python -m benchmarks
	$(EXTRAS)/bin/python -m benchmarks.figures

times: $(READY)  ## Run every stage anew, one by one, and tell its seconds, processor seconds and idle cores (idle machine)
	@python -m tools.times

lint: $(READY)  ## Ruff, strict mypy, and lines and words of the pages
	ruff check .
	ruff format --check .
	mypy
	python -m tools.pages

format: $(READY)  ## Format and mend what ruff can mend
	ruff format .
	ruff check --fix .

experiments: $(READY)  ## Show the experiments on this commit in a few columns, with the data that each is of
	python -m tools.experiments

sweep: $(READY)  ## Show the experiments on this commit with intervals, the best by validation marked
	python -m tools.sweep

search: $(READY)  ## Repeat the search for the recipes on the validation split of ETTh1 (data/raw/ETTh1.csv; an hour and a half)
	python -m studies.search

etth1: $(READY)  ## Both families with each recipe at the published horizons of ETTh1, and what ships, through DVC's queue (data/raw/ETTh1.csv; an hour)
	python -m studies.etth1
	python -m studies.shipped etth1

exchange: $(READY)  ## What ships on Exchange at the published horizons, chosen over four validation folds (data/raw/exchange_rate.txt; half an hour)
	python -m studies.shipped exchange

factorial: $(READY)  ## How much is recipe, how much is family: a factorial on ETTh1 (data/raw/ETTh1.csv; half an hour)
	python -m studies.factorial

map: $(READY)  ## Where each family wins: kinds of series, lengths, recipes, models (some four hours on 2 cores; goes on where it was)
	dvc repro studies/map/dvc.yaml

m4: $(READY)  ## Both families on the 414 series of M4 hourly, beside the competition (M4-Hourly-train.csv and -test.csv in data/raw/; an hour; goes on where it was)
	dvc repro studies/m4/dvc.yaml:summary studies/m4/dvc.yaml:quantiles

m4-options: $(READY)  ## Both families on earlier steps of M4 hourly, what each option changes, and one more final recipe (the same files; two to three hours; goes on where it was)
	dvc repro $(addprefix studies/m4/dvc.yaml:,earlier_summary whole_budget_summary official_summary)

m4-peers: $(PEERS)/.ready  ## AutoETS and AutoTheta on M4 hourly (15 minutes); `make m4` then tells them beside ours
	$(PEERS)/bin/python -m studies.m4.peers

peers: $(PEERS)/.ready  ## AutoETS and AutoTheta (statsforecast) on the test windows that lie here; `make repro` then scores them beside ours
	$(PEERS)/bin/python -m studies.peers

mixers: $(READY)  ## One block with seven mixers: how much is tokens, readout, mixer (half an hour; goes on where it was)
	dvc repro studies/mixers/dvc.yaml

probes: $(READY)  ## Steps to recall, gradients, divergence, other lengths, positions (40 minutes of one core; goes on where it was)
	dvc repro studies/probes/dvc.yaml

quantiles: $(READY)  ## Coverage of quantile forecasts on 20 other worlds, as forecast and conformalised (a minute)
	python -m studies.quantiles

coverage-study: $(READY)  ## Coverage of the prediction intervals on 160 other worlds, and the step chosen by it (2 minutes)
	python -m studies.coverage

readme: $(READY)  ## Put the committed results into both READMEs and docs/results.md
	python -m tools.readme

lock: $(READY)  ## Renew requirements.lock (needs uv)
	uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes \
	  --no-header --no-annotate --quiet --upgrade $(addprefix --no-emit-package ,$(NOT_LOCKED)) -o requirements.lock

clean:  ## Remove what can be rebuilt: environment, caches, models, derived data
	rm -rf $(VENV) $(EXTRAS) $(PEERS) $(CHECK_VENV) .fuzz mutants .coverage .browser .dvc/cache .dvc/tmp models/given models/rnn models/transformer models/mlp models/forecaster models/unfinished models/peers/*/ data/*.safetensors data/*.json data/*.txt dvc_plots reports/index.html reports/verdict.md reports/scores reports/memory reports/inspection reports/multiply_adds.csv
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis src/*.egg-info build
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

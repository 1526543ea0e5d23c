# Across the Scales: every command a reader, an instructor or a contributor needs. `make` alone lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
LITE := .venv-lite
PEERS := .venv-bench
PEER_LISTS := $(wildcard benchmarks/requirements/*.txt)
PORT ?= 8000
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: help install book workshop offline serve lab test workshop-test drift assignments grade bench clean

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

install: $(STAMP) ## create .venv with the exact packages of requirements.txt

$(STAMP): requirements.txt | $(BIN)/python
	$(BIN)/python -m pip --version > /dev/null 2>&1 || $(BIN)/python -m ensurepip --default-pip > /dev/null
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11, 5))' \
		|| { echo "This book needs Python 3.11.5 or later; name one: make PYTHON=/path/to/python3"; exit 1; }
	$(PYTHON) -m venv $(VENV)

book: $(STAMP) ## build the book into _build/html
	jupyter-book build . -W --keep-going
	@echo "The book is in _build/html: open _build/html/index.html, or run 'make serve' and open http://127.0.0.1:$(PORT)"

workshop: book $(LITE)/.installed ## add to the built book the workshop: every chapter runs in the reader's browser
	python -m tools.workshop

$(LITE)/.installed: tools/workshop/requirements.txt | $(STAMP)
	test -x $(LITE)/bin/python || $(BIN)/python -m venv $(LITE)
	$(LITE)/bin/python -m pip install --quiet --disable-pip-version-check -r tools/workshop/requirements.txt
	@touch $@

offline: book ## make the copies to take home: a zip that opens from a file, an ePub and a PDF (FORMS=epub for one)
	python -m tools.offline $(FORMS)

serve: $(STAMP) ## show the built book at http://127.0.0.1:8000 (PORT=… for another port)
	python tools/serve.py --port $(PORT)

lab: $(STAMP) ## open the chapters in JupyterLab
	jupyter lab --notebook-dir=. chapters

test: $(STAMP) ## build book and workshop and test everything: models, notebooks, pages in a real browser, exercises
	bash tools/browser.sh
	$(MAKE) --no-print-directory workshop
	pytest --nbval --nbval-current-env --doctest-modules mslib tests chapters -n 2 --dist loadscope -q

workshop-test: workshop ## run every chapter in the browser's Python, and all of its tests there
	bash tools/browser.sh
	MSLIB_WORKSHOP=all pytest tests/workshop -q

drift: $(STAMP) ## change every default parameter that a chapter shows by 1 % and see its chapter fail
	MSLIB_DRIFT=all pytest tests/notebooks/test_drift.py -n 2 -q

assignments: $(STAMP) ## write the students' notebooks from exercises/source to exercises/release
	for folder in exercises/source/*/; do python -m mslib.course.grade --assignment "$$(basename $$folder)"; done

grade: $(STAMP) ## grade a folder of submissions: make grade SUBMISSIONS=folder (ASSIGNMENT=set_a)
	@test -n "$(SUBMISSIONS)" || { echo "Name the folder: make grade SUBMISSIONS=folder"; exit 1; }
	python -m mslib.course.grade "$(SUBMISSIONS)" --assignment "$(or $(ASSIGNMENT),set_a)"

bench: $(PEERS)/.installed ## time the engines beside other packages (PARTS="fields pages" for some)
	$(PEERS)/bin/python -m benchmarks $(PARTS)

$(PEERS)/.installed: requirements.txt $(PEER_LISTS) | $(STAMP)
	test -x $(PEERS)/bin/python || $(BIN)/python -m venv $(PEERS)
	$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check -r requirements.txt $(addprefix -r ,$(PEER_LISTS))
	@touch $@

clean: ## remove what the commands above have built (not .venv)
	rm -rf _build node_modules .pytest_cache .ruff_cache .hypothesis

# One door: what a developer runs is what CI runs. Needs git, make and Rust by rustup; `make setup` brings the rest.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup run test check fmt lint golden proto sqlx bench chaos clean

export PATH := $(CURDIR)/.tools/bin:$(HOME)/.cargo/bin:$(PATH)
TARGET := $(or $(CARGO_TARGET_DIR),target)
IMAGE := $(TARGET)/image.binpb
GOLDEN := tests/golden
DATA ?= data
YEAR ?= tests/data/wuhan-2022
ROUNDS ?= 50

# The checked SQL macros read .sqlx instead of a database.
offline := SQLX_OFFLINE=true
postgres := tests/tools/postgres.sh

help: ## Explain each target
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile
	@command -v cargo >/dev/null || tests/tools/setup.sh

setup: ## Install what is missing (apt, npm, go, cargo); instant and offline the second time
	@tests/tools/setup.sh

run: setup ## Build and start the whole suite under data/, replay the bundled year, print its figures, go on serving
	@$(offline) cargo build --locked --workspace --bins
	@exec $(TARGET)/debug/canopy up --data $(DATA) --replay $(YEAR)

test: setup ## All tests, on a throwaway Postgres
	@# Programs and tests in one build: apart they would need the same crates twice, with other features.
	@$(offline) cargo build --locked --workspace --bins --tests --examples
	@$(postgres) env $(offline) cargo test --locked --workspace --no-fail-fast

check: setup ## Format, clippy with warnings denied, buf lint and breaking, dependency rules
	@cargo fmt --all --check
	@$(offline) cargo clippy --locked --workspace --all-targets -- -D warnings
	@$(MAKE) --no-print-directory lint
	@buf breaking $(IMAGE) --against $(GOLDEN)/image.binpb
	@cargo deny --offline --log-level error check bans licenses sources

fmt: setup ## Format Rust and .proto files
	@cargo fmt --all
	@buf format --write proto

lint: proto ## Lint the wire contract
	@buf format --diff --exit-code proto
	@buf lint $(IMAGE) --path canopy

golden: setup ## Rewrite the golden files: authorization table, error reasons, wire image, event bytes
	@$(postgres) env $(offline) CANOPY_GOLDEN=1 cargo test --locked --workspace --test suite golden

proto: setup ## Compile the .proto files to an image (descriptor set) for buf and other languages
	@tests/tools/image.sh $(IMAGE)

sqlx: setup ## Describe all checked SQL anew into .sqlx, after a change of a query or a migration
	@$(postgres) tests/tools/sqlx.sh

bench: ## Measure speed and size against their targets, beside nginx and pgbench (builds release); PARTS="ledger replay" for some
	@tests/tools/setup.sh bench
	@$(offline) cargo build --locked --workspace --bins
	@$(offline) cargo build --locked --workspace --release --bins --bench rules --bench suite
	@$(offline) cargo bench --locked --workspace --bench rules -- --quiet
	@$(offline) CANOPY_DURABLE=yes $(postgres) cargo bench --locked --workspace --bench suite -- $(PARTS)

chaos: setup ## Kill the suite and the bank at random points of the replay, ROUNDS=50 times
	@$(offline) cargo build --locked --workspace --bins
	@$(postgres) env $(offline) CANOPY_CHAOS_ROUNDS=$(ROUNDS) cargo test --locked --workspace --test suite chaos -- --nocapture

clean: ## Remove what was built; data/ stays
	@cargo clean
	@rm -rf .tools

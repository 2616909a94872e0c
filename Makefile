# Everything a newcomer types. `make help` lists the targets.
SHELL := /bin/sh
.DEFAULT_GOAL := help

help: ## Lists the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-12s %s\n", $$1, $$2}'

run: data/kiosk.db ## Builds and serves the demo shop on http://127.0.0.1:8080
	cargo run -- serve --dev

data/kiosk.db:
	cargo run -- seed

seed: ## Fills the database with demonstration orders; twice gives the same
	cargo run -- seed

test: tools ## Runs all tests, the end-to-end purchase in a browser included
	cargo nextest run --profile ci

check: tools ## Everything that must hold before a change lands: format, lints, dependencies, tests
	cargo fmt --check
	$(MAKE) lint
	cargo deny check bans licenses sources
	$(MAKE) test

# Tests play the outside world: they may unwrap, print, read the environment and write files.
TEST_LINTS := -A clippy::unwrap_used -A clippy::disallowed_methods -A clippy::print_stdout \
	-A clippy::print_stderr -A clippy::pedantic -A unreachable_pub

lint: ## Clippy, warnings denied
	cargo clippy --lib --bins -- -D warnings
	cargo clippy --tests --benches -- -D warnings $(TEST_LINTS)

bench: ## Measures builds, edits, starts, memory, serving, search, the desk and checkouts
	cargo bench --bench figures
	cargo bench --bench search
	cargo bench --bench desk
	cargo bench --bench checkout

bench-large: ## The same with 100,000 products; takes a quarter of an hour longer
	cargo bench --bench figures -- build large
	cargo bench --bench checkout -- growth large

lighthouse: ## Rates pages of storefront and desk with Lighthouse; fails when one is rated low, late or moves
	@sh .ci/tools lighthouse
	cargo bench --bench figures -- rate

pictures: ## Renders missing product pictures of the demo shop
	cargo run --release --manifest-path seed/pictures/Cargo.toml -- all --out content/images

# What is promised and which command shows it: docs/proof.md. Figures of a run are printed.
simulate: ## One schedule of the whole shop from a number: SEED=7 STEPS=100
	SEED=$(SEED) STEPS=$(STEPS) cargo test --test simulation -- --ignored --exact one_schedule --nocapture

simulate-nightly: ## A million steps of it, on all cores
	SEED=$(SEED) STEPS=$(STEPS) cargo test --profile fast --test simulation -- --ignored --exact a_million_steps_break_nothing --nocapture

crashes: ## Kills the shop under load, CYCLES times (200), and fails its disk
	CYCLES=$(or $(CYCLES),200) cargo test --profile fast --test crashes -- --nocapture
	CYCLES=$(or $(CYCLES),200) cargo test --profile fast --test stripe -- --nocapture killed
	cargo test --profile fast --test disk -- --nocapture

races: ## 64 buyers for 10 units, ROUNDS times (1,000)
	ROUNDS=$(or $(ROUNDS),1000) cargo test --profile fast --test races -- --nocapture

storm: ## A storm of DELIVERIES (100,000) webhooks
	DELIVERIES=$(or $(DELIVERIES),100000) cargo test --profile fast --test payments -- --nocapture have_each_effect_once

fuzz: ## Five doors for strangers' bytes, RUNS (100,000) inputs each, from SEED
	RUNS=$(or $(RUNS),100000) SEED=$(SEED) cargo test --profile fast --test fuzz -- --nocapture

mutants: ## Changes every rule file in turn; library tests must notice (hours)
	command -v cargo-mutants >/dev/null 2>&1 || cargo install --locked --quiet cargo-mutants
	cargo mutants --cap-lints true

coverage: ## Lines of the money rooms that tests run; fails below 95 %
	sh .ci/coverage

release: ## Builds the one file that is the shop
	KIOSK_COMMIT=$$(git rev-parse --short HEAD 2>/dev/null) cargo build --release && ls -l target/release/kiosk

tools: ## Installs what the tests need and this machine lacks
	@sh .ci/tools

.PHONY: simulate simulate-nightly crashes races storm fuzz mutants coverage \
	help run seed test check lint bench bench-large lighthouse pictures release tools

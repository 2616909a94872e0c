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

bench: ## Measures builds, edits, starts, memory, serving, search and checkouts
	cargo bench --bench figures
	cargo bench --bench search
	cargo bench --bench checkout

bench-large: ## The same with 100,000 products; takes a quarter of an hour longer
	cargo bench --bench figures -- build large
	cargo bench --bench checkout -- growth large

lighthouse: ## Rates six pages with Lighthouse; fails when one is too low
	@sh .ci/tools lighthouse
	cargo bench --bench figures -- rate

pictures: ## Renders missing product pictures of the demo shop
	cargo run --release --manifest-path seed/pictures/Cargo.toml -- all --out content/images

release: ## Builds the one file that is the shop
	cargo build --release && ls -l target/release/kiosk

tools: ## Installs what the tests need and this machine lacks
	@sh .ci/tools

.PHONY: help run seed test check lint bench bench-large lighthouse pictures release tools

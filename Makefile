# Every target is one line of this list; `make` alone prints it.
.DEFAULT_GOAL := help
SHELL := /bin/bash
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
IMAGE ?= vigie

# Packages whose tests need a Docker Engine, Chromium or a PostgreSQL server: those that use what starts one.
# `check` leaves them out and says so.
PACKAGES = $(shell go list ./...)
REAL_PACKAGES = $(shell grep -rlE --include='*_test.go' 'datatest\.Postgres|litellmtest\.|modelstest\.Real|^package dockertest|dockertest\.[A-Z]|^package realtest|syscall\.Mount|exec\.Command."(restic|victoria-metrics)"|"vigie-node"|chromedp\.' . | xargs -r dirname | sort -u | sed 's|^\.|vigie|')
QUICK_PACKAGES = $(filter-out $(REAL_PACKAGES),$(PACKAGES))
TRANSCRIPTS = $(shell grep -rlE --include='*_test.go' '^func Test[A-Za-z0-9_]*Transcripts' . | xargs -r dirname | sort -u)

.PHONY: help check test bench update fuzz build image demo demo-down demo-bot demo-kill-bot clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

check: ## the quick inner loop: gofmt, vet, and the tests that need no engine, browser or database server
	@files=$$(gofmt -l .); [ -z "$$files" ] || { echo "gofmt would change:"; echo "$$files"; exit 1; }
	go vet ./...
	go test -race $(QUICK_PACKAGES)
	@echo "left out, make test runs them: $(REAL_PACKAGES)"

test: ## everything, with the real parts; installs what is missing (it says what first)
	@scripts/test.sh

bench: ## one table of figures, each beside its floor, on the real engine; about eleven minutes (ROWS=10000000: a larger log; GB=2: a larger restore)
	@scripts/engine.sh
	@go build -o build/bench ./bench && BENCH_ROWS=$(ROWS) build/bench
	@scripts/images.sh
	@echo "a restore beside the bare pg_restore, of $(or $(GB),0.3) GB:"
	@BENCH_GB=$(GB) go test -run '^$$' -bench Restore -benchtime 1x -timeout 60m ./ops/postgres/realtest

update: ## rewrite the bot's side of the transcripts
	@[ -n "$(TRANSCRIPTS)" ] || { echo "no package has transcripts"; exit 1; }
	go test -run Transcripts $(TRANSCRIPTS) -update

fuzz: ## every fuzz target for 20 seconds
	@scripts/fuzz.sh 20s

build: ## the static binary, build/vigie
	CGO_ENABLED=0 go build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o build/vigie .

image: build ## the Docker image, vigie:VERSION and vigie:latest
	@scripts/engine.sh
	@scripts/image.sh $(IMAGE):$(VERSION)
	@docker tag $(IMAGE):$(VERSION) $(IMAGE):latest

demo: ## a sample stack, the bot, and a chat page to talk to it; prints what to open
	@demo/demo.sh up

demo-down: ## remove the demo: containers, images, networks, volumes, processes, files
	@demo/demo.sh down

demo-bot: ## start the demo's bot again
	@demo/demo.sh bot

demo-kill-bot: ## kill -9 the demo's bot, as a crash would
	@demo/demo.sh kill-bot

clean: ## remove build/
	rm -rf build

# SPDX-License-Identifier: MIT
# Each target is a CMake preset or a program of tools/; nothing is built here.

TIME ?= 60
FUZZ ?=

.PHONY: help demo build test check format fuzz golden-update windows driver lab soak bench dist
.NOTPARALLEL:

help:
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 16

demo: ## build, record live in the lab under Wine, show what was recorded
	@tools/setup-debian build
	@cmake --workflow --preset release
	@tools/demo

build: ## the tool: build/release/alpctrace
	@tools/setup-debian build
	@cmake --workflow --preset release

test: ## all tests: unit, sanitizers, golden on Linux and under Wine
	@tools/setup-debian test
	@tools/test

check: ## what CI checks beyond the tests: layout, lint, layers, globals
	@tools/setup-debian check
	@cmake --preset dev
	@cmake --build --preset dev
	@cmake --preset asan
	@cmake --build --preset asan
	@tools/check

format: ## lay out all C files as house style wants it
	@tools/setup-debian check
	@find src include driver lab tests \( -name '*.c' -o -name '*.h' \) -exec clang-format-14 -i {} +

fuzz: ## every fuzz target for TIME=60 seconds; FUZZ="name..." for some
	@tools/setup-debian fuzz
	@cmake --workflow --preset fuzz
	@tools/run-fuzz --seconds $(TIME) $(FUZZ)

golden-update: ## rewrite the golden files; read the diff
	@tools/setup-debian build
	@cmake --workflow --preset release
	@tests/golden/run --exe build/release/alpctrace --update

windows: ## the tool for Windows: build/windows/alpctrace.exe
	@tools/setup-debian windows
	@cmake --workflow --preset windows

driver: ## alpctrace.sys and alpcpin.sys, signed for testing: build/driver/{gcc,clang}
	@tools/setup-debian driver
	@cmake --workflow --preset driver
	@cmake --workflow --preset driver-clang

lab: ## test kernel, gate and test programs for Wine: build/lab, run with tools/lab
	@tools/setup-debian lab
	@cmake --workflow --preset lab

soak: ## the lab for long: 1,000 start and stop cycles, 100 sudden deaths
	@tools/setup-debian lab
	@for preset in release windows driver driver-clang lab; do \
		cmake --workflow --preset $$preset || exit 1; \
	done
	@tests/lab/run --cycles 1000 --rounds 100 cycles chaos

bench: ## benchmarks, each beside a peer
	@tools/setup-debian bench
	@for preset in release windows driver lab; do \
		cmake --workflow --preset $$preset || exit 1; \
	done
	@tests/bench/run

dist: ## source archive and release binary in build/dist
	@tools/setup-debian build
	@cmake --workflow --preset release
	@tools/dist

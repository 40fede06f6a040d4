# SPDX-License-Identifier: Apache-2.0
# The front door. It compiles nothing itself: Meson does, and tools/ holds what needs more than a line.
SHELL := /bin/bash
FUZZ_SECONDS ?= 60
SIMULATION_SEEDS ?= 100000
.PHONY: help run build install test lint bench soak fuzz clean

help:
	@echo 'make run     build, make the demo site in var/demo once, run it on loopback until Ctrl-C'
	@echo 'make build   release build, into build/'
	@echo 'make install programs, console, service units and documents under /usr/local (DESTDIR=…: under that)'
	@echo 'make test    sanitizer build, every test, lint; the last line is "N passed, N failed"'
	@echo 'make lint    the tree'\''s own rules, then gcc and clang with every warning an error'
	@echo 'make bench   speed, each figure beside its peer of the same run (BENCH_QUICK=1: short)'
	@echo 'make soak    two whole weeks replayed while the daemon is killed 60 times, and many simulated seeds'
	@echo 'make fuzz    each fuzz target for FUZZ_SECONDS (now $(FUZZ_SECONDS))'
	@echo 'make clean   remove what was built; the demo site stays'

run: build
	@tools/run.sh

build:
	@tools/need-packages.sh build run
	@tools/configure.sh build gcc --buildtype=release
	@ninja -C build --quiet
	@tools/console.sh build

install: build
	@meson install -C build --no-rebuild --quiet

test:
	@tools/test.sh

lint:
	@tools/need-packages.sh build run test
	@tools/lint.sh

bench: build
	@tools/need-packages.sh test
	@bench/run.sh

soak: build
	@tools/need-packages.sh test
	@SIMULATION_SEEDS=$(SIMULATION_SEEDS) meson test -C build --no-rebuild --suite soak --print-errorlogs

fuzz:
	@tools/need-packages.sh build test
	@FUZZ_SECONDS=$(FUZZ_SECONDS) tools/fuzz.sh

clean:
	@rm -rf build build-asan build-gcc build-clang build-fuzz console/dist

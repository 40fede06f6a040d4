# SPDX-License-Identifier: Apache-2.0
# The front door. It compiles nothing itself: Meson does, and tools/ holds what needs more than a line.
SHELL := /bin/bash
FUZZ_SECONDS ?= 60
.PHONY: help build test lint fuzz clean

help:
	@echo 'make build   release build, into build/'
	@echo 'make test    sanitizer build, every test, lint; the last line is "N passed, N failed"'
	@echo 'make lint    the tree'\''s own rules, then gcc and clang with every warning an error'
	@echo 'make fuzz    each fuzz target for FUZZ_SECONDS (now $(FUZZ_SECONDS))'
	@echo 'make clean   remove what was built'

build:
	@tools/need-packages.sh build run
	@tools/configure.sh build gcc --buildtype=release
	@ninja -C build
	@[ ! -e console/package.json ] || tools/console.sh build

test:
	@tools/test.sh

lint:
	@tools/need-packages.sh build run test
	@tools/lint.sh

fuzz:
	@tools/need-packages.sh build test
	@FUZZ_SECONDS=$(FUZZ_SECONDS) tools/fuzz.sh

clean:
	@rm -rf build build-asan build-gcc build-clang build-fuzz console/dist

#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# test.sh: everything that can be tested, each step even after another failed; the last line is the sum.
# A step leaves NAME.log and NAME.status in build-asan/results; test-sum.py reads them.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
results=build-asan/results
rm -f build-asan/test-summary.txt

step() { # step NAME COMMAND...: its output is shown and kept
	local name=$1 status
	shift
	echo "== $name"
	"$@" </dev/null 2>&1 | tee "$results/$name.log"
	status=${PIPESTATUS[0]}
	echo "$status" >"$results/$name.status"
	return "$status"
}

quiet_step() { # the same, but the output is shown only when it failed
	local name=$1 status
	shift
	echo "== $name"
	"$@" </dev/null >"$results/$name.log" 2>&1
	status=$?
	echo "$status" >"$results/$name.status"
	[ "$status" = 0 ] || tail -n 200 "$results/$name.log"
	return "$status"
}

give_up() {
	echo "0 passed, 1 failed"
	exit 1
}

tools/need-packages.sh build run test || give_up
# Most of what the tests do is done by libraries: a faster compiler saves more than faster code. Half the optimiser warns of
# what the whole one knows better; lint has the whole one.
tools/configure.sh build-asan gcc --buildtype=debugoptimized -Doptimization=1 -Db_sanitize=address,undefined \
	-Dc_args=-Wno-format-truncation || give_up
rm -rf "$results" build-asan/meson-logs/testlog.json
mkdir -p "$results"

built=0
quiet_step tools-tap python3 tools/tap_unittest.py tools
step build ninja -C build-asan --quiet && built=1
# Lint takes what the tests leave: many of them wait for clocks and disks, which is also why there are three at once.
quiet_step lint nice -n 15 tools/lint.sh &
if [ "$built" = 1 ]; then
	# The limits of the build files are for a quiet machine; here they only end what hangs.
	step meson meson test -C build-asan --no-rebuild --no-suite soak --no-suite bench --print-errorlogs \
		--timeout-multiplier 4 --num-processes 3
	cp build-asan/meson-logs/testlog.json "$results/meson.json"
	cp build-asan/meson-info/intro-tests.json "$results/meson-tests.json"
fi
quiet_step console-tap tools/console.sh check
quiet_step console-build tools/console.sh build
# Side by side, each with sites of its own: a browser waits more than it computes.
browser() { quiet_step "$1-tap" tools/node.sh env YIKA_BUILD="$PWD/build-asan" node tests/console/run.mjs "${@:2}"; }
if [ "$built" = 1 ]; then
	browser officers officers &
	browser browser contract browser &
fi
wait

python3 tools/test-sum.py "$results" | tee build-asan/test-summary.txt
exit "${PIPESTATUS[0]}"

#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# fuzz.sh [NAME...]: each fuzz target (or the named ones) for FUZZ_SECONDS, as many at a time as there are processors.
# Starts from tests/corpus/NAME, keeps what it finds in build-fuzz/corpus/NAME and inputs that fail in build-fuzz/found.
set -euo pipefail
cd "$(dirname "$0")/.."
export FUZZ_SECONDS=${FUZZ_SECONDS:-60}

run_target() {
	local name=$1 log=build-fuzz/found/$1.log
	mkdir -p "build-fuzz/corpus/$name"
	if "build-fuzz/tests/fuzz/${name}_fuzz" -max_total_time="$FUZZ_SECONDS" -timeout=10 -rss_limit_mb=2048 \
		-max_len=65536 -print_final_stats=1 -artifact_prefix="build-fuzz/found/$name-" \
		"build-fuzz/corpus/$name" "tests/corpus/$name" >"$log" 2>&1; then
		echo "ok      $name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") inputs in $FUZZ_SECONDS s"
	else
		echo "FAILED  $name: see $log"
		tail -n 40 "$log"
		return 1
	fi
}
export -f run_target

tools/configure.sh build-fuzz clang --buildtype=debugoptimized -Db_sanitize=address,undefined -Db_lundef=false \
	-Dfuzz=true
mapfile -t programs < <(ninja -C build-fuzz -t targets all | sed -n 's|^\(tests/fuzz/[^:/]*_fuzz\): .*|\1|p')
ninja -C build-fuzz --quiet "${programs[@]}"
mkdir -p build-fuzz/found
names=("$@")
if [ $# = 0 ]; then
	for program in "${programs[@]##*/}"; do
		names+=("${program%_fuzz}")
	done
fi
# shellcheck disable=SC2016 # expands in the child
printf '%s\0' "${names[@]}" | xargs -0 -n 1 -P "$(nproc)" bash -c 'run_target "$1"' fuzz

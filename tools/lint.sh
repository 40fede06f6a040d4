#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# lint.sh: the tree's own rules, then the release build by gcc, whose warnings need the optimiser, and a debug build by
# clang, whose warnings do not; every warning an error.
set -euo pipefail
cd "$(dirname "$0")/.."

for script in .ci/run tools/*.sh; do
	bash -n "$script"
done
failed=0
python3 tools/tidy.py || failed=1
tools/configure.sh build-gcc gcc --buildtype=release -Dwerror=true
ninja -C build-gcc -k 0 --quiet || failed=1
tools/configure.sh build-clang clang --buildtype=debug -Dwerror=true
ninja -C build-clang -k 0 --quiet || failed=1
exit $failed

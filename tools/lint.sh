#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# lint.sh: the tree's own rules, then everything compiled by gcc as for a release, whose warnings need the optimiser, and
# by clang without, whose warnings do not; every warning an error. Nothing is linked: linkers say nothing new.
set -euo pipefail
cd "$(dirname "$0")/.."

for script in .ci/run tools/*.sh; do
	bash -n "$script"
done
failed=0
python3 tools/tidy.py || failed=1
compile() { # compile DIR COMPILER OPTION...
	tools/configure.sh "$@" -Dwerror=true
	ninja -C "$1" -t targets rule c_COMPILER | xargs ninja -C "$1" -k 0 --quiet || failed=1
}
compile build-gcc gcc --buildtype=release
compile build-clang clang --buildtype=plain
exit $failed

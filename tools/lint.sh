#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# lint.sh: the scripts parse, and the release build goes through gcc and clang with every warning an error.
set -euo pipefail
cd "$(dirname "$0")/.."

for script in .ci/run tools/*.sh; do
	bash -n "$script"
done
tools/configure.sh build-gcc gcc --buildtype=release -Dwerror=true
ninja -C build-gcc --quiet
tools/configure.sh build-clang clang --buildtype=debugoptimized -Dwerror=true
ninja -C build-clang --quiet

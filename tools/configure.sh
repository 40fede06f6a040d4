#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# configure.sh DIR COMPILER OPTION...: DIR is a Meson build with exactly these options; silent when it is already.
set -euo pipefail
cd "$(dirname "$0")/.."
dir=$1 compiler=$2
shift 2

[ -e "$dir/build.ninja" ] && [ "$(cat "$dir/options.txt" 2>/dev/null)" = "$compiler $*" ] && exit 0
rm -rf "$dir"
command -v ccache >/dev/null && compiler="ccache $compiler"
CC=$compiler meson setup "$dir" "$@"
echo "${compiler#ccache } $*" >"$dir/options.txt"

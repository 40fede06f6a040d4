#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# run.sh SCRIPT ARGUMENTS...: install the pinned client library once, then run a script of this folder (TAP).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
node=$here/../../../tools/node.sh
if ! cmp -s "$here/package-lock.json" "$here/node_modules/.installed-lock.json"; then
	(cd "$here" && "$node" npm ci --ignore-scripts --no-audit --no-fund --loglevel=error </dev/null >&2)
	cp "$here/package-lock.json" "$here/node_modules/.installed-lock.json"
fi
script=$here/$1
shift
exec "$node" node "$script" "$@"

#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# run.sh SCRIPT ARGUMENTS...: install the pinned client library once, then run a script of this folder (TAP).
set -euo pipefail
cd "$(dirname "$0")"
node=../../../tools/node.sh
if ! cmp -s package-lock.json node_modules/.installed-lock.json; then
	"$node" npm ci --ignore-scripts --no-audit --no-fund --loglevel=error </dev/null >&2
	cp package-lock.json node_modules/.installed-lock.json
fi
exec "$node" node "$@"

#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# run.sh SCRIPT ARGUMENTS...: install the pinned packages once, build the one that is a native module with the headers
# that came with Node.js, then run a script of this folder (TAP).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
node=$here/../../../tools/node.sh
exec 9<"$here/run.sh" # one installs, the others wait
flock 9
if ! cmp -s "$here/package-lock.json" "$here/node_modules/.installed-lock.json"; then
	pushd "$here" >/dev/null # programs may be named from where this began
	"$node" npm ci --ignore-scripts --no-audit --no-fund --loglevel=error </dev/null >&2
	home=$("$node" node -p 'require("path").dirname(require("path").dirname(require("fs").realpathSync(process.execPath)))')
	[ -e "$home/include/node/node_api.h" ] && export npm_config_nodedir=$home
	"$node" npm rebuild pkcs11js --loglevel=error </dev/null >&2
	cp package-lock.json node_modules/.installed-lock.json
	popd >/dev/null
fi
flock -u 9
script=$here/$1
shift
exec "$node" node "$script" "$@"

#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# node.sh COMMAND...: run a command with a Node.js that the console's tools accept (20.19 or later) first in
# PATH. Where the machine's own is older, the one pinned in packaging/node is fetched once into .toolchain/.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
toolchain=$root/.toolchain

is_fit() {
	"$1" -e 'const [a, b] = process.versions.node.split(".").map(Number);
	         process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' 2>/dev/null
}

fetch() {
	command -v npm >/dev/null || "$root/tools/need-packages.sh" node
	mkdir -p "$toolchain"
	cp "$root/packaging/node/package.json" "$root/packaging/node/package-lock.json" "$toolchain"
	echo "Fetching the pinned Node.js into .toolchain/" >&2
	npm ci --prefix "$toolchain" --ignore-scripts --no-audit --no-fund --loglevel=error </dev/null >&2
	local node=("$toolchain"/node_modules/node-linux-*/bin/node)
	[ -e "${node[0]}" ] || { echo "No pinned Node.js for this processor: install Node.js 20.19 or later" >&2; exit 1; }
	mkdir -p "$toolchain/bin"
	ln -sfn "${node[0]}" "$toolchain/bin/node"
	ln -sfn ../node_modules/npm/bin/npm-cli.js "$toolchain/bin/npm"
	ln -sfn ../node_modules/npm/bin/npx-cli.js "$toolchain/bin/npx"
	cp "$toolchain/package-lock.json" "$toolchain/fetched.json"
}

if [ "${YIKA_PINNED_NODE:-0}" = 1 ] || ! is_fit node || ! command -v npm >/dev/null; then
	cmp -s "$root/packaging/node/package-lock.json" "$toolchain/fetched.json" || fetch
	PATH=$toolchain/bin:$PATH
	export PATH
fi
exec "$@"

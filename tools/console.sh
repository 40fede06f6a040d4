#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# console.sh build|check: build the console into console/dist when something in it changed, or run its checks (TAP).
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root/console"

npm_ci() { # only when the lock file is not the one that was installed
	cmp -s package-lock.json node_modules/.installed-lock.json && return
	"$root/tools/node.sh" npm ci --no-audit --no-fund --loglevel=error </dev/null >&2
	cp package-lock.json node_modules/.installed-lock.json
}

is_built() {
	[ -e dist/index.html ] && [ -z "$(find . "$root/api" -newer dist/index.html -type f \
		-not -path './dist/*' -not -path './node_modules/*' -print -quit)" ]
}

case ${1-} in
build)
	is_built && exit 0
	npm_ci
	echo "Building the console"
	said=$("$root/tools/node.sh" npm run --silent build 2>&1) || { echo "$said" >&2; exit 1; }
	touch dist/index.html
	;;
check)
	npm_ci
	"$root/tools/node.sh" npm run --silent check
	;;
*)
	echo "usage: console.sh build|check" >&2
	exit 2
	;;
esac

#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# need-packages.sh LIST...: the Debian packages named in packaging/apt-LIST.txt are there, or get installed.
# Silent when nothing is missing. As root, or where sudo asks nothing, installs what is; otherwise
# prints the one line to run and stops. NO_APT=1 skips the check.
set -euo pipefail
cd "$(dirname "$0")/.."

[ "${NO_APT:-0}" = 1 ] && exit 0

wanted=()
for list in "$@"; do
	while read -r name; do
		wanted+=("$name")
	done < <(sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "packaging/apt-$list.txt")
done

if ! command -v dpkg-query >/dev/null; then
	echo "This is not Debian. Install what corresponds to: ${wanted[*]}" >&2
	echo "then run again with NO_APT=1." >&2
	exit 1
fi

# Names that dpkg knows as installed, or that an installed package provides (pkgconf for pkg-config).
installed=$(dpkg-query -W -f='${db:Status-Status} ${Package}, ${Provides}\n' |
	sed -n 's/^installed //p' | tr ',' '\n' | sed -e 's/ *(.*//' -e 's/^ *//')
missing=()
for name in "${wanted[@]}"; do
	grep -qxF -- "$name" <<<"$installed" || missing+=("$name")
done
[ ${#missing[@]} -eq 0 ] && exit 0

if [ "$(id -u)" = 0 ]; then
	as_root=()
elif sudo -n true 2>/dev/null; then
	as_root=(sudo -n)
else
	echo "Packages are missing. Run this once, then the same command again:" >&2
	echo "  sudo apt-get install --no-install-recommends ${missing[*]}" >&2
	exit 1
fi

# Debian's PostgreSQL would make and start a system-wide cluster; the tests bring their own.
drop_in=/etc/postgresql-common/createcluster.d/yika-no-cluster.conf
remove_drop_in() { "${as_root[@]}" rm -f "$drop_in"; }
if printf '%s\n' "${missing[@]}" | grep -q '^postgresql'; then
	"${as_root[@]}" mkdir -p "$(dirname "$drop_in")"
	trap remove_drop_in EXIT
	echo 'create_main_cluster = false' | "${as_root[@]}" tee "$drop_in" >/dev/null
fi

echo "Installing: ${missing[*]}"
apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0)
"${apt[@]}" update </dev/null
"${apt[@]}" install -y --no-install-recommends "${missing[@]}" </dev/null >/dev/null

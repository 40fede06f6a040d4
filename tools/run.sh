#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# run.sh: the demo site in var/demo, made once, and its platform on loopback until Ctrl-C. `make run` has built it all.
# Touches nothing outside the tree: no system service, no port below 1024.
set -euo pipefail
cd "$(dirname "$0")/.."
site=var/demo
seed=20260301
programs=build/src/programs
log=$site/log/yikad.log
pid=

make_site() {
	[ -e "$site/.complete" ] && return
	rm -rf "$site" # what an interrupted run left behind
	mkdir -p var
	echo "Making the demo site in $site (once) ..."
	"$programs/yika" init --site "$site" --test-keys 2>var/init.log || { cat var/init.log >&2; exit 1; }
	"$programs/yika" demo --site "$site" --seed "$seed"
	touch "$site/.complete"
}

listens() { # listens SECTION: HOST:PORT from the site's configuration
	sed -n "/^\[$1\]/,/^\[/s/^listen *= *//p" "$site/yika.conf"
}

answers() { # the platform says that it is well
	local host=${1%:*} port=${1##*:} status
	exec 3<>"/dev/tcp/$host/$port" || return 1
	printf 'GET /api/v1/health HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n' "$1" >&3
	read -r -t 2 _ status _ <&3 || status=
	exec 3>&-
	[ "$status" = 200 ]
}

start() {
	if answers "$1" 2>/dev/null; then
		echo "Something answers at $1 already; is the platform running? Stop it first." >&2
		return 1
	fi
	mkdir -p "$site/log"
	setsid "$programs/yikad" --site "$site" >>"$log" 2>&1 </dev/null &
	pid=$!
	for _ in $(seq 300); do
		kill -0 "$pid" 2>/dev/null || break
		answers "$1" 2>/dev/null && return
		sleep 0.1
	done
	echo "The platform did not start; the end of $log:" >&2
	tail -n 20 "$log" >&2
	echo "(If it says that the demo site fits no longer: delete $site and run again.)" >&2
	return 1
}

stop() {
	trap - EXIT INT TERM
	[ -n "$pid" ] && kill -TERM "$pid" 2>/dev/null || return 0
	for _ in $(seq 100); do
		kill -0 "$pid" 2>/dev/null || { echo "Stopped."; return 0; }
		sleep 0.1
	done
	echo "yikad ($pid) did not stop within 10 s and is killed; see $log" >&2
	kill -KILL "$pid"
}

make_site
address=$(listens web)
trap stop EXIT
trap 'exit 0' INT TERM
start "$address"
cat <<TEXT

Yika runs.
  console        http://$address/
  administrator  admin
  first password $(cat "$site/first-admin-password" 2>/dev/null || echo "(changed)")
  log            $log

Try first:
  1. Log in and choose a password of your own; the home page shows today's figures as they change.
  2. In another terminal, sell for 3.50 yuan on the demo till, then look for card 26000001 in the console:
       printf 'wait online\nsale 3.50 card 26000001\n' | build/src/programs/yika-pos --script - \\
         --sam $site/demo-till.sam --passphrase $site/demo-till.passphrase \\
         --host $(listens terminal) --journal $site/till.journal
     Without --script - it is a till with a screen: amount, Enter, #, card number, Enter.
  3. On the proof page, let the book be verified from its first row.

Ctrl-C stops it.
TEXT
wait "$pid"

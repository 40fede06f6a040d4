#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# make bench: every figure with its peer or limit measured in the same run. Reads: BENCH_QUICK=1 for short runs.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
build=${1:-$root/build}
work=$(mktemp -d "${TMPDIR:-/tmp}/yika-bench-XXXXXX")
out=$work/figures
seconds=$([ "${BENCH_QUICK:-}" ] && echo 3 || echo 10)
cards=$([ "${BENCH_QUICK:-}" ] && echo 20000 || echo 100000)
kms=0
stop_kms() {
	[ "$kms" != 0 ] && kill "$kms" 2>/dev/null && wait "$kms" 2>/dev/null || true
	kms=0
}
cleanup() {
	stop_kms
	[ -d "$work/pg" ] && as_postgres "$pgbin/pg_ctl" -D "$work/pg" -m immediate stop >/dev/null 2>&1 || true
	rm -rf "$work"
}
trap cleanup EXIT

pgbin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
# initdb refuses root.
as_postgres() {
	if [ "$(id -u)" = 0 ]; then (cd / && runuser -u postgres -- "$@"); else "$@"; fi
}

say() { printf '\n== %s ==\n' "$*"; }
value() { awk -v n="$1" '$1 == n { v = $2 } END { print v }' "$out"; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { if (b > 0) printf "%.1f", a / b; else print "-" }'; }

say "machine"
grep -m1 'model name' /proc/cpuinfo | cut -d: -f2-
echo "$(nproc) processors; $(df --output=fstype "$work" | tail -1) at $work"

say "peer: pgbench TPC-B, prepared, 32 clients, PostgreSQL with default durability"
mkdir "$work/pg" "$work/pgsock"
[ "$(id -u)" = 0 ] && chown postgres "$work" "$work/pg" "$work/pgsock"
as_postgres "$pgbin/initdb" -D "$work/pg" -A trust -U postgres >/dev/null
as_postgres "$pgbin/pg_ctl" -D "$work/pg" -w -l "$work/pg/log" \
	-o "-c listen_addresses='' -c unix_socket_directories=$work/pgsock" start >/dev/null
pg() { as_postgres "$pgbin/$1" -h "$work/pgsock" -U postgres "${@:2}"; }
for setting in fsync synchronous_commit full_page_writes; do
	echo "$setting $(pg psql -Atc "show $setting" postgres)"
done
[ "$(pg psql -Atc 'show fsync' postgres)$(pg psql -Atc 'show synchronous_commit' postgres)" = onon ] ||
	{ echo "PostgreSQL does not sync: no figures" >&2; exit 1; }
pg pgbench -i -s 10 -q postgres >/dev/null 2>&1
pg pgbench -M prepared -c 32 -j 2 -T "$seconds" postgres 2>/dev/null >"$work/pgbench"
awk '/^tps/ { print "pgbench.rate", $3, "1/s" } /latency average/ { print "pgbench.latency", $4, "ms" }' "$work/pgbench" | tee -a "$out"
as_postgres "$pgbin/pg_ctl" -D "$work/pg" -m fast stop >/dev/null
rm -rf "$work/pg"
b=$(value pgbench.rate)

say "engine: durable debits per second"
"$build/bench/engine_bench" --dir "$work/engine" ${BENCH_QUICK:+--quick} | tee -a "$out"

say "codec and crypto, one core"
if [ -x "$build/bench/codec_bench" ]; then "$build/bench/codec_bench" | tee -a "$out"; fi

say "end to end: sealed, MACed, signed in; load generator on the same processors"
ln -sf ../src/programs/yika-kms "$build/bench/yika-kms" # a key manager is run beside the program that needs it
"$build/src/programs/yika" init --site "$work/site" --test-keys >/dev/null
"$build/bench/load" prepare --site "$work/site" --nodes 10000 --cards "$cards"
load() { "$build/bench/load" run --site "$work/site" --cards "$cards" --seconds "$seconds" "$@" | tee -a "$out"; }
for suite in aes sm4; do
	load --name "e2e.$suite.tills-1000x1" --nodes 1000 --suite "$suite"
	load --name "e2e.$suite.tills-10000x1" --nodes 10000 --suite "$suite"
	load --name "e2e.$suite.links-64x64" --nodes 4096 --links 64 --suite "$suite"
done
load --name e2e.aes.open-10000-per-s --nodes 4000 --rate 10000 --suite aes
load --name e2e.aes.slow-sync-5ms.links-64x64 --nodes 4096 --links 64 --suite aes --slow-sync-us 5000
load --name e2e.aes.slow-sync-5ms.tills-1000x1 --nodes 1000 --suite aes --slow-sync-us 5000

load_storm() { "$build/bench/load" storm --site "$work/site" "$@" | tee -a "$out"; }
load_storm --name e2e.storm --nodes "$([ "${BENCH_QUICK:-}" ] && echo 2000 || echo 10000)" --suite aes

say "key manager: the service, beside its token and OpenSSL by themselves (medians; one thread each alone)"
start_kms() { # DIR
	"$build/src/programs/yika-kms" --dir "$1" 2>"$work/kms.log" &
	kms=$!
	for _ in $(seq 100); do
		grep -q kms.ready "$work/kms.log" && return
		kill -0 $kms 2>/dev/null || break
		sleep 0.1
	done
	cat "$work/kms.log" >&2
	return 1
}
key_site() { # NAME
	"$build/src/programs/yika" init --site "$work/$1" --test-keys >/dev/null 2>"$work/init.log"
}
key_site keys
"$build/tests/scenario/kms-outside/key_stock" "$work/keys/kms" <"$root/bench/kms_keys.txt" >/dev/null 2>"$work/stock.log"
start_kms "$work/keys/kms"
"$build/bench/kms_bench" --socket "$work/keys/kms/service.sock" --token-dir "$work/token" \
	--seconds "$([ "${BENCH_QUICK:-}" ] && echo 0.05 || echo 0.5)" --rounds "$([ "${BENCH_QUICK:-}" ] && echo 1 || echo 5)" | tee -a "$out"
stop_kms

say "key manager: renewal of the master key"
key_site renewal
"$build/bench/kms_bench" --renew "$work/renewal/kms" --rows "$([ "${BENCH_QUICK:-}" ] && echo 4000 || echo 20000)" 2>"$work/renew.log"
start_kms "$work/renewal/kms"
"$build/bench/kms_bench" --renewal-of "$work/renewal/kms" | tee -a "$out"
awk -v tick="$(getconf CLK_TCK)" -v rows="$(value kms.renewal.rows)" \
	'{ printf "kms.renewal.cpu %.0f us/key\n", ($14 + $15) * 1e6 / tick / rows }' "/proc/$kms/stat" | tee -a "$out"
stop_kms

say "ratios of this run (peer: pgbench $b/s)"
row() { printf '%-46s %12.0f/s  %6s x pgbench   aim %s\n' "$1" "$2" "$(ratio "$2" "$b")" "$3"; }
for q in 16 64 256 1024; do
	e=$(value "engine.rate.$q") r=$(value "raw.rate.$q")
	[ -n "$e" ] && row "engine, queue $q ($(ratio "$(awk -v x="$e" 'BEGIN{print x*100}')" "$r") % of the raw limit)" "$e" \
		"$([ $q = 256 ] && echo '>= 60 x, >= 30 %' || echo -)"
done
for suite in aes sm4; do
	row "$suite 1,000 tills x 1" "$(value "e2e.$suite.tills-1000x1.rate")" ">= 12 x"
	row "$suite 10,000 tills x 1" "$(value "e2e.$suite.tills-10000x1.rate")" ">= 12 x"
	row "$suite 64 links x 64" "$(value "e2e.$suite.links-64x64.rate")" ">= 40 x"
done
row "aes 64 links x 64, sync + 5 ms" "$(value e2e.aes.slow-sync-5ms.links-64x64.rate)" "as without"
printf '%-46s %12s ms      aim <= 10\n' "open loop 10,000/s, p99" "$(value e2e.aes.open-10000-per-s.p99)"

say "key manager: of the slower of token and OpenSSL, by rate and by processor time (aim >= 70 %)"
awk '/^kms\..*\.(device|host)\.rate / { rate[$1] = $2; order[++n] = $1 } { all[$1] = $2 }
	END { for (i = 1; i <= n; i++) { name = order[i]; sub(/\.rate$/, "", name)
		printf "%-34s %10.0f/s %9.2f us", substr(name, 5), rate[order[i]], all[name ".cpu"]
		if (name ".of_slower" in all) printf " %6.0f %% %6.0f %%", all[name ".of_slower"], all[name ".of_slower_cpu"]
		print "" } }' "$out"
row_of() { printf '%-46s %12s %-7s aim %s\n' "$1" "$(value "$2")" "$3" "$4"; }
row_of "diversify + MAC in the device" kms.diversify-mac.tdes.device.rate 1/s ">= 5000"
row_of "TAC checks, batches of 1,000, in the device" kms.tac.device.rate 1/s "-"
row_of "TAC checks, batches of 1,000, in this process" kms.tac.host.rate 1/s "-"
row_of "renewal" kms.renewal.rate keys/s ">= 1000"
row_of "  processor time for each key" kms.renewal.cpu us "<= 1000"
row_of "1,000 lines, one question each, p99" kms.lines-1000.p99 ms "-"
row_of "1,000 lines, 5,000 questions/s, p99" kms.lines-1000.open-5000-per-s.p99 ms "-"
row_of "everybody signs in again after a kill" e2e.storm.sign_in s "<= 30 (10,000 nodes)"
row_of "  with the time of the start" e2e.storm.since_kill s "-"

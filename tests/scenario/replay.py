#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Replay two weeks of a campus against the real daemon and compare every figure with totals computed here.

usage: replay.py [--full] [--kills N] [--mode online|upload] [--store DSN]

Without --full only the first days are played. Prints TAP.
"""
import argparse
import collections
import csv
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
from decimal import Decimal

ROOT = os.environ.get("YIKA_ROOT", ".")
BUILD = os.environ.get("YIKA_BUILD", os.path.join(ROOT, "build"))
DATA = os.path.join(ROOT, "..", "shared", "data")
YIKA = os.path.join(BUILD, "src", "programs", "yika")
CUT_UPTO = "2019-04-02 24"  # dates sort as text
LOADS = ("存款", "补助")

failures = 0
number = 0


def check(name, got, want):
    global failures, number
    number += 1
    ok = got == want
    failures += not ok
    print(f"{'ok' if ok else 'not ok'} {number} - {name}")
    if not ok:
        print(f"#   got  {str(got)[:1500]}\n#   want {str(want)[:1500]}")


def fen(text):
    return int(Decimal(text) * 100)


def rows_of(path):
    if path.endswith(".zst"):
        text = subprocess.run(["zstd", "-dcq", path], check=True, stdout=subprocess.PIPE).stdout.decode()
    else:
        with open(path, encoding="utf-8") as f:
            text = f.read()
    return list(csv.DictReader(io.StringIO(text)))


def write_rows(path, rows):
    with open(path, "w", encoding="utf-8", newline="") as f:
        out = csv.DictWriter(f, rows[0].keys(), lineterminator="\n")
        out.writeheader()
        out.writerows(rows)
    return path


class Truth:
    """What the data itself says, computed without the product."""

    def __init__(self, uploads, openings):
        self.uploads = len(uploads)
        first = {}
        for r in uploads:
            first.setdefault((int(r["TermNo"]), int(r["TermSerNo"])), r)
        self.rows = list(first.values())
        self.posted = len(self.rows)
        self.duplicates = self.uploads - self.posted
        self.totals = {k: collections.defaultdict(lambda: [0, 0, 0]) for k in ("by_type", "by_place", "by_business_day")}
        serials = collections.defaultdict(set)
        for r in self.rows:
            serials[int(r["TermNo"])].add(int(r["TermSerNo"]))
            for key, name in (("by_type", ""), ("by_place", r["Dept"]), ("by_business_day", r["Date"][:10])):
                t = self.totals[key][(name, r["Type"])]
                t[0] += 1
                t[1] += fen(r["Money"])
                t[2] += fen(r["FundMoney"])
        self.missing = sorted((t, s) for t, seen in serials.items()
                              for s in set(range(min(seen), max(seen))) - seen)
        self.breaks = self.chain_breaks(openings)

    def chain_breaks(self, openings):
        state = {r["CardNo"]: (int(r["OpeningCardCount"]), fen(r["OpeningBalance"])) for r in openings}
        breaks = []
        for r in sorted(self.rows, key=lambda r: (r["CardNo"], int(r["CardCount"]))):
            count, surplus = state[r["CardNo"]]
            follows = surplus + fen(r["FundMoney"]) - fen(r["Money"])
            if follows != fen(r["Surplus"]):
                breaks.append((count, int(r["CardCount"]), follows - fen(r["Surplus"])))
            state[r["CardNo"]] = (int(r["CardCount"]), fen(r["Surplus"]))
        return sorted(breaks)


def expected_files():
    """Totals of data/expected, for the whole data set."""
    def read(name, key):
        return {(r[key] if key else "", r["type"]): [int(r["n"]), fen(r["spent"]), fen(r["loaded"])]
                for r in rows_of(os.path.join(DATA, "expected", name))}
    return {
        "by_type": read("synth-dev-by-type.csv", None),
        "by_place": read("synth-dev-by-dept.csv", "dept"),
        "by_business_day": read("synth-dev-by-business-day.csv", "day"),
    }


def reported_totals(report, key):
    return {(r.get("name", ""), r["type"]): [r["count"], r["spent_fen"], r["loaded_fen"]]
            for r in report["totals"][key]}


def play(mode, args, work):
    synthetic = os.path.join(DATA, "synthetic")
    openings = rows_of(os.path.join(synthetic, "cards-opening.csv"))
    uploads = rows_of(os.path.join(synthetic, "stream-dev-0401-0415.csv.zst"))
    refused = rows_of(os.path.join(synthetic, "refused-attempts-dev.csv"))
    events = rows_of(os.path.join(synthetic, "card-events-dev.csv"))
    uploads_path = os.path.join(synthetic, "stream-dev-0401-0415.csv.zst")
    if not args.full:
        uploads = [r for r in uploads if r["Date"] < CUT_UPTO]
        refused = [r for r in refused if r["Date"] < CUT_UPTO]
        events = [r for r in events if r["Date"] < CUT_UPTO]
        uploads_path = write_rows(os.path.join(work, "uploads.csv"), uploads)
    site = os.path.join(work, f"site-{mode}")
    report_path = os.path.join(work, f"{mode}.json")
    init = [YIKA, "init", "--site", site, "--test-keys"] + (["--store", args.store] if args.store else [])
    subprocess.run(init, check=True, stdout=subprocess.DEVNULL)
    command = [YIKA, "replay", "--site", site, "--mode", mode, "--opening", os.path.join(synthetic, "cards-opening.csv"),
               "--uploads", uploads_path, "--kill", str(args.kills), "--report", report_path]
    if mode == "online":
        command += ["--refused", write_rows(os.path.join(work, "refused.csv"), refused),
                    "--events", write_rows(os.path.join(work, "events.csv"), events)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    check(f"{mode}: the replay ends well", done.returncode, 0)
    if done.returncode != 0:
        print("# " + done.stdout.replace("\n", "\n# "))
        log = os.path.join(site, "yikad.log")
        if os.path.exists(log):
            print("# " + "\n# ".join(open(log, errors="replace").read().splitlines()[-15:]))
    if not os.path.exists(report_path):
        return
    with open(report_path, encoding="utf-8") as f:
        compare(mode, args, json.load(f), Truth(uploads, openings), refused, events)
    if not args.full:
        again(mode, command, report_path, len(uploads))
    verify = subprocess.run([YIKA, "verify", "--site", site], stdout=subprocess.PIPE, text=True)
    check(f"{mode}: yika verify finds the book clean", verify.returncode, 0)


def again(mode, command, report_path, uploads):
    """A second run on the same site: nothing is posted twice, and an online one is refused."""
    os.remove(report_path)
    done = subprocess.run(command + ["--kill", "0"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if mode == "online":
        check("online: a site played to a later time is refused", (done.returncode, os.path.exists(report_path)), (2, False))
        return
    with open(report_path, encoding="utf-8") as f:
        report = json.load(f)
    check("upload: the same rows again are all duplicates",
          (done.returncode, report["posted"], report["duplicates"]), (0, 0, uploads))


def compare(mode, args, report, truth, refused, events):
    if mode == "upload":
        check("upload: every row is answered", (report["uploads"], report["unanswered"]), (truth.uploads, 0))
        check("upload: posted and duplicates", (report["posted"], report["duplicates"]), (truth.posted, truth.duplicates))
        got = sorted((b["before"], b["after"], b["amount_fen"]) for b in report["card_chains"]["list"])
        check("upload: card chains break where records are missing, by their amounts", got, truth.breaks)
        check("upload: no other break", report["card_chains"]["unexplained"], 0)
    else:
        check("online: every row is answered", (report["posted"], report["unanswered"]), (truth.posted, 0))
        check("online: refused attempts are refused as the data says, or explained",
              (report["attempts"]["count"], report["attempts"]["unexplained"]), (len(refused), 0))
        check("online: card events are done", report["card_events"], len(events))
        check("online: each balance is the data's, or explained by a missing record",
              (report["balances"]["compared"], report["balances"]["unexplained"]), (truth.posted, 0))
    check(f"{mode}: nothing is refused that the data posted", report["refused"], {})
    check(f"{mode}: nothing became an exception", report["exceptions"], 0)
    got = [(m["terminal"], m["serial"]) for m in report["missing"]]
    check(f"{mode}: exactly the missing serials are named", sorted(got), truth.missing)
    for key in ("by_type", "by_place", "by_business_day"):
        check(f"{mode}: totals {key}", reported_totals(report, key), {k: list(v) for k, v in truth.totals[key].items()})
    if args.full:
        for key, want in expected_files().items():
            check(f"{mode}: totals {key} equal data/expected", reported_totals(report, key), want)
        gaps = {int(r["term"]): int(r["missing"])
                for r in rows_of(os.path.join(DATA, "expected", "synth-dev-serial-gaps.csv"))}
        check(f"{mode}: missing serials by terminal equal data/expected",
              dict(collections.Counter(t for t, _ in got)), gaps)
    check(f"{mode}: the book is verified clean", report["verify"]["clean"], True)
    check(f"{mode}: the daemon was killed as often as asked", report["restarts"], args.kills)
    print(f"# {mode}: {report['uploads']} uploads, {report['posted']} posted, {report['duplicates']} duplicates, "
          f"{report['restarts']} restarts, {len(report['missing'])} missing serials")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--mode", choices=("online", "upload"))
    parser.add_argument("--store")
    args = parser.parse_args()
    work = tempfile.mkdtemp(prefix="yika-replay-")
    for mode in [args.mode] if args.mode else ["upload", "online"]:
        play(mode, args, work)
    print(f"1..{number}")
    if failures == 0:
        shutil.rmtree(work)
    else:
        print(f"# kept for inspection: {work}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

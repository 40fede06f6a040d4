#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A site is backed up while its programs run, and the copy is a site again: the book is whole, and the key manager opens its keys.

usage: backup.py

Prints TAP.
"""
import hashlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time

import tap
from tap import check

ROOT = os.environ.get("YIKA_ROOT", ".")
PROGRAMS = os.path.join(os.environ.get("YIKA_BUILD", os.path.join(ROOT, "build")), "src", "programs")
FILES = ["yika.conf", "yika.db", "kms.conf", "kms.db"]


def yika(*args):
    done = subprocess.run([os.path.join(PROGRAMS, "yika"), *args], text=True, capture_output=True, timeout=120)
    return done.returncode, done.stdout, done.stderr


class Daemon:
    """yikad of a site, until the block ends; ready when its key manager is."""

    def __init__(self, site):
        self.site = site

    def __enter__(self):
        self.log = open(self.site + ".log", "w+")
        self.process = subprocess.Popen([os.path.join(PROGRAMS, "yikad"), "--site", self.site, "--set", "web.listen=",
                                         "--set", "terminal.listen=127.0.0.1:0"], stderr=self.log, stdout=self.log)
        for _ in range(400):
            with open(self.site + ".log") as log:
                if "kms.ready" in log.read():
                    return self
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        with open(self.site + ".log") as log:
            raise SystemExit("Bail out! yikad is not ready: " + log.read())

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.status = self.process.wait(30)
        self.log.close()


def sha256(path):
    with open(path, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest().upper()


def main():
    work = tempfile.mkdtemp(prefix="yika-backup-")
    site, copy, alone = (os.path.join(work, name) for name in ("site", "copy", "alone"))
    try:
        check("a site with a campus", [yika("init", "--site", site, "--test-keys")[0], yika("demo", "--site", site)[0]], [0, 0])
        with Daemon(site):
            status, out, err = yika("backup", "--site", site, "--out", copy)
            check("a copy of what runs", status, 0)
            told = re.findall(r"^(\S+)  \d+ bytes, SHA-256 ([0-9A-F]{64})$", out, re.M)
            check("each file with its check sum", told,
                  [(os.path.join(copy, name), sha256(os.path.join(copy, name))) for name in FILES])
            check("nobody else reads it", [oct(os.stat(os.path.join(copy, name)).st_mode & 0o777) for name in FILES], ["0o600"] * 4)
            check("the key manager alone", [yika("backup", "--kms", os.path.join(site, "kms"), "--out", alone)[0], sorted(os.listdir(alone))],
                  [0, ["kms.conf", "kms.db"]])
            for name, args, code in [("into a folder with something in it", ["--site", site, "--out", copy], "FILE_WRITE"),
                                     ("no site", ["--site", work, "--out", os.path.join(work, "a")], "SITE_MISSING"),
                                     ("neither", ["--out", os.path.join(work, "b")], "USAGE"),
                                     ("both", ["--site", site, "--kms", site, "--out", os.path.join(work, "c")], "USAGE"),
                                     ("nowhere", ["--site", site, "--out", os.path.join(work, "no", "d")], "FILE_WRITE")]:
                status, out, err = yika("backup", *args)
                check("refused: " + name, [status != 0, f"[{code}]" in err], [True, True])
            check("and nothing made", sorted(os.listdir(work)), ["alone", "copy", "site", "site.log"])
        before = yika("verify", "--site", site)
        os.mkdir(os.path.join(copy, "kms"), 0o700)
        for name in ("kms.conf", "kms.db"):
            os.rename(os.path.join(copy, name), os.path.join(copy, "kms", name))
        shutil.copytree(os.path.join(site, "kms", "token"), os.path.join(copy, "kms", "token"))
        shutil.rmtree(site)
        os.rename(copy, site)
        with Daemon(site) as again:
            time.sleep(1)
        with open(site + ".log") as log:
            text = log.read()
        check("the copy is a site again, and stops cleanly", [again.status, "error" in text.lower()], [0, False])
        after = yika("verify", "--site", site)
        check("its book is clean", [after[0], "clean:" in after[1]], [0, True])
        last = [re.search(r"last row \d+, last hash \w+", one[1])[0] for one in (before, after)]
        check("and the same", last[1], last[0])
    finally:
        shutil.rmtree(work)
    raise SystemExit(tap.finish())


main()

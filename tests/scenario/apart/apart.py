#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An installed site as its units run it: each program with its own user, the key manager reached through its sockets alone.

Needs root or sudo: it becomes other users. Prints TAP.
"""
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import tap
from tap import check

BUILD = os.environ["YIKA_BUILD"]
# Users that every Debian has, in the places of yika-kms, yika and a stranger.
KMS, PLATFORM, STRANGER = "daemon", "games", "mail"
READY_S = 60


def as_root(*words):
    return list(words) if os.geteuid() == 0 else ["sudo", "-n", "--preserve-env", *words]


def as_user(user, *words):
    groups = ["--groups", KMS] if user == PLATFORM else ["--clear-groups"]
    return as_root("setpriv", "--reuid", user, "--regid", user, *groups, "--", *words)


def run(words, **more):
    return subprocess.run([str(w) for w in words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=240, **more)


def done(words):
    ran = run(words)
    if ran.returncode != 0:
        raise SystemExit(f"Bail out! {' '.join(map(str, words))} ended with {ran.returncode}:\n{ran.stdout}")
    return ran.stdout


class Place:
    """One directory tree as an installed machine has it."""

    def __init__(self):
        self.top = pathlib.Path(tempfile.mkdtemp(prefix="yika-apart-"))
        self.top.chmod(0o755)
        self.prefix = self.top / "usr/local"
        self.kms, self.run, self.site = (self.top / "var" / n for n in ("kms", "run", "site"))
        self.children = []

    def program(self, name):
        return self.prefix / "bin" / name

    def install(self):
        done(["env", f"DESTDIR={self.top}", "meson", "install", "-C", BUILD, "--no-rebuild", "--quiet"])
        done(as_root("mkdir", "-p", self.top / "var"))
        for path, user, mode in ((self.kms, KMS, "0700"), (self.run, KMS, "0750"), (self.site, PLATFORM, "0700")):
            done(as_root("install", "-d", "-o", user, "-g", user, "-m", mode, path))

    def start(self, user, log, *words):
        out = open(self.top / log, "w")
        child = subprocess.Popen([str(w) for w in as_user(user, *words)], stdout=out, stderr=out)
        self.children.append(child)
        return child

    def said(self, log, word):
        """Waits until the log holds it."""
        until = time.monotonic() + READY_S
        while time.monotonic() < until:
            text = (self.top / log).read_text()
            if word in text:
                return True
            time.sleep(0.1)
        print((self.top / log).read_text()[-3000:], file=sys.stderr)
        return False

    def close(self):
        for child in reversed(self.children):
            done(as_root("sh", "-c", f"kill -TERM {child.pid} 2>/dev/null; true"))
            child.wait(timeout=30)
        done(as_root("rm", "-rf", self.top))


def units(p):
    """The units name what exists and say nothing that systemd does not know."""
    folder = p.top / "units"
    folder.mkdir()
    for unit in sorted((p.prefix / "lib/systemd/system").iterdir()):
        text = unit.read_text().replace("/usr/local/", f"{p.prefix}/")
        (folder / unit.name).write_text(text)
    names = sorted(u.name for u in folder.iterdir())
    check("the units are installed", names, ["yika-kms-front.service", "yika-kms.service", "yikad.service"])
    verified = run(["systemd-analyze", "verify", "--man=no", *(folder / n for n in names)])
    ours = [line for line in verified.stdout.splitlines() if "yika" in line]
    check("systemd has nothing to say of them", (verified.returncode, ours), (0, []))


def users(p):
    """Users and groups, written into a tree of their own."""
    root = p.top / "root"
    (root / "etc").mkdir(parents=True)
    done(["systemd-sysusers", f"--root={root}", p.prefix / "lib/sysusers.d/yika.conf"])
    names = {line.split(":")[0] for line in (root / "etc/passwd").read_text().splitlines()}
    members = {g[0]: g[3].split(",") for g in (line.split(":") for line in (root / "etc/group").read_text().splitlines())}
    check("each program has a user of its own", {"yika", "yika-kms", "yika-kms-front"} <= names)
    check("the platform and the TLS front may come in at the key manager's sockets", sorted(members["yika-kms"]), ["yika", "yika-kms-front"])


def make(p):
    sockets = [f"socket.{name}={p.run}/{name}.sock" for name in ("officers", "service")]
    done(as_user(KMS, p.program("yika"), "init-kms", "--dir", p.kms, "--test-keys", *sockets, f"socket.platform_user={PLATFORM}"))
    again = run(as_user(KMS, p.program("yika"), "init-kms", "--dir", p.kms))
    check("a second one is not made over the first", (again.returncode, "SITE_EXISTS" in again.stdout), (2, True))
    wrong = run(as_user(KMS, p.program("yika"), "init-kms", "--dir", p.run, "socket.offices=x"))
    check("a setting that there is not is refused, and nothing stays", (wrong.returncode, "CONF_UNKNOWN_KEY" in wrong.stdout, list(p.run.iterdir())), (2, True, []))
    p.start(KMS, "kms.log", p.program("yika-kms"), "--dir", p.kms)
    check("the key manager is ready", p.said("kms.log", "kms.ready"))
    done(as_user(PLATFORM, p.program("yika"), "init", "--site", p.site, "--kms", f"{p.run}/service.sock"))
    done(as_user(PLATFORM, p.program("yika"), "demo", "--site", p.site, "--days", "2"))
    p.start(PLATFORM, "yikad.log", p.program("yikad"), "--site", p.site, "--set", "web.listen=127.0.0.1:0", "--set", "terminal.listen=127.0.0.1:0",
            "--set", "terminal.listen_tls=")
    check("the platform is ready", p.said("yikad.log", "yikad.ready"))


def logged(p, word):
    """The values in the first line of the platform's log that holds the word."""
    line = next(line for line in (p.top / "yikad.log").read_text().splitlines() if word in line)
    return dict(w.split("=", 1) for w in line.split() if "=" in w)


def sell(p):
    health = urllib.request.urlopen(f"http://127.0.0.1:{logged(p, 'rest.ready')['port']}/api/v1/health", timeout=10)
    check("the platform is well", (health.status, json.load(health)["status"]), (200, "ok"))
    script = p.top / "script"
    script.write_text("wait online\nsale 3.50 card 26000001\nexpect approved\n")
    host = f"127.0.0.1:{logged(p, 'yikad.ready')['terminal_port']}"
    sold = run(as_user(PLATFORM, p.program("yika-pos"), "--script", script, "--sam", p.site / "demo-till.sam", "--passphrase",
                       p.site / "demo-till.passphrase", "--host", host, "--journal", p.site / "till.journal"))
    check("a till signs in and sells", (sold.returncode, "amount=3.50 approved" in sold.stdout), (0, True))


def walls(p):
    for path in ("kms.conf", "kms.db", "token/user-pin", "first-officer-invitation"):
        check(f"the platform's user cannot read the key manager's {path}", run(as_user(PLATFORM, "cat", p.kms / path)).returncode != 0)
    check("the key manager's user cannot read the site's store", run(as_user(KMS, "cat", p.site / "yika.db")).returncode != 0)
    for name in ("service", "officers"):
        probe = "import socket,sys; s=socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])"
        check(f"a stranger cannot come in at {name}.sock", run(as_user(STRANGER, sys.executable, "-c", probe, p.run / f"{name}.sock")).returncode != 0)


def main():
    p = Place()
    # Pythons of people's own may lie where other users cannot go.
    sys.executable = "/usr/bin/python3"
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        p.install()
        units(p)
        users(p)
        make(p)
        sell(p)
        walls(p)
    finally:
        p.close()
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A terminal is registered and authorised as docs/administrator.md says, with the real programs: subsystem, row, card by
two officers, registration at the machine, first sale; and the card a second time, on another machine, with a wrong PIN.

usage: authorise.py

Prints TAP. Takes about two minutes: a one-time code is good once, so officers wait for their next one.
"""
import base64
import hashlib
import hmac
import json
import os
import shutil
import socket
import struct
import subprocess
import tempfile
import time

import tap
from tap import check

ROOT = os.environ.get("YIKA_ROOT", ".")
BUILD = os.environ.get("YIKA_BUILD", os.path.join(ROOT, "build"))
PROGRAMS = os.path.join(BUILD, "src", "programs")
YIKA = os.path.join(PROGRAMS, "yika")
PASSWORD = "correct horse battery"
CARD_PIN = "2468-1357"
NODE = "10010001"
STEP = 30


class Site:
    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="yika-authorise-")
        self.site = os.path.join(self.dir, "site")
        self.run_dir = os.path.join(self.dir, "run")
        os.mkdir(self.run_dir, 0o700)
        self.daemon = None
        self.secrets = {}
        self.used = {}

    def path(self, name):
        return os.path.join(self.dir, name)

    def yika(self, *args, stdin=""):
        env = dict(os.environ, XDG_RUNTIME_DIR=self.run_dir)
        done = subprocess.run([YIKA, *args], input=stdin, text=True, capture_output=True, env=env, timeout=120)
        return done.returncode, done.stdout, done.stderr

    def must(self, *args, stdin=""):
        status, out, err = self.yika(*args, stdin=stdin)
        if status:
            raise SystemExit(f"Bail out! yika {' '.join(args)}: {out}{err}")
        return out

    def tell(self, *args, stdin=""):
        status, out, err = self.yika("tell", "--site", self.site, *args, stdin=stdin)
        try:
            return json.loads(out)
        except ValueError:
            return {"code": f"{status}: {err}"}

    def start(self):
        log = open(self.path("yikad.log"), "ab")
        self.daemon = subprocess.Popen([os.path.join(PROGRAMS, "yikad"), "--site", self.site, "--set", "web.listen=",
                                        "--set", "terminal.listen=127.0.0.1:0", "--set", "terminal.subsystem_ranges=10.0.0.0/8 127.0.0.0/8"], stderr=log)
        for _ in range(300):
            answer = self.tell("status")
            if answer.get("code") == "SUCCESS":
                return answer["terminal"]
            time.sleep(0.1)
        raise SystemExit("Bail out! the daemon does not come up")

    def stop(self):
        if self.daemon:
            self.daemon.terminate()
            self.daemon.wait(30)
        shutil.rmtree(self.dir, ignore_errors=True)

    # --- officers ---

    def ask(self, **request):
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(os.path.join(self.site, "kms", "officers.sock"))
            s.sendall(json.dumps(request).encode() + b"\n")
            answer = b""
            while not answer.endswith(b"\n"):
                answer += s.recv(65536)
        return json.loads(answer)

    def code(self, name):
        while int(time.time()) // STEP <= self.used.get(name, 0):
            time.sleep(0.5)
        step = self.used[name] = int(time.time()) // STEP
        secret = self.secrets[name]
        digest = hmac.new(base64.b32decode(secret + "=" * (-len(secret) % 8)), struct.pack(">Q", step), hashlib.sha1).digest()
        at = digest[-1] & 15
        return f"{(struct.unpack('>I', digest[at:at + 4])[0] & 0x7FFFFFFF) % 10**6:06d}"

    def enter(self, name, invitation):
        told = self.ask(command="invited", name=name, invite=invitation)
        self.secrets[name] = told["secret"]
        entered = self.ask(command="enter", name=name, invite=invitation, password=PASSWORD, secret=told["secret"],
                           code=self.code(name))
        check(f"{name} has entered", entered["code"], "SUCCESS")

    def login(self, name):
        self.must("key", "--dir", os.path.join(self.site, "kms"), "login", name, stdin=f"{PASSWORD}\n{self.code(name)}\n")

    def order(self, name, *words, stdin="", extra=()):
        status, out, err = self.yika("key", "--dir", os.path.join(self.site, "kms"), "--as", name, "--json", *extra, *words,
                                     stdin=stdin)
        try:
            return json.loads(out)
        except ValueError:
            return {"code": "SUCCESS" if status == 0 else err}


def write(path, text):
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    return path


def prepare(s):
    s.must("init", "--site", s.site, "--test-keys")
    merchants = write(s.path("merchants.csv"), "merchant_no,name,park\n100100000000001,食堂,1\n")
    terminals = write(s.path("terminals.csv"), "node_id,sam_no,merchant_no,type,location\n"
                      f"{NODE},100020000001,100100000000001,till,第一食堂\n")
    s.must("import", "--site", s.site, "--kind", "merchants", merchants)
    s.must("import", "--site", s.site, "--kind", "terminals", terminals)
    people = write(s.path("people.csv"), "card_no,person_no,name,sex,department\n180001,S1,张三,男,计算机系\n")
    openings = write(s.path("openings.csv"), "card_no,balance,counter\n180001,100.00,0\n")
    s.must("import", "--site", s.site, "--kind", "people", people)
    s.must("import", "--site", s.site, "--kind", "openings", openings)


def officers(s):
    with open(os.path.join(s.site, "kms", "first-officer-invitation"), encoding="utf-8") as f:
        s.enter("mk", f.read().strip())
    s.login("mk")
    for name in ("key1", "key2"):
        told = s.order("mk", "officer.add", f"name={name}", f"person=p-{name}", "roles=key")
        s.enter(name, told["invitation"])
    for name in ("key1", "key2"):
        s.login(name)


def subsystems(s):
    add = ["subsystem-add", "--code", "10", "--processor", "01", "--name", "食堂", "--owner", "后勤处", "--range", "127.0.0.1"]
    for outside in ("192.168.0.0/16", "0.0.0.0/0", ""):
        check(f"outside the site's ranges: {outside!r}", s.tell(*add[:-1], outside)["code"], "SUBSYSTEM_INVALID")
    check("a card's node needs its subsystem", s.tell("terminal-authorise", "--node", NODE)["code"], "AUTHCARD_NOT_FOUND")
    check("transactions that there are not", s.tell(*add, "--allow", "purchase sell")["code"], "SUBSYSTEM_INVALID")
    check("subsystem", s.tell(*add, "--allow", "purchase void balance")["code"], "SUCCESS")
    check("its code again", s.tell(*add)["code"], "SUBSYSTEM_EXISTS")
    add[2] = "11"
    check("its processor number again", s.tell(*add)["code"], "SUBSYSTEM_EXISTS")
    check("list", [(x["code"], x["allow"]) for x in s.tell("subsystem-list")["subsystems"]], [("10", "purchase void balance")])
    wrong = s.tell("subsystem-address", "--code", "10", "--range", "127.0.0.0/8", "--operator", "admin", stdin="wrong\n")
    check("a wrong password proposes nothing", wrong["code"], "ACCESS_LOGIN_FAILED")
    with open(os.path.join(s.site, "first-admin-password"), encoding="utf-8") as f:
        password = f.read().strip()
    who = ["--code", "10", "--range", "127.0.0.0/8", "--operator", "admin"]
    check("proposed", s.tell("subsystem-address", *who, stdin=password + "\n")["code"], "SUCCESS")
    check("not by the same", s.tell("subsystem-agree", *who, stdin=password + "\n")["code"], "SUBSYSTEM_PERSON")
    check("waits", s.tell("subsystem-list")["subsystems"][0]["proposed"], "127.0.0.0/8")


def card(s, transport):
    asked = s.order("key1", "authcard.issue", f"node={NODE}", "sam=100020000001", "merchant=100100000000001",
                    f"transport={transport}")
    check("two officers", asked["code"], "APPROVAL_NEEDED")
    check("agreed", s.order("key2", "approval.agree", f"id={asked['approval']}")["code"], "SUCCESS")
    made = s.order("key1", "do", str(asked["approval"]))
    check("issued", made["code"], "SUCCESS")
    path = s.path("till.card")
    s.order("key1", "authcard.write", f"id={made['id']}", stdin=f"{CARD_PIN}\n{CARD_PIN}\n", extra=("--out", path))
    check("written", os.path.exists(path), True)
    return path


def authorise(s, machine, card_file, address, pin=CARD_PIN, name="till"):
    return s.yika("authorise", "--card", card_file, "--transport", s.path(f"{name}.transport"), "--passphrase",
                  s.path("till.pass"), "--out", s.path(f"{name}.sam"), "--host", address, "--machine", machine, stdin=pin + "\n")


def new_transport(s, name):
    return s.must("authorise", "--new", "--transport", s.path(f"{name}.transport"), "--passphrase", s.path("till.pass")).strip()


def register(s, address):
    write(s.path("till.pass"), "a passphrase of this machine\n")
    card_file = card(s, new_transport(s, "till"))
    new_transport(s, "other")
    shutil.copy(card_file, s.path("copy.card"))
    shutil.copy(s.path("till.transport"), s.path("copied.transport"))
    check("before the registry knows", authorise(s, "PC-1", card_file, address)[0], 1)
    check("no SAM", os.path.exists(s.path("till.sam")), False)
    check("authorised", s.tell("terminal-authorise", "--node", NODE)["code"], "SUCCESS")
    status, _, err = authorise(s, "PC-1", card_file, address, pin="2468-1358")
    check("a wrong PIN", (status, "PASSPHRASE_WRONG" in err, "2 left" in err), (1, True, True))
    shutil.copy(s.path("copy.card"), s.path("locked.card"))
    said = [authorise(s, "PC-1", s.path("locked.card"), address, pin=f"2468-000{n}")[2] for n in range(3)]
    check("three wrong PINs lock the card", ["PASSPHRASE_WRONG" in said[0], "PASSPHRASE_WRONG" in said[1], "AUTHCARD_LOCKED" in said[2]], [True] * 3)
    status, _, err = authorise(s, "PC-1", s.path("locked.card"), address)
    check("the right one comes too late", (status, "AUTHCARD_LOCKED" in err), (1, True))
    check("nothing of the card is left", open(s.path("locked.card"), "rb").read(), b"YIKA-CARD-LOCKED\n")
    status, _, err = authorise(s, "PC-9", card_file, address, name="other")
    check("another machine's transport key", (status, "AUTHCARD_FOREIGN" in err), (1, True))
    status, out, err = authorise(s, "PC-1", card_file, address)
    check("registered", (status, "is registered" in out, err), (0, True, ""))
    status, _, err = authorise(s, "PC-1", card_file, address, name="copied")
    check("the card is used", (status, "AUTHCARD_USED" in err), (1, True))
    status, _, err = authorise(s, "PC-2", s.path("copy.card"), address, name="copied")
    check("a copy on another machine", (status, "ENROL_REFUSED" in err, "97" in err), (1, True, True))
    check("no SAM of it", os.path.exists(s.path("copied.sam")), False)
    cards = s.order("key1", "authcard.list")["cards"]
    check("burnt at the key centre", cards[0]["state"], "USED")
    check("alarm", s.tell("status")["alarms"] >= 1, True)


def first_sale(s, address):
    script = write(s.path("till.script"), "wait online\nsale 1.00 card 180001\nquit\n")
    done = subprocess.run([os.path.join(PROGRAMS, "yika-pos"), "--sam", s.path("till.sam"), "--passphrase", s.path("till.pass"),
                           "--host", address, "--journal", s.path("till.journal"), "--script", script],
                          text=True, capture_output=True, timeout=120)
    check("the till signs in with it", "online" in done.stdout, True)
    check("and asks for a sale", "sale tsn=1 amount=1.00 approved code=00" in done.stdout or done.stdout, True)


def blocked(s, address):
    check("blocked", s.tell("subsystem-block", "--code", "10")["code"], "SUCCESS")
    script = write(s.path("blocked.script"), "limit 5\nwait online\n")
    done = subprocess.run([os.path.join(PROGRAMS, "yika-pos"), "--sam", s.path("till.sam"), "--passphrase", s.path("till.pass"),
                           "--host", address, "--journal", s.path("till.journal"), "--script", script],
                          text=True, capture_output=True, timeout=120)
    check("nobody of it signs in", "code=97" in done.stderr, True)
    check("unblocked", s.tell("subsystem-unblock", "--code", "10")["code"], "SUCCESS")


def secrets_stay(s):
    """The card's PIN in none of the files and logs that all of this left."""
    texts = []
    for base, _, names in os.walk(s.dir):
        for name in names:
            path = os.path.join(base, name)
            if os.path.isfile(path):
                with open(path, "rb") as f:
                    texts.append(f.read())
    check("no PIN anywhere", any(CARD_PIN.encode() in t for t in texts), False)


def main():
    s = Site()
    try:
        prepare(s)
        address = s.start()
        officers(s)
        subsystems(s)
        register(s, address)
        first_sale(s, address)
        blocked(s, address)
        secrets_stay(s)
    finally:
        s.stop()
    raise SystemExit(tap.finish())


main()

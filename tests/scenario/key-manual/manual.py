#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Carry out the key officers' manual as it is written, on a fresh site, and compare what it shows with the screen.

usage: manual.py [--show] --authority PROGRAM MANUAL.md OTHER-LANGUAGE.md

Blocks that begin with "```console key-manual" are typed at one terminal in their order. Their lines are
"$ command" (a line that ends in \\ goes on in the next), then what is seen: … stands for what differs from one
site to the next, alone on a line for any number of lines. /srv and /media are below a directory of the test; a block
with "new-machine" begins with an empty /srv and another shell, and the sticks of before.
After a certificate request was sent the authority's answer lies beside it.
Prints TAP. --show prints the screens.
"""
import argparse
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time

from screen import Clock, Officers, Screen

ROOT = os.environ.get("YIKA_ROOT", ".")
BUILD = os.path.abspath(os.environ.get("YIKA_BUILD", os.path.join(ROOT, "build")))
FENCE = "```console key-manual"
NEW_MACHINE = FENCE + " new-machine"
START_S = 30
PLACES = ("/srv/", "/media/")
STICKS = ("mk", "so1", "so2", "so3", "backup")


class Step:
    """One command of the manual and the screen below it."""

    def __init__(self, chapter, line, command, anew):
        self.chapter, self.line, self.command, self.anew, self.shown = chapter, line, command, anew, []

    def same_as(self, other):
        return (self.command, self.anew, self.shown) == (other.command, other.anew, other.shown)


def steps_of(path):
    steps, chapter, inside, joined, anew = [], "", False, False, False
    with open(path, encoding="utf-8") as f:
        for number, line in enumerate(f, 1):
            line = line.rstrip("\n")
            if line.startswith("## "):
                chapter = line[3:]
            elif line.startswith("```"):
                inside, anew = line in (FENCE, NEW_MACHINE), line == NEW_MACHINE
            elif inside and joined:
                steps[-1].command += " " + line.strip().rstrip("\\").rstrip()
                joined = line.endswith("\\")
            elif inside and line.startswith("$ "):
                steps.append(Step(chapter, number, line[2:].rstrip("\\").rstrip(), anew))
                anew = False
                joined = line.endswith("\\")
            elif inside:
                steps[-1].shown.append(line.rstrip())
    return steps


def pattern_of(shown):
    lines = []
    for line in shown:
        lines.append(r"(?:[^\n]*\n)*" if line == "…" else
                     ".*?".join(re.escape(part) for part in line.split("…")) + r"[ ]*\n")
    return re.compile("".join(lines) + r"\Z")


class Machine:
    """A directory that stands for the machine: /srv and /media of the manual are in it."""

    def __init__(self, authority):
        self.authority = authority
        self.root = tempfile.mkdtemp(prefix="yika-manual-")
        for name in STICKS:
            os.makedirs(os.path.join(self.root, "media", name), 0o700)
        self.clock = Clock(os.path.join(self.root, "clock"))
        self.officers = Officers(self.clock)
        self.screen = None
        self.start_anew()

    def start_anew(self):
        self.end_programs()
        shutil.rmtree(os.path.join(self.root, "srv"), ignore_errors=True)
        os.makedirs(os.path.join(self.root, "srv"))
        environment = dict(os.environ, HOME=self.root, LANG="C.UTF-8",
                           PATH=os.path.join(BUILD, "src", "programs") + ":" + os.environ["PATH"])
        for name in ("XDG_RUNTIME_DIR", "YIKA_KMS"):
            environment.pop(name, None)
        self.screen = Screen(self.root, environment, self.officers)

    def end_programs(self):
        if self.screen:
            self.screen.run("kill %1; wait")
            self.screen.close()

    def close(self):
        self.end_programs()
        shutil.rmtree(self.root, ignore_errors=True)

    def here(self, text):
        return re.sub(r"(?<![\w/.-])(?=(?:%s))" % "|".join(PLACES), lambda _: self.root, text)

    def run(self, command):
        command = self.here(command)
        shown = self.screen.run(command)
        made = re.search(r"^yika init --site (\S+)", command)
        started = re.search(r"^yikad --site (\S+)|^yika-kms --dir (\S+)", command)
        if made:
            self.settle(made[1])
        if "request.sent" in command:
            self.answer_request()
        if started:
            self.keys = started[2] or started[1] + "/kms"
        if started or command.startswith("kill"):
            wait_for_officers(self.keys, bool(started))
        return shown.replace(self.root, "")

    def answer_request(self):
        request = os.path.join(self.root, "media", "mk", "62258800-000123")
        subprocess.run([self.authority, *authority_primes(), "generic", request + ".ipk", request + ".ans"], check=True)

    def settle(self, site):
        """What a test cannot leave as it is: ports that others may use, and the time."""
        path = os.path.join(site, "yika.conf")
        with open(path, encoding="utf-8") as f:
            conf = f.read()
        conf = re.sub(r"^listen = .*$", lambda _: f"listen = 127.0.0.1:{free_port()}", conf, flags=re.M)
        conf = re.sub(r"^clock = .*$", f"clock = {self.clock.path}", conf, flags=re.M)
        with open(path, "w", encoding="utf-8") as f:
            f.write(conf)
        path = os.path.join(site, "kms", "kms.conf")
        with open(path, encoding="utf-8") as f:
            conf = re.sub(r"^clock = .*$", f"clock = {self.clock.path}", f.read(), flags=re.M)
        with open(path, "w", encoding="utf-8") as f:
            f.write(conf)


def authority_primes():
    with open(os.path.join(ROOT, "tests", "vectors", "emv", "emv.txt"), encoding="utf-8") as f:
        known = dict(line.split() for line in f if line.startswith(("ca-p ", "ca-q ")))
    return known["ca-p"], known["ca-q"]


def wait_for_officers(directory, there):
    """Until the key manager is there, or is not: as a person does who waits ten seconds."""
    end = time.time() + START_S
    while time.time() < end:
        with socket.socket(socket.AF_UNIX) as s:
            if (s.connect_ex(os.path.join(directory, "officers.sock")) == 0) == there:
                return
        time.sleep(0.05)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Tap:
    def __init__(self):
        self.count = self.failures = 0

    def check(self, name, ok, *notes):
        self.count += 1
        self.failures += not ok
        print(f"{'ok' if ok else 'not ok'} {self.count} - {name}", flush=True)
        if not ok:
            for note in notes:
                print("# " + note.rstrip("\n").replace("\n", "\n# "), flush=True)
        return ok

    def end(self):
        print(f"1..{self.count}")
        return 1 if self.failures else 0


def carry_out(steps, machine, tap, show):
    screens = ""
    for step in steps:
        if step.anew:
            machine.start_anew()
        shown = machine.run(step.command)
        screens += shown
        if show:
            print(f"--- {step.line}: $ {step.command}\n{shown}", end="", flush=True)
        if not tap.check(f"{step.chapter}, line {step.line}: {step.command}"[:150].replace("#", ""),
                         pattern_of(step.shown).match(shown), "the screen:\n" + shown,
                         "the manual:\n" + "\n".join(step.shown)) and not show:
            return
    tap.check("nothing that was typed unseen stands on the screen",
              not any(text in screens for text in machine.officers.typed))


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--show", action="store_true")
    arguments.add_argument("--authority", required=True)
    arguments.add_argument("manuals", nargs="+")
    given = arguments.parse_args()
    tap = Tap()
    manuals = [steps_of(p) for p in given.manuals]
    for other in manuals[1:]:
        differing = [f"line {a.line}: {a.command}\nline {b.line}: {b.command}"
                     for a, b in zip(manuals[0], other) if not a.same_as(b)]
        tap.check("the languages show the same commands and screens",
                  not differing and len(other) == len(manuals[0]), *differing[:3],
                  f"{len(manuals[0])} and {len(other)} commands")
    machine = Machine(given.authority)
    try:
        carry_out(manuals[0], machine, tap, given.show)
    finally:
        machine.close()
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())

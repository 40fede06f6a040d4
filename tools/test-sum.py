#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""test-sum.py DIR: add up what the steps of `make test` left in DIR; the last line is `N passed, N failed`.

NAME.status   exit status of a step; the step itself is one test
NAME-tap.log  TAP of a step: each of its points is a test
meson.json    Meson's testlog.json: a JSON object a line, with the TAP of each test program
meson-tests.json  Meson's intro-tests.json: the tests there are

What did not run did not pass: a skipped point, a missing or unmet plan, a crash, a time-out and a step without
a single point each count as failed. Exit status 0 only when nothing failed and something passed.
"""

import json
import pathlib
import re
import sys

POINT = re.compile(r"^(not )?ok\b(.*)$")
PLAN = re.compile(r"^1\.\.(\d+)\b")
LEFT_OUT = {"soak", "bench"}
END_LINES = 20
DIRECTIVE = re.compile(r"#\s*(skip|todo)\b", re.I)


class Sum:
    def __init__(self):
        self.passed = 0
        self.failed = 0

    def fail(self, what):
        self.failed += 1
        print(f"failed: {what}")

    @staticmethod
    def show_end(text):
        """The last lines of a program that did not get to its end: what it did then."""
        for line in text.splitlines()[-END_LINES:]:
            print(f"  {line}")

    def tap(self, name, text, succeeded):
        """Count the points of a TAP stream that came from a program which ended well or not."""
        plan, points, before = None, 0, self.failed
        for line in text.splitlines():
            if match := PLAN.match(line):
                plan = int(match[1])
            elif match := POINT.match(line):
                points += 1
                if match[1] or DIRECTIVE.search(match[2]):
                    self.fail(f"{name}:{match[2]}")
                else:
                    self.passed += 1
            elif line.startswith("Bail out!"):
                self.fail(f"{name}: {line}")
        if plan is None:
            self.fail(f"{name}: ended before its plan")
            self.show_end(text)
        elif plan != points or plan == 0:
            self.fail(f"{name}: {points} tests of {plan} planned")
        elif not succeeded and self.failed == before:
            self.fail(f"{name}: did not end well")

    def meson(self, log, planned):
        """Count Meson's log of what ran against the tests that the build files name (name: protocol)."""
        ran = {}
        for line in log.splitlines():
            test = json.loads(line)
            ran[test["name"].split(" / ")[-1]] = test
        for name, protocol in planned.items():
            if name not in ran:
                self.fail(f"{name}: did not run")
            elif protocol == "tap":
                before = self.failed
                self.tap(name, ran[name].get("stdout", ""), ran[name]["result"] == "OK")
                if self.failed > before:
                    print(f"  {name}: {ran[name]['result']} after {ran[name].get('duration', 0):.0f} s")
                    self.show_end(ran[name].get("stderr", ""))
            elif ran[name]["result"] == "OK":
                self.passed += 1
            else:
                self.fail(f"{name}: {ran[name]['result']}")


def read(path):
    return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""


def planned_tests(text):
    """Name and protocol of each test in Meson's introspection, without those that `make test` leaves out."""
    tests = json.loads(text or "[]")
    return {t["name"]: t["protocol"] for t in tests if not {s.split(":")[-1] for s in t["suite"]} & LEFT_OUT}


def main():
    folder = pathlib.Path(sys.argv[1])
    total = Sum()
    for status in sorted(folder.glob("*.status")):
        name, ok = status.stem, status.read_text().strip() == "0"
        if name.endswith("-tap"):
            total.tap(name.removesuffix("-tap"), read(folder / f"{name}.log"), ok)
        elif name == "meson":
            before = total.failed
            total.meson(read(folder / "meson.json"), planned_tests(read(folder / "meson-tests.json")))
            if not ok and total.failed == before:
                total.fail("meson: did not end well")
        elif ok:
            total.passed += 1
        else:
            total.fail(name)
    if total.passed + total.failed == 0:
        total.fail("no test ran")
    print(f"{total.passed} passed, {total.failed} failed")
    return 1 if total.failed else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tap_unittest.py DIR: run the *_test.py of DIR and print TAP, a point for each test."""

import sys
import unittest


class TapResult(unittest.TestResult):
    def __init__(self):
        super().__init__()
        self.count = 0

    def point(self, word, test, text=""):
        self.count += 1
        print(f"{word} {self.count} - {test.id()}")
        for line in text.splitlines():
            print(f"# {line}")

    def addSuccess(self, test):
        self.point("ok", test)

    def addError(self, test, err):
        super().addError(test, err)
        self.point("not ok", test, self.errors[-1][1])

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.point("not ok", test, self.failures[-1][1])

    def addSkip(self, test, reason):
        self.point("not ok", test, f"skipped: {reason}")


def main():
    suite = unittest.defaultTestLoader.discover(sys.argv[1], pattern="*_test.py")
    outcome = TapResult()
    suite.run(outcome)
    print(f"1..{outcome.count}")
    return 0 if outcome.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())

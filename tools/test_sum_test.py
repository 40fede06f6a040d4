# SPDX-License-Identifier: Apache-2.0
"""The sum of `make test` calls nothing passed that did not pass."""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).with_name("test-sum.py")


def run_on(files):
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            pathlib.Path(folder, name).write_text(text)
        done = subprocess.run([sys.executable, SCRIPT, folder], capture_output=True, text=True, check=False)
        return done


def sum_of(files):
    done = run_on(files)
    return done.stdout.splitlines()[-1], done.returncode


def meson(*tests):
    """Files of a Meson step: (name, protocol, suite, result or None when it never ran, standard output) each."""
    plan = [{"name": t[0], "protocol": t[1], "suite": [t[2]]} for t in tests]
    log = [json.dumps({"name": t[0], "result": t[3], "stdout": t[4]}) for t in tests if t[3]]
    ok = all(t[3] in ("OK", None) for t in tests)
    return {"meson.status": "0" if ok else "1", "meson.json": "\n".join(log), "meson-tests.json": json.dumps(plan)}


class TapSteps(unittest.TestCase):
    def check(self, log, status, passed, failed):
        files = {"x-tap.log": log, "x-tap.status": str(status)}
        self.assertEqual(sum_of(files), (f"{passed} passed, {failed} failed", 1 if failed else 0))

    def test_each_point_counts(self):
        self.check("ok 1 - a\nok 2 - b\n1..2\n", 0, 2, 0)

    def test_a_failed_point_fails_once(self):
        self.check("ok 1 - a\nnot ok 2 - b\n1..2\n", 1, 1, 1)

    def test_a_skipped_point_fails(self):
        self.check("ok 1 - a # SKIP no server\n1..1\n", 0, 0, 1)

    def test_an_unfinished_point_fails(self):
        self.check("not ok 1 - a # todo later\n1..1\n", 0, 0, 1)

    def test_a_missing_plan_fails(self):
        self.check("ok 1 - a\n", 0, 1, 1)

    def test_too_few_points_fail(self):
        self.check("ok 1 - a\n1..2\n", 0, 1, 1)

    def test_an_empty_plan_fails(self):
        self.check("1..0\n", 0, 0, 1)

    def test_a_bad_exit_after_good_points_fails(self):
        self.check("ok 1 - a\n1..1\n", 1, 1, 1)

    def test_words_that_only_begin_like_a_point_do_not_count(self):
        self.check("okay\nok 1 - a\n1..1\n", 0, 1, 0)


class PlainSteps(unittest.TestCase):
    def test_a_step_is_one_test(self):
        self.assertEqual(sum_of({"build.status": "0", "lint.status": "0"}), ("2 passed, 0 failed", 0))
        self.assertEqual(sum_of({"build.status": "0", "lint.status": "2"}), ("1 passed, 1 failed", 1))

    def test_nothing_at_all_fails(self):
        self.assertEqual(sum_of({}), ("0 passed, 1 failed", 1))


class MesonSteps(unittest.TestCase):
    def test_points_and_plain_programs_add_up(self):
        files = meson(("a", "tap", "yika", "OK", "ok 1 - x\nok 2 - y\n1..2\n"), ("b", "exitcode", "yika", "OK", ""))
        self.assertEqual(sum_of(files), ("3 passed, 0 failed", 0))

    def test_a_crash_after_the_plan_fails(self):
        files = meson(("a", "tap", "yika", "ERROR", "ok 1 - x\n1..1\n"))
        self.assertEqual(sum_of(files), ("1 passed, 1 failed", 1))

    def test_a_time_out_without_output_fails(self):
        self.assertEqual(sum_of(meson(("a", "tap", "yika", "TIMEOUT", ""))), ("0 passed, 1 failed", 1))

    def test_the_last_words_of_a_broken_program_are_shown(self):
        shown = run_on(meson(("a", "tap", "yika", "TIMEOUT", "ok 1 - x\n# waits for the disk\n"))).stdout
        self.assertIn("  # waits for the disk\n", shown)
        self.assertIn("  a: TIMEOUT after", shown)

    def test_a_tap_program_that_says_nothing_fails(self):
        self.assertEqual(sum_of(meson(("a", "tap", "yika", "SKIP", ""))), ("0 passed, 1 failed", 1))

    def test_a_test_that_never_ran_fails(self):
        files = meson(("a", "tap", "yika", "OK", "ok 1 - x\n1..1\n"), ("b", "tap", "yika", None, ""))
        self.assertEqual(sum_of(files), ("1 passed, 1 failed", 1))

    def test_soak_and_bench_belong_elsewhere(self):
        files = meson(("a", "exitcode", "yika", "OK", ""), ("b", "tap", "yika:soak", None, ""))
        self.assertEqual(sum_of(files), ("1 passed, 0 failed", 0))

    def test_a_run_that_broke_off_fails(self):
        files = meson(("a", "exitcode", "yika", "OK", "")) | {"meson.status": "1"}
        self.assertEqual(sum_of(files), ("1 passed, 1 failed", 1))

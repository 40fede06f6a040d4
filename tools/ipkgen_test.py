# SPDX-License-Identifier: Apache-2.0
"""Profiles become C as src/codec/ipk/profile.h promises, and what is wrong with them stops the build."""

import pathlib
import subprocess
import tempfile
import unittest

TOOL = pathlib.Path(__file__).parent / "ipkgen.py"


class Ipkgen(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = pathlib.Path(folder.name)

    def made(self, **texts):
        files = []
        for name, text in texts.items():
            files.append(self.path / f"{name}.profile")
            files[-1].write_text(text, encoding="utf-8")
        out = self.path / "out.c"
        done = subprocess.run([TOOL, out, *files], capture_output=True, text=True, check=False)
        return done.stderr if done.returncode else out.read_text(encoding="utf-8")

    def test_each_file_is_a_row_in_order(self):
        out = self.made(b="# 银联\nprofile b\n", a='profile a # "quoted"\n')
        self.assertLess(out.index('{ "b",'), out.index('{ "a",'))
        self.assertIn('"# 银联\\n"\n\t\t"profile b\\n" }', out)
        self.assertIn('# \\"quoted\\"\\n', out)
        self.assertIn("ipk_builtin_count = 2;", out)

    def test_a_file_is_named_after_its_profile(self):
        self.assertIn("does not describe the profile a", self.made(a="profile b\n"))
        self.assertIn("does not describe the profile a", self.made(a="request.name x\n"))

    def test_a_text_has_a_limit(self):
        self.assertIn("more than 4096 bytes", self.made(a="profile a\n" + "#" * 4096))


if __name__ == "__main__":
    unittest.main()

# SPDX-License-Identifier: Apache-2.0
"""keys-vectors.txt names, for each vector of key management, tests that really hold its values."""

import pathlib
import re
import unittest

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parent.parent
# Without TV-37 to TV-39, which do not exist, and TV-49: sample files that may not be passed on.
WANTED = [f"TV-{n:02}" for n in [*range(1, 37), *range(40, 49)]] + [f"TV-B{n}" for n in range(1, 10)]


def rows():
    for line in (HERE / "keys-vectors.txt").read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            yield line.split()


def bare(name):
    """A file without what parts one text: quotes, blanks, joints of lines."""
    return re.sub(r'[\s"\\]', "", (ROOT / name).read_text(encoding="utf-8")).upper()


def tests():
    for folder in ("src", "tests"):
        for path in (ROOT / folder).rglob("*_test*.c"):
            yield path.read_text(encoding="utf-8")


class Listed(unittest.TestCase):
    def test_every_vector_is_listed(self):
        self.assertEqual(sorted({row[0] for row in rows()}), sorted(WANTED))

    def test_every_value_stands_in_its_file(self):
        for vector, value, name in rows():
            with self.subTest(vector=vector, value=value):
                self.assertIn(value, bare(name))

    def test_a_list_of_values_is_read_by_a_test(self):
        code = "\n".join(tests())
        for vector, value, name in rows():
            if name.endswith(".txt"):
                with self.subTest(vector=vector, value=value):
                    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
                    names = [line.split()[0] for line in lines if re.match(rf"\S+ {value}", line)]
                    self.assertTrue(any(f'"{word}"' in code for word in names), names)


if __name__ == "__main__":
    unittest.main()

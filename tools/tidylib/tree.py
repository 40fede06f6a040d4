# SPDX-License-Identifier: Apache-2.0
"""The project's own files, and the findings about them."""

import pathlib
import re
import subprocess

TEST_NAME = re.compile(r"_(test|testkit|fuzz|bench)(_\w+)?\.(c|h|sql)$")


class Tree:
    """What git knows below root or would add; in a folder without git, every file."""

    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.findings = []
        self._text = {}
        self.files = sorted(f for f in self._list() if (self.root / f).is_file())

    def _list(self):
        if not (self.root / ".git").exists():
            return [str(p.relative_to(self.root)) for p in self.root.rglob("*")]
        done = subprocess.run(["git", "-C", str(self.root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                              capture_output=True, check=True)
        return [f for f in done.stdout.decode().split("\0") if f]

    def find(self, folder="", suffix=""):
        return [f for f in self.files if f.startswith(folder) and f.endswith(suffix)]

    def sources(self, folder="src/"):
        return [f for f in self.files if f.startswith(folder) and f.endswith((".c", ".h"))]

    def text(self, name):
        if name not in self._text:
            self._text[name] = (self.root / name).read_text(encoding="utf-8", errors="replace")
        return self._text[name]

    def say(self, name, line, message):
        self.findings.append(f"{name}:{line}: {message}")


def is_test(name):
    """Test programs and fuzz targets may do what the product may not."""
    return name.startswith(("tests/", "bench/")) or bool(TEST_NAME.search(name))


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1

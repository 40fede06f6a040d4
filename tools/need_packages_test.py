# SPDX-License-Identifier: Apache-2.0
"""Missing packages are installed where that is allowed, named in one line where it is not, and never asked for twice."""

import os
import pathlib
import subprocess
import tempfile
import unittest

TOOLS = pathlib.Path(__file__).parent
ALL = {line.split("#")[0].strip() for line in (TOOLS.parent / "packaging/apt-build.txt").read_text().splitlines()} - {""}


class NeedPackages(unittest.TestCase):
    """The script runs with stand-ins for the system's commands first in PATH."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.path = pathlib.Path(self.folder.name)
        self.log = self.path / "log"
        self.stand_in("apt-get", f'echo "apt-get $*" >>{self.log}')

    def stand_in(self, name, text):
        program = self.path / name
        program.write_text(f"#!/bin/bash\n{text}\n")
        program.chmod(0o755)

    def run_script(self, installed, user=1000, sudo=False, **environment):
        lines = "".join(f"installed {name}, \\n" for name in sorted(installed))
        self.stand_in("dpkg-query", f"printf '{lines}'")
        self.stand_in("id", f"echo {user}")
        self.stand_in("sudo", f'shift; [ "$1" = true ] && exit 0; echo "sudo" >>{self.log}; exec "$@"' if sudo else "exit 1")
        done = subprocess.run([TOOLS / "need-packages.sh", "build"], capture_output=True, text=True, check=False,
                              env={**os.environ, "NO_APT": "0", "PATH": f"{self.path}:/usr/bin:/bin"} | environment)
        done.calls = self.log.read_text() if self.log.exists() else ""
        return done

    def test_nothing_is_said_when_all_are_there(self):
        done = self.run_script(ALL)
        self.assertEqual((done.returncode, done.stdout, done.stderr, done.calls), (0, "", "", ""))

    def test_a_provided_name_counts(self):
        done = self.run_script((ALL - {"pkg-config"}) | {"pkgconf, pkg-config (= 1.8.1-1)"})
        self.assertEqual((done.returncode, done.calls), (0, ""))

    def test_root_installs_exactly_what_is_missing(self):
        done = self.run_script(ALL - {"meson", "gcc"}, user=0)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("update", done.calls)
        self.assertIn("install -y --no-install-recommends gcc meson\n", done.calls)
        self.assertNotIn("sudo", done.calls)

    def test_sudo_that_asks_nothing_is_used(self):
        done = self.run_script(ALL - {"meson"}, sudo=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("sudo\n", done.calls)
        self.assertIn("install -y --no-install-recommends meson\n", done.calls)

    def test_without_rights_the_one_line_is_printed(self):
        done = self.run_script(ALL - {"meson", "gcc"})
        self.assertEqual((done.returncode, done.calls), (1, ""))
        self.assertIn("sudo apt-get install --no-install-recommends gcc meson\n", done.stderr)

    def test_no_apt_skips_the_check(self):
        done = self.run_script(set(), NO_APT="1")
        self.assertEqual((done.returncode, done.stdout, done.stderr, done.calls), (0, "", "", ""))

    def test_a_failed_installation_is_a_failure(self):
        self.stand_in("apt-get", "exit 100")
        self.assertNotEqual(self.run_script(ALL - {"meson"}, user=0).returncode, 0)

# SPDX-License-Identifier: Apache-2.0
"""Marks of licence, leftovers, and links that lead nowhere."""

import posixpath
import re

from tidylib.tree import line_of

SPDX = "SPDX-License-Identifier: Apache-2.0"
SPDX_SUFFIXES = (".c", ".h", ".def", ".sql", ".py", ".sh", ".ts", ".tsx", ".mjs", ".css", "meson.build", "Makefile",
                 ".yaml", ".1")
TEXT_SUFFIXES = SPDX_SUFFIXES + (".md", ".txt", ".html", ".json", ".ini", ".conf")
LEFTOVER = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b")
LINK = re.compile(r"(?<!!)!?\[[^\]]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)")
HEADING = re.compile(r"^#{1,6}\s+(.*?)\s*#*$", re.M)


def check(tree):
    for name in tree.files:
        if not name.endswith(TEXT_SUFFIXES) or name.endswith("package-lock.json"):
            continue
        text = tree.text(name)
        if name.endswith(SPDX_SUFFIXES) and SPDX not in "\n".join(text.split("\n")[:3]):
            tree.say(name, 1, "no SPDX line")
        for match in LEFTOVER.finditer(text):
            tree.say(name, line_of(text, match.start()), f"leftover {match[1]}")
        if name.endswith(".md"):
            check_links(tree, name, text)


def check_links(tree, name, text):
    bare = re.sub(r"```.*?```", lambda m: re.sub(r"[^\n]", " ", m[0]), text, flags=re.S)
    for match in LINK.finditer(bare):
        target, _, anchor = match[1].partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        path = posixpath.normpath(posixpath.join(posixpath.dirname(name), target)) if target else name
        if path not in tree.files and not any(f.startswith(path + "/") for f in tree.files):
            tree.say(name, line_of(bare, match.start()), f"link to {match[1]} leads nowhere")
        elif anchor and path.endswith(".md") and anchor not in anchors(tree.text(path)):
            tree.say(name, line_of(bare, match.start()), f"{path} has no heading #{anchor}")


def anchors(text):
    """The names a page's headings get, as forges make them."""
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in HEADING.findall(text)}

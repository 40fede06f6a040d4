#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tidy.py [ROOT]: what no compiler checks. One line a finding, `path:line: message`; exit status 1 when there is any.

Include arrows, sizes, nesting, banned calls, names, unreachable code, the error table in both languages, unused SQL
statements, routes against the contract, licence marks, leftovers and links. The limits stand in tools/tidylib.
"""

import pathlib
import sys

from tidylib import arrows, documents, source, tables
from tidylib.tree import Tree


def tidy(root):
    tree = Tree(root)
    for rules in (arrows, source, tables, documents):
        rules.check(tree)
    return tree.findings


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent
    findings = tidy(root)
    print("\n".join(findings) if findings else "tidy: nothing to say")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())

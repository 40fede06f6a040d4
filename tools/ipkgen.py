#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""ipkgen.py OUT.c FILE.profile ...: the profiles of certificate requests (api/ipk) as the table of src/codec/ipk/profile.h.

A file is named after the profile it describes. Its text goes in as it is; the program's own parser reads it.
"""
import pathlib
import re
import sys

TEXT_MAX = 4096  # IPK_PROFILE_TEXT_MAX


def c_string(text):
    lines = text.replace('\\', '\\\\').replace('"', '\\"').rstrip('\n').split('\n')
    return '\n\t\t'.join(f'"{line}\\n"' for line in lines)


def read(path):
    text = path.read_text(encoding='utf-8')
    if len(text.encode()) > TEXT_MAX:
        sys.exit(f'{path}: more than {TEXT_MAX} bytes')
    name = re.search(r'^profile\s+(\S+)', text, re.M)
    if not name or name[1] != path.stem:
        sys.exit(f'{path}: does not describe the profile {path.stem}')
    return text


def main(args):
    if len(args) < 2:
        sys.exit(__doc__)
    out, paths = args[0], [pathlib.Path(p) for p in args[1:]]
    rows = [f'\t{{ "{path.stem}",\n\t\t{c_string(read(path))} }},\n' for path in paths]
    with open(out, 'w', encoding='utf-8') as file:
        file.write('/* Made by tools/ipkgen.py from api/ipk. */\n#include "codec/ipk/profile.h"\n\n')
        file.write('const struct ipk_builtin ipk_builtins[] = {\n' + ''.join(rows) + '};\n')
        file.write(f'const size_t ipk_builtin_count = {len(rows)};\n')


main(sys.argv[1:])

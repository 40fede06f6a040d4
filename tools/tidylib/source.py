# SPDX-License-Identifier: Apache-2.0
"""Sizes, names, banned words and unreachable code of C sources."""

import re

from tidylib import c
from tidylib.tree import is_test, line_of

FUNCTION_LINES_MAX = 60
FILE_LINES_MAX = 600
HEADER_LINES_MAX = 250
MAIN_LINES_MAX = 150
PARAMETERS_MAX = 6
NESTING_MAX = 3
LINE_COLUMNS_MAX = 120  # 100 is the aim; clang-format breaks what can be broken
TABLE_MARK = "tidy: table"  # in a comment of the first lines: the file is data

# Call: where it may stand all the same. Prefixes of paths.
BANNED = {
    "strcpy": (), "strcat": (), "sprintf": (), "vsprintf": (), "gets": (), "alloca": (),
    "atoi": (), "atol": (), "atoll": (), "strtok": (), "gmtime": (), "localtime": (), "rand": (), "srand": (),
    "random": (), "system": ("tests/",), "popen": ("tests/",), "time": ("src/base/time.c",),
    "printf": ("src/programs/", "tests/", "bench/"), "puts": ("src/programs/", "tests/", "bench/"),
}
BANNED_CALL = re.compile(r"(?<![\w.>])(" + "|".join(BANNED) + r")\s*\(")
# The world is passed in: the book and the business words ask neither clock nor chance nor environment.
WORLD = re.compile(r"(?<![\w.>])(clock_gettime|gettimeofday|clock_system|getenv|secure_getenv|getrandom|random_system|"
                   r"randombytes_buf)\s*\(")
WORLDLESS = ("src/ledger/", "src/domain/", "src/rules/")
# What the C library or a sanitizer calls.
NAMED_ELSEWHERE = ("main", "__lsan_is_turned_off")
NO_FLOAT = ("src/ledger/", "src/domain/", "src/rules/", "src/base/money")
FLOAT = re.compile(r"\b(float|double)\b")
TYPEDEF = re.compile(r"^[ \t]*typedef\s+(?:struct|enum|union)\b[^;{]*(?:\{[^}]*\})?[^;]*?\b(\w+)\s*;", re.M)

# Words a folder owns besides its own name, its files and the types its headers declare.
OWN_WORDS = {
    "src/base": {"hex", "monotonic", "assert"},
    "src/service/terminal": {"read", "answer"},
}
BORROWED = ("json_", "sqlite3_", "PQ", "MHD_", "SCard", "C_", "EVP_")

BORROWED_CALLBACKS = ("MHD_", "CK_", "SGD_")  # the library decides what such a function takes


def check(tree):
    for name in tree.sources("src/") + tree.sources("tests/") + tree.sources("bench/"):
        text = tree.text(name)
        code = c.blank(text)
        found = c.functions(text)
        check_file(tree, name, text, found)
        check_words(tree, name, text, code)
        for function in found:
            check_function(tree, name, function)
        if name.startswith("src/") and name.endswith(".c") and not is_test(name):
            check_names(tree, name, code, found)


def check_file(tree, name, text, found):
    lines = text.split("\n")
    if TABLE_MARK not in "\n".join(lines[:6]):
        limit = HEADER_LINES_MAX if name.endswith(".h") else FILE_LINES_MAX
        if name.startswith("src/programs/") and any(f.name == "main" for f in found):
            limit = MAIN_LINES_MAX
        if len(lines) - 1 > limit:
            tree.say(name, limit, f"{len(lines) - 1} lines, the limit is {limit}")
        for number, line in enumerate(lines, 1):
            if len(line.expandtabs(8)) > LINE_COLUMNS_MAX:
                tree.say(name, number, f"line of {len(line.expandtabs(8))} columns, the limit is {LINE_COLUMNS_MAX}")


def check_function(tree, name, function):
    if function.length > FUNCTION_LINES_MAX:
        tree.say(name, function.line, f"{function.name} has {function.length} lines, the limit is {FUNCTION_LINES_MAX}")
    if function.parameters > PARAMETERS_MAX and not any(word in function.head for word in BORROWED_CALLBACKS):
        tree.say(name, function.line, f"{function.name} takes {function.parameters}, the limit is {PARAMETERS_MAX}")
    statements = c.Statements(function.body)
    if statements.depth > NESTING_MAX:
        tree.say(name, function.line, f"{function.name} nests {statements.depth} deep, the limit is {NESTING_MAX}")
    for offset in statements.dead:
        tree.say(name, function.line + function.body.count("\n", 0, offset), f"{function.name}: this is never reached")


def check_words(tree, name, text, code):
    for match in BANNED_CALL.finditer(code):
        if not name.startswith(BANNED[match[1]]) and not (is_test(name) and "tests/" in BANNED[match[1]]):
            tree.say(name, line_of(code, match.start()), f"{match[1]}() is banned")
    for match in re.finditer(r"\bgoto\b", code):
        tree.say(name, line_of(code, match.start()), "goto is banned")
    if name.startswith(NO_FLOAT):
        for match in FLOAT.finditer(code):
            tree.say(name, line_of(code, match.start()), f"{match[1]} near money")
    if name.startswith(WORLDLESS) and not is_test(name):
        for match in WORLD.finditer(code):
            tree.say(name, line_of(code, match.start()), f"{match[1]}(): the world is passed in")
    for match in TYPEDEF.finditer(text):
        if match[1] != "result":
            tree.say(name, line_of(text, match.start()), f"typedef {match[1]}: say struct, enum or union")


def module_words(tree, folder):
    words = set(OWN_WORDS.get(folder, ()))
    last = folder.split("/")[-1]
    words |= {last, last.removesuffix("s"), last.removesuffix("ies") + "y"}
    for name in tree.files:
        if name.rsplit("/", 1)[0] != folder or not name.endswith((".c", ".h")):
            continue
        words.add(name.rsplit("/", 1)[1].split(".")[0].split("_")[0])
        if name.endswith(".h"):
            declared = re.findall(r"^(?:struct|enum|union) (\w+)", tree.text(name), re.M)
            words |= {d.split("_")[0] for d in declared}
    return words


def check_names(tree, name, code, found):
    words = module_words(tree, name.rsplit("/", 1)[0])
    for symbol, line in external_symbols(code, found):
        if symbol.startswith(BORROWED):
            tree.say(name, line, f"{symbol}: this prefix belongs to a library")
        elif symbol.split("_")[0] not in words:
            tree.say(name, line, f"{symbol} is external and does not begin with its module's word")


def external_symbols(code, found):
    for function in found:
        if "static" not in function.head.split() and function.name not in NAMED_ELSEWHERE:
            yield function.name, function.line
    bare = code
    for match in re.finditer(r"^(?!static\b|extern\b|typedef\b)[A-Za-z_][\w \t*]*?(\w+)(?:\[[^\]]*\])*\s*=", bare, re.M):
        yield match[1], line_of(code, match.start())

# SPDX-License-Identifier: Apache-2.0
"""The tables the tree is built around: error codes, SQL statements, routes."""

import re

from tidylib.tree import is_test, line_of

ERROR_TABLE = "api/errors.def"
ERROR = re.compile(r'^ERROR\((\w+), (\w+), (\d+), "([^"]*)", "((?:\\.|[^"\\])*)", "((?:\\.|[^"\\])*)"\)$')
NOT_NOW = {503, 507}  # a rule may also say "not at this moment"
HTTP = {"OK": set(range(200, 300)), "INVALID": set(range(400, 500)), "DECLINE": set(range(400, 500)) | NOT_NOW,
        "FAULT": set(range(500, 600))}
CHINESE = re.compile(r"[\u4e00-\u9fff]")
CONTRACT = "api/openapi.yaml"
API_PREFIX = "/api/v1"
ROUTE = re.compile(r'\bHTTP_(GET|POST|PUT|PATCH|DELETE),\s*(?:API\s*)?"([^"]+)"')
OPERATION = re.compile(r"^  (/[^\s:]*):|^    (get|post|put|patch|delete):", re.M)
STATEMENT = re.compile(r"^--\s*name:\s*(\w+)(.*)$", re.M)


def check(tree):
    check_errors(tree)
    check_statements(tree)
    check_routes(tree)


def check_errors(tree):
    if ERROR_TABLE not in tree.files:
        return
    seen = {}
    used = product_words(tree)
    for number, line in enumerate(tree.text(ERROR_TABLE).split("\n"), 1):
        if not line.startswith("ERROR("):
            continue
        match = ERROR.match(line)
        if not match:
            tree.say(ERROR_TABLE, number, "not of the form ERROR(name, kind, http, \"39\", \"zh\", \"en\")")
            continue
        for message in error_faults(*match.groups()):
            tree.say(ERROR_TABLE, number, f"{match[1]}: {message}")
        if match[1] in seen:
            tree.say(ERROR_TABLE, number, f"{match[1]} stands in line {seen[match[1]]} too")
        elif match[1] not in used:
            tree.say(ERROR_TABLE, number, f"{match[1]} is used nowhere")
        seen[match[1]] = number


def error_faults(_name, kind, http, field39, zh, en):
    if kind not in HTTP:
        yield f"no kind {kind}"
    elif int(http) not in HTTP[kind]:
        yield f"HTTP {http} does not go with {kind}"
    if len(field39) != 2:
        yield "field 39 has two characters"
    if not CHINESE.search(zh):
        yield "no Chinese text"
    if not en.strip() or CHINESE.search(en):
        yield "no English text"


def product_words(tree):
    words = set()
    for name in tree.sources():
        if not is_test(name):
            words |= set(re.findall(r"\b[A-Z][A-Z0-9_]+\b", tree.text(name)))
    return words


def check_statements(tree):
    used = {True: set(), False: set()}  # by tests; by the product
    for name in tree.sources():
        used[is_test(name)] |= set(re.findall(r"\bsql_(\w+)", tree.text(name)))
    seen = set()
    for name in tree.find("src/", ".sql"):
        text = tree.text(name)
        for match in STATEMENT.finditer(text):
            key = (match[1], match[2].strip())
            if match[1] not in used[is_test(name)]:
                tree.say(name, line_of(text, match.start()), f"statement {match[1]} is used nowhere")
            if key in seen:
                tree.say(name, line_of(text, match.start()), f"statement {match[1]} stands twice")
            seen.add(key)


def check_routes(tree):
    """Each route of the table of routes is an operation of the contract, and the other way round."""
    routes = {}
    for name in tree.find("src/service/rest/", ".c"):
        if is_test(name):
            continue
        for match in ROUTE.finditer(tree.text(name)):
            routes[match[1].lower(), plain_path(match[2])] = (name, line_of(tree.text(name), match.start()))
    if not routes or CONTRACT not in tree.files:
        return
    promised = operations(tree.text(CONTRACT))
    for route in sorted(routes.keys() - promised.keys()):
        tree.say(*routes[route], f"route {route[0].upper()} {route[1]} is missing in {CONTRACT}")
    for route in sorted(promised.keys() - routes.keys()):
        tree.say(CONTRACT, promised[route], f"{route[0].upper()} {route[1]} has no route")


def plain_path(path):
    """A path without the prefix of the interface and the names of its parameters."""
    return re.sub(r"\{\w+\}", "{}", path.removeprefix(API_PREFIX))


def operations(text):
    """(method, path) of each operation and its line."""
    found, path = {}, None
    for match in OPERATION.finditer(text):
        path = match[1] or path
        if match[2] and path:
            found[match[2], plain_path(path)] = line_of(text, match.start())
    return found

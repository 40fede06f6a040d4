# SPDX-License-Identifier: Apache-2.0
"""Who may include whom: ARCHITECTURE.md, section 4."""

import re

from tidylib.tree import is_test, line_of

MAY_INCLUDE = {
    "base": "",
    "codec": "base",
    "crypto": "base",
    "db": "base",
    "net": "base",
    "hsm": "crypto base",
    "rules": "base",
    "ledger": "db crypto base",
    "domain": "ledger rules db hsm crypto base",
    "service": "domain ledger db net codec crypto base",
    "device": "rules db net codec crypto base",
    "sdk": "rules db net codec crypto base",
    "programs": "sdk device service domain ledger rules hsm net db crypto codec base",
}
ALSO = {"service/kms": "hsm", "domain/keys": "codec"}
LEDGER_CORE = ("src/ledger/book",)  # the pure state machine: base only

# Left to right; a word may include only those left of it.
DOMAIN_LINE = ("people access audit merchants terminals keys cards payments subsidies doors attendance "
               "settlement reconciliation reports").split()

# A library's header has one home; everybody else goes through that folder's own header.
LIBRARY_HOMES = {
    "sqlite3.h": "db",
    "libpq-fe.h": "db",
    "microhttpd.h": "net",
    "jansson.h": "base",
    "p11-kit/": "hsm",
    "openssl/": "crypto net",
    "sodium.h": "base crypto",
    "sys/epoll.h": "net",
    "seccomp.h": "programs",
}

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">]+)[">]', re.M)


def check(tree):
    for name in tree.sources():
        text = tree.text(name)
        for match in INCLUDE.finditer(text):
            message = wrong(name, match[2]) if match[1] == '"' else wrong_library(name, match[2])
            if message:
                tree.say(name, line_of(text, match.start()), message)


def wrong(name, target):
    if target.startswith("."):
        return f"{target}: includes are written from src/"
    here, there = name.split("/")[1:-1], target.split("/")[:-1]
    if not there or not here or there[0] not in MAY_INCLUDE or there[0] == here[0] != "domain":
        return None
    if here[0] == "domain" == there[0]:
        return wrong_word(here, there)
    allowed = "base" if name.startswith(LEDGER_CORE) and not is_test(name) else MAY_INCLUDE.get(here[0], "")
    allowed += " " + ALSO.get("/".join(here[:2]), "")
    if there[0] not in allowed.split():
        return f"{'/'.join(here)} may not include {target}"
    return None


def wrong_word(here, there):
    if len(here) < 2 or len(there) < 2 or here[1] == there[1]:
        return None
    for word in (here[1], there[1]):
        if word not in DOMAIN_LINE:
            return f"domain/{word} has no place in the line of words"
    if DOMAIN_LINE.index(there[1]) > DOMAIN_LINE.index(here[1]):
        return f"domain/{here[1]} may not include domain/{there[1]}, which stands right of it"
    return None


def wrong_library(name, target):
    for header, homes in LIBRARY_HOMES.items():
        if target.startswith(header) and name.split("/")[1] not in homes.split() and not is_test(name):
            return f"<{target}> belongs to {homes.replace(' ', ' and ')} alone"
    return None

# SPDX-License-Identifier: Apache-2.0
"""Just enough of C to see functions, their parameters, their nesting and what can never run."""

import re
from dataclasses import dataclass

from tidylib.tree import line_of

SKIP = re.compile(r"""//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'""", re.S)
DIRECTIVE = re.compile(r"^[ \t]*#(?:\\\n|[^\n])*", re.M)
TOKEN = re.compile(r"[A-Za-z_]\w*|\d[\w.]*|[^\s\w]")
TABLE = re.compile(r"^\s*static\s+const\b[^;{()]*=\s*\{$")
CONTROL = {"if", "for", "while", "switch"}
ENDS = {"return", "break", "continue"}
PLAIN_MACROS = re.compile(r"^(SCOPED|ATTR_\w+|_Static_assert|static_assert|CHECK\w*|REQUIRE\w*|TRY|ASSERT)$")


def blank(text):
    """Comments, literals and directives as blanks; every other character keeps its place."""
    text = SKIP.sub(lambda m: _blank(m[0]), text)
    return DIRECTIVE.sub(lambda m: _blank(m[0]), text)


def _blank(text):
    return re.sub(r"[^\n]", " ", text)


@dataclass
class Function:
    name: str
    head: str       # everything before the name
    parameters: int
    line: int       # of the opening brace
    end: int        # of the closing brace
    body: str       # between them
    length: int     # lines of the body, constant tables left out


def functions(text):
    """The functions a file defines, in its order."""
    code = blank(text)
    found, start, at = [], 0, 0
    while (at := _next(code, at)) >= 0:
        if code[at] == "{":
            end = _closing(code, at)
            head = code[start:at]
            if match := _function_head(head):
                found.append(_function(code, match, head, at, end))
                start = end + 1
            elif re.search(r'extern\s*$', head):
                end = at
            at = end + 1
        else:
            at += 1
            start = at
    return found


def _next(code, at):
    """The next brace or semicolon outside parentheses."""
    depth = 0
    for i in range(at, len(code)):
        ch = code[i]
        if ch == "(":
            depth += 1
        elif ch == ")":
            depth -= 1
        elif depth == 0 and ch in "{;":
            return i
    return -1


def _closing(code, at):
    depth = 0
    for i in range(at, len(code)):
        if code[i] == "{":
            depth += 1
        elif code[i] == "}":
            depth -= 1
            if depth == 0:
                return i
    return len(code) - 1


def _function_head(head):
    """The match of `name(` whose parentheses end the head, or None for initialisers and type definitions."""
    if "=" in head:
        return None
    body = head.rstrip()
    if not body.endswith(")"):
        return None
    depth = 0
    for i in range(len(body) - 1, -1, -1):
        depth += {")": 1, "(": -1}.get(body[i], 0)
        if depth == 0:
            return re.compile(r"(\w+)\s*$").search(body, 0, i)
    return None


def _function(code, match, head, at, end):
    parameters = head[match.end():].strip()[1:-1]
    body = code[at + 1:end]
    return Function(match[1], head[:match.start()], count_parameters(parameters), line_of(code, at),
                    line_of(code, end), body, _length(body))


def count_parameters(text):
    if text.strip() in ("", "void"):
        return 0
    depth, count = 0, 1
    for ch in text:
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(ch, 0)
        count += ch == "," and depth == 0
    return count


def _length(body):
    """Lines of a body; rows of a constant table are free."""
    lines = body.strip("\n").split("\n")
    if lines and not lines[-1].strip():
        lines.pop()
    count, depth = 0, 0
    for line in lines:
        if depth > 0:
            depth += line.count("{") - line.count("}")
        elif TABLE.match(line) or re.match(r"^\s*\} rows\[\] = \{$", line):
            depth = 1
            count += 1
        else:
            count += 1
    return count


class Statements:
    """Walks the statements of a body: how deep control structures nest, and what stands after a jump."""

    def __init__(self, body):
        self.tokens = [(m[0], m.start()) for m in TOKEN.finditer(body)]
        self.at = 0
        self.depth = 0
        self.dead = []  # offsets of statements that cannot be reached
        while self.at < len(self.tokens):
            self._list(0)
            self.at += 1

    def _word(self, ahead=0):
        i = self.at + ahead
        return self.tokens[i][0] if i < len(self.tokens) else ""

    def _list(self, depth):
        """Statements up to a closing brace."""
        ended = False
        while self.at < len(self.tokens) and self._word() != "}":
            if ended and not self._is_label():
                self.dead.append(self.tokens[self.at][1])
            ended = self._statement(depth)

    def _is_label(self):
        return self._word() in ("case", "default") or (self._word(1) == ":" and self._word(2) != ":")

    def _statement(self, depth):
        """One statement; true when nothing after it in the same list is reached."""
        self.depth = max(self.depth, depth)
        word = self._word()
        if word == "{":
            self.at += 1
            self._list(depth)
            self.at += 1
            return False
        if word in CONTROL or self._is_loop_macro():
            self.at += 1
            self._group()
            if self._word() == ";":  # `while (x);`
                self.at += 1
                return False
            self._statement(depth + 1)
            self._else(depth)
            return False
        if word == "do":
            self.at += 1
            self._statement(depth + 1)
            self._to_semicolon()
            return False
        if self._is_label():
            self._to_colon()
            return False
        self._to_semicolon()
        return word in ENDS

    def _else(self, depth):
        while self._word() == "else":
            self.at += 1
            if self._word() == "if":
                self.at += 1
                self._group()
            self._statement(depth + 1)

    def _is_loop_macro(self):
        """EACH(row, rows) and its like: a call that a statement follows without a semicolon."""
        if not re.match(r"[A-Z_]{3,}$", self._word()) or PLAIN_MACROS.match(self._word()) or self._word(1) != "(":
            return False
        at, self.at = self.at, self.at + 1
        self._group()
        follows = self._word()
        self.at = at
        return follows == "{" or follows in CONTROL or bool(re.match(r"[A-Za-z_]", follows))

    def _group(self):
        """Past a parenthesised group."""
        depth = 0
        while self.at < len(self.tokens):
            depth += {"(": 1, ")": -1}.get(self._word(), 0)
            self.at += 1
            if depth == 0:
                return

    def _to_semicolon(self):
        depth = 0
        while self.at < len(self.tokens):
            word = self._word()
            depth += {"(": 1, "{": 1, "[": 1, ")": -1, "}": -1, "]": -1}.get(word, 0)
            if depth < 0:
                return
            self.at += 1
            if word == ";" and depth == 0:
                return

    def _to_colon(self):
        while self.at < len(self.tokens) and self._word() != ":":
            self.at += 1
        self.at += 1

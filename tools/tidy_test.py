# SPDX-License-Identifier: Apache-2.0
"""tidy finds each planted fault, and says nothing about what is right."""

import pathlib
import tempfile
import unittest

import tidy
from tidylib import c

MARK = "/* SPDX-License-Identifier: Apache-2.0 */\n"
ERRORS = MARK + 'ERROR(SUCCESS, OK, 200, "00", "成功", "Done")\n'


def findings(files):
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = pathlib.Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return tidy.tidy(folder)


class Planted(unittest.TestCase):
    def finds(self, name, text, *words, others=None):
        found = findings({name: text} | (others or {}))
        self.assertEqual(len(found), 1, found)
        for word in words:
            self.assertIn(word, found[0])

    def silent(self, name, text, others=None):
        self.assertEqual(findings({name: text} | (others or {})), [])


class Arrows(Planted):
    def test_a_lower_layer_may_not_look_up(self):
        self.finds("src/base/x.c", MARK + '#include "net/loop.h"\n', "src/base/x.c:2", "base may not include")

    def test_sideways_is_refused(self):
        self.finds("src/codec/x.c", MARK + '#include "crypto/mac.h"\n', "codec may not include")
        self.finds("src/service/rest/x.c", MARK + '#include "device/pos/pos.h"\n', "may not include")
        self.finds("src/service/rest/x.c", MARK + '#include "hsm/hsm.h"\n', "may not include")

    def test_the_key_service_may_see_the_device(self):
        self.silent("src/service/kms/x.c", MARK + '#include "hsm/hsm.h"\n')

    def test_the_key_domain_may_see_the_codec(self):
        self.silent("src/domain/keys/x.c", MARK + '#include "codec/tlv.h"\n')
        self.finds("src/domain/cards/x.c", MARK + '#include "codec/tlv.h"\n', "domain/cards may not include codec/tlv.h")

    def test_the_pure_book_sees_base_alone(self):
        self.finds("src/ledger/book.c", MARK + '#include "db/db.h"\n', "may not include db/db.h")
        self.silent("src/ledger/journal.c", MARK + '#include "db/db.h"\n')

    def test_domain_words_form_a_line(self):
        self.finds("src/domain/people/x.c", MARK + '#include "domain/cards/card.h"\n', "stands right of it")
        self.silent("src/domain/cards/x.c", MARK + '#include "domain/people/person.h"\n')

    def test_an_unknown_word_is_refused(self):
        self.finds("src/domain/coupons/x.c", MARK + '#include "domain/cards/card.h"\n', "no place in the line")

    def test_relative_includes_are_refused(self):
        self.finds("src/net/x.c", MARK + '#include "../base/buf.h"\n', "written from src/")

    def test_a_library_has_one_home(self):
        self.finds("src/domain/cards/x.c", MARK + "#include <sqlite3.h>\n", "belongs to db alone")
        self.silent("src/db/x.c", MARK + "#include <sqlite3.h>\n")

    def test_a_commented_include_is_still_read_as_code_only_when_it_is(self):
        self.silent("src/base/x.c", MARK + '/* see net/loop.h */\n#include "base/buf.h"\n')


class Sizes(Planted):
    def test_long_functions(self):
        body = "\tstep();\n" * 61
        self.finds("src/net/net.c", MARK + f"static void f(void)\n{{\n{body}}}\n", "f has 61 lines")
        self.silent("src/net/net.c", MARK + "static void f(void)\n{\n" + "\tstep();\n" * 60 + "}\n")

    def test_rows_of_a_constant_table_are_free(self):
        rows = "\tstatic const struct row rows[] = {\n" + "\t\t{ 1 },\n" * 80 + "\t};\n"
        self.silent("src/net/net.c", MARK + f"static void f(void)\n{{\n{rows}\tstep();\n}}\n")

    def test_long_files_and_headers(self):
        self.finds("src/net/net.c", MARK + "\n" * 600, "601 lines, the limit is 600")
        self.finds("src/net/net.h", MARK + "\n" * 250, "251 lines, the limit is 250")

    def test_a_table_says_so(self):
        self.silent("src/net/net.c", MARK + "/* tidy: table */\n" + "\n" * 700)

    def test_a_main_is_short(self):
        self.finds("src/programs/x.c", MARK + "int main(void)\n{\n\treturn 0;\n}\n" + "\n" * 150, "the limit is 150")

    def test_long_lines(self):
        self.finds("src/net/net.c", MARK + "/* " + "x" * 120 + " */\n", "columns")

    def test_many_parameters(self):
        many = ", ".join(f"int p{i}" for i in range(7))
        self.finds("src/net/net.c", MARK + f"static void f({many})\n{{\n}}\n", "f takes 7")
        self.silent("src/net/net.c", MARK + "static void f(int (*g)(int, int), int a[2], int b, int c, int d, int e)\n{\n}\n")

    def test_a_librarys_callback_takes_what_it_must(self):
        many = ", ".join(f"int p{i}" for i in range(8))
        self.silent("src/net/net.c", MARK + f"static enum MHD_Result f({many})\n{{\n}}\n")
        self.silent("tests/sdf/sdf.c", MARK + f"SGD_RV SDF_Encrypt({many})\n{{\n}}\n")

    def test_deep_nesting(self):
        deep = "\tif (a)\n\t\tfor (;;)\n\t\t\twhile (b)\n\t\t\t\tif (c)\n\t\t\t\t\tstep();\n"
        self.finds("src/net/net.c", MARK + f"static void f(void)\n{{\n{deep}}}\n", "nests 4 deep")

    def test_a_chain_of_else_is_flat(self):
        chain = "\tif (a)\n\t\tx();\n" + "\telse if (b)\n\t\tx();\n" * 6 + "\telse\n\t\ty();\n"
        self.silent("src/net/net.c", MARK + f"static void f(void)\n{{\n{chain}}}\n")


class Words(Planted):
    def test_banned_calls(self):
        for call in ("strcpy(a, b)", "sprintf(a, b)", "atoi(a)", "strtok(a, b)", "time(NULL)", "gmtime(t)", "rand()",
                     "system(a)", "printf(a)"):
            with self.subTest(call=call):
                self.finds("src/net/net.c", MARK + f"static void f(void)\n{{\n\t{call};\n}}\n", "is banned")

    def test_words_that_only_contain_a_banned_one(self):
        self.silent("src/net/net.c", MARK + "static void f(void)\n{\n\tsnprintf(a);\n\tc->time(c);\n\tuptime(a);\n}\n")

    def test_banned_words_in_text_are_not_calls(self):
        self.silent("src/net/net.c", MARK + '/* not strcpy(a, b) */\nstatic const char *s = "atoi(x)";\n')

    def test_the_command_line_may_print(self):
        self.silent("src/programs/x.c", MARK + 'static void f(void)\n{\n\tprintf("x");\n}\n')

    def test_goto(self):
        self.finds("src/net/net.c", MARK + "static void f(void)\n{\n\tgoto end;\n}\n", "goto")

    def test_floating_point_near_money(self):
        self.finds("src/domain/cards/card.c", MARK + "static double rate;\n", "double near money")
        self.finds("src/base/money.c", MARK + "static float rate;\n", "float near money")

    def test_the_clock_is_passed_in(self):
        self.finds("src/ledger/ledger.c", MARK + "static void f(void)\n{\n\tclock_gettime(0, &t);\n}\n", "passed in")

    def test_typedefs(self):
        self.finds("src/net/net.h", MARK + "typedef struct socket socket_t;\n", "typedef socket_t")


class Names(Planted):
    def test_external_functions_begin_with_the_word(self):
        self.finds("src/domain/cards/card.c", MARK + "int load(void)\n{\n\treturn 0;\n}\n", "load is external")

    def test_external_variables_too(self):
        self.finds("src/net/net.c", MARK + "const int table[] = { 1 };\n", "table is external")

    def test_what_is_called_from_elsewhere_keeps_its_name(self):
        self.silent("src/net/loop.c", MARK + "int __lsan_is_turned_off(void)\n{\n\treturn 1;\n}\n")
        self.finds("src/net/loop.c", MARK + "int __other(void)\n{\n\treturn 1;\n}\n", "does not begin with its module's word")

    def test_folder_file_and_type_give_words(self):
        header = {"src/domain/cards/card.h": MARK + "struct block_list {\n\tint x;\n};\n"}
        self.silent("src/domain/cards/card.c",
                    MARK + "int card_load(void)\n{\n}\nint cards_all(void)\n{\n}\nint block_add(void)\n{\n}\n", header)

    def test_a_librarys_prefix_is_not_ours(self):
        self.finds("src/base/json.c", MARK + "int json_read(void)\n{\n}\n", "belongs to a library")

    def test_private_functions_are_free(self):
        self.silent("src/net/net.c", MARK + "static int load(void)\n{\n\treturn 0;\n}\n")


class Unreachable(Planted):
    def in_function(self, body):
        return MARK + f"static int f(int a)\n{{\n{body}}}\n"

    def test_after_return(self):
        self.finds("src/net/net.c", self.in_function("\treturn a;\n\tstep();\n"), "src/net/net.c:5", "never reached")

    def test_after_break_in_a_switch(self):
        body = "\tswitch (a) {\n\tcase 1:\n\t\tbreak;\n\t\tstep();\n\tdefault:\n\t\tstep();\n\t}\n\treturn 0;\n"
        self.finds("src/net/net.c", self.in_function(body), "src/net/net.c:7")

    def test_ordinary_flow_is_fine(self):
        body = ("\tfor (;;) {\n\t\tif (a)\n\t\t\tcontinue;\n\t\tbreak;\n\t}\n\tswitch (a) {\n\tcase 1:\n\t\treturn 1;\n"
                "\tcase 2: {\n\t\treturn 2;\n\t}\n\tdefault:\n\t\tbreak;\n\t}\n\tdo {\n\t\ta--;\n\t} while (a);\n"
                "\treturn a ? 1 : 2;\n")
        self.silent("src/net/net.c", self.in_function(body))


class Tables(Planted):
    def errors(self, line, *words):
        self.finds("api/errors.def", ERRORS + line + "\n", *words,
                   others={"src/base/base.c": MARK + "static int a[] = { SUCCESS, BAD };\n"})

    def test_both_languages_are_there(self):
        self.errors('ERROR(BAD, INVALID, 400, "30", "", "Bad")', "no Chinese text")
        self.errors('ERROR(BAD, INVALID, 400, "30", "错误", "")', "no English text")
        self.errors('ERROR(BAD, INVALID, 400, "30", "错误", "错误")', "no English text")

    def test_kind_http_and_field_39_agree(self):
        self.errors('ERROR(BAD, SAD, 400, "30", "错误", "Bad")', "no kind SAD")
        self.errors('ERROR(BAD, FAULT, 400, "30", "错误", "Bad")', "does not go with FAULT")
        self.errors('ERROR(BAD, INVALID, 400, "3", "错误", "Bad")', "two characters")

    def test_a_line_that_does_not_parse(self):
        self.errors("ERROR(BAD, INVALID)", "not of the form")

    def test_a_code_stands_once_and_is_used(self):
        self.errors('ERROR(SUCCESS, OK, 200, "00", "成功", "Done")', "stands in line 2 too")
        self.errors('ERROR(IDLE, INVALID, 400, "30", "错误", "Idle")', "used nowhere")

    def test_use_in_a_test_is_no_use(self):
        self.finds("src/base/base_test.c", MARK + "static int a[] = { BAD };\n", "BAD is used nowhere",
                   others={"api/errors.def": ERRORS + 'ERROR(BAD, INVALID, 400, "30", "错误", "Bad")\n',
                           "src/base/base.c": MARK + "static int a[] = { SUCCESS };\n"})

    def test_an_unused_statement(self):
        sql = "-- SPDX-License-Identifier: Apache-2.0\n-- name: card_load\nSELECT 1;\n-- name: card_find\nSELECT 2;\n"
        self.finds("src/domain/cards/card.sql", sql, "card.sql:4", "card_find is used nowhere",
                   others={"src/domain/cards/card.c": MARK + "static const void *a = &sql_card_load;\n"})

    def test_a_tests_own_statements_are_used_by_tests(self):
        sql = "-- SPDX-License-Identifier: Apache-2.0\n-- name: test_break\nSELECT 1;\n"
        self.silent("src/ledger/ledger_test.sql", sql,
                    {"src/ledger/ledger_testkit.c": MARK + "static const void *a = &sql_test_break;\n"})

    def routes(self, *lines):
        return MARK + "static const struct http_route routes[] = {\n" + "".join(f"\t{{ {x} }},\n" for x in lines) + "};\n"

    CONTRACT = {"api/openapi.yaml": "# SPDX-License-Identifier: Apache-2.0\npaths:\n  /people/{id}:\n    get:\n      x: 1\n"}

    def test_a_route_that_the_contract_lacks(self):
        both = self.routes('HTTP_GET, "/api/v1/people/{id}", f', 'HTTP_POST, "/api/v1/people", f')
        self.finds("src/service/rest/rest.c", both, "rest.c:4", "POST /people is missing", others=self.CONTRACT)

    def test_an_operation_without_route(self):
        self.finds("src/service/rest/rest.c", self.routes('HTTP_GET, "/api/v1/people/{no}", f'), "DELETE /people has no route",
                   others={"api/openapi.yaml": self.CONTRACT["api/openapi.yaml"] + "  /people:\n    delete:\n"})

    def test_routes_and_operations_that_agree(self):
        self.silent("src/service/rest/rest.c", self.routes('HTTP_GET, "/api/v1/people/{no}", f'), self.CONTRACT)


class Documents(Planted):
    def test_the_licence_line(self):
        self.finds("src/net/net.h", "#pragma once\n", "no SPDX line")

    def test_leftovers(self):
        self.finds("docs/a.md", "TO" "DO: write this\n", "leftover")
        self.silent("docs/a.md", "mkdtemp /tmp/yika-XXXXXX\n")

    def test_links(self):
        self.finds("docs/a.md", "see [b](b.md)\n", "leads nowhere")
        self.finds("docs/a.md", "see [b](b.md#two)\n", "no heading #two", others={"docs/b.md": "# One\n"})
        self.silent("docs/a.md", "see [b](b.md#one), [c](https://example.org), `[d](x)`\n",
                    {"docs/b.md": "# One\n", "docs/x": ""})

    def test_links_in_a_block_of_code_are_text(self):
        self.silent("docs/a.md", "```\n[b](b.md)\n```\n")


class Reading(unittest.TestCase):
    def test_functions_are_found_in_every_dress(self):
        text = ('#define TRY(x) do { } while (0)\nstruct s { int a; };\nstatic const int t[] = { 1 };\n'
                'ATTR_PRINTF(1, 2) static void a(const char *f, ...)\n{\n}\n'
                'TEST(name_of_test)\n{\n\tif (x) { }\n}\n'
                'struct s *b(void)\n{\n\treturn (struct s){ 1 };\n}\n')
        self.assertEqual([f.name for f in c.functions(text)], ["a", "TEST", "b"])

    def test_a_brace_in_a_literal_is_no_brace(self):
        text = "static int a(void)\n{\n\treturn '{' + \"}\"[0];\n}\nstatic int b(void)\n{\n}\n"
        self.assertEqual([f.name for f in c.functions(text)], ["a", "b"])

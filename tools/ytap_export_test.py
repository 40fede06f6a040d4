# SPDX-License-Identifier: Apache-2.0
"""Each export parses, and read as its library reads it takes the messages of the protocol page apart and gives the same bytes."""

import ast
import json
import pathlib
import tempfile
import unittest
import xml.etree.ElementTree

import ytap_export

ROOT = pathlib.Path(__file__).parent.parent
MESSAGES = ("hello", "hello-reply", "sign-in", "sign-in-reply", "purchase", "purchase-reply", "reversal", "upload",
            "upload-reply", "push", "push-reply")


def golden():
    lines = (ROOT / "tests/vectors/ytap/messages.txt").read_text().splitlines()
    rows = dict(line.split(" ", 1) for line in lines if line and not line.startswith("#"))
    return {name: bytes.fromhex(rows[name]) for name in MESSAGES}


class Shape:
    """How a library sees one field: bytes of the length prefix, size, packed digits or not, pad nibble first or last."""

    def __init__(self, prefix, size, digits, pad_first):
        self.prefix, self.size, self.digits, self.pad_first = prefix, size, digits, pad_first

    def take(self, message, at):
        count = self.size
        if self.prefix:
            count = int(message[at:at + self.prefix].hex())
            at += self.prefix
        if count > self.size:
            raise ValueError(f"{count} over {self.size}")
        width = (count + 1) // 2 if self.digits else count
        raw = message[at:at + width]
        if self.digits:
            text = raw.hex()
            value = (text[1:] if self.pad_first else text[:-1]) if count % 2 else text
        else:
            value = raw
        return value, at + width

    def give(self, value):
        raw = value
        if self.digits:
            odd = "0" if len(value) % 2 else ""
            raw = bytes.fromhex(odd + value if self.pad_first else value + odd)
        return bytes.fromhex(f"{len(value):0{2 * self.prefix}d}") + raw if self.prefix else raw


def from_jpos(text):
    shapes = {}
    for row in xml.etree.ElementTree.fromstring(text.encode()).iter("isofield"):
        kind = row.get("class").rsplit(".", 1)[1]
        letters = kind.removeprefix("IFB_").split("N")[0].split("C")[0].split("B")[0]
        digits = kind.endswith(("NUM", "NUMERIC"))
        shapes[int(row.get("id"))] = Shape((letters.count("L") + 1) // 2 if kind.startswith("IFB_L") else 0,
                                           int(row.get("length")), digits, row.get("pad") == "true")
    return shapes


def from_moov(text):
    shapes = {}
    for number, row in json.loads(text)["fields"].items():
        name = row["prefix"].split(".")[1]
        shapes[int(number)] = Shape(0 if name == "Fixed" else (len(name) + 1) // 2, row["length"],
                                    row["enc"] in ("BCD", "LBCD"), row["enc"] == "BCD")
    return shapes


def from_pyiso8583(text):
    spec = ast.literal_eval(text.split("spec = ", 1)[1])
    return {int(key): Shape(row["len_type"], row["max_len"], row.get("len_count") == "nibbles", "left_pad" in row)
            for key, row in spec.items() if key.isdigit()}


class Exports(unittest.TestCase):
    def setUp(self):
        self.table = ytap_export.fields(ROOT)

    def check_round_trip(self, shapes):
        for name, message in golden().items():
            bitmap = int.from_bytes(message[2:10], "big")
            at, again = 10, message[:10]
            for number in range(2, 65):
                if bitmap >> (64 - number) & 1:
                    value, at = shapes[number].take(message, at)
                    again += shapes[number].give(value)
            self.assertEqual(at, len(message), name)
            self.assertEqual(again, message, name)

    def test_jpos_packager_reads_the_messages(self):
        self.check_round_trip(from_jpos(ytap_export.jpos(self.table)))

    def test_moov_spec_reads_the_messages(self):
        self.check_round_trip(from_moov(ytap_export.moov(self.table)))

    def test_pyiso8583_dict_reads_the_messages(self):
        self.check_round_trip(from_pyiso8583(ytap_export.pyiso8583(self.table)))

    def test_npm_formats_name_every_field(self):
        spec = json.loads(ytap_export.npm(self.table))
        self.assertEqual(sorted(map(int, spec)), [1] + [f.number for f in self.table])
        self.assertEqual(spec["57"], {"ContentType": "an", "Label": "transaction TLV", "LenType": "lllvar", "MaxLen": 998})
        self.assertEqual(spec["64"]["MaxLen"], 16)
        self.assertEqual(spec["62"]["LenType"], "llllvar")

    def test_moov_spec_uses_only_words_of_that_library(self):
        for row in json.loads(ytap_export.moov(self.table))["fields"].values():
            self.assertIn(row["enc"], ("ASCII", "BCD", "LBCD", "Binary"))
            self.assertIn(row["prefix"], ("ASCII.Fixed", "BCD.Fixed", "Binary.Fixed", "BCD.LL", "BCD.LLL", "BCD.LLLL"))

    def test_a_line_of_another_form_is_refused(self):
        with tempfile.TemporaryDirectory() as root:
            (pathlib.Path(root) / "api/ytap").mkdir(parents=True)
            (pathlib.Path(root) / "api/ytap/fields.def").write_text("\nISO8583_FIELD(2, CARD_NO, N, LL)\n")
            with self.assertRaises(SystemExit):
                ytap_export.fields(root)


if __name__ == "__main__":
    unittest.main()

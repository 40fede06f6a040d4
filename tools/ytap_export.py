#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""ytap_export.py FORMAT [ROOT]: the field table of api/ytap/fields.def as other people's libraries want it.

FORMAT  jpos       jPOS GenericPackager XML, dialect B
        moov       moov iso8583 message spec JSON, dialect B
        pyiso8583  Python dict literal for pyiso8583, dialect B
        npm        custom formats JSON for npm iso_8583, dialect A

The frame around the message (length, TPDU, header) is not part of any of them.
"""

import json
import pathlib
import re
import sys
from dataclasses import dataclass
from xml.sax.saxutils import quoteattr

FIELD = re.compile(r'^ISO8583_FIELD\((\d+), (\w+), (N|Z|AN|ANS|B), (FIXED|LL|LLL|LLLL), (\d+), (LEFT|RIGHT), "([^"]*)"\)$',
                   re.M)
PREFIX_DIGITS = {"FIXED": 0, "LL": 2, "LLL": 3, "LLLL": 4}
NAME = "YTAP/1"


@dataclass(frozen=True)
class Field:
    number: int
    name: str
    type: str
    length: str
    max: int
    side: str
    text: str

    @property
    def digits(self):
        return PREFIX_DIGITS[self.length]

    @property
    def is_digits(self):
        return self.type in ("N", "Z")


def fields(root):
    text = (pathlib.Path(root) / "api/ytap/fields.def").read_text(encoding="utf-8")
    found = [Field(int(n), name, t, length, int(size), side, what)
             for n, name, t, length, size, side, what in FIELD.findall(text)]
    if len(found) != text.count("\nISO8583_FIELD("):
        raise SystemExit("fields.def: a line is not of the form ISO8583_FIELD(…)")
    return found


def jpos_class(field):
    if field.is_digits:
        return {0: "IFB_NUMERIC", 2: "IFB_LLNUM", 3: "IFB_LLLNUM"}[field.digits]
    if field.type == "B":
        return {0: "IFB_BINARY", 3: "IFB_LLLBINARY", 4: "IFB_LLLLBINARY"}[field.digits]
    return {0: "IF_CHAR", 2: "IFB_LLCHAR", 3: "IFB_LLLCHAR"}[field.digits]


def jpos(table):
    lines = ['<?xml version="1.0" encoding="UTF-8"?>',
             '<!DOCTYPE isopackager PUBLIC "-//jPOS/jPOS Generic Packager DTD 1.0//EN"',
             '  "http://jpos.org/dtd/generic-packager-1.0.dtd">',
             '<isopackager>',
             '  <isofield id="0" length="4" name="MTI" pad="true" class="org.jpos.iso.IFB_NUMERIC"/>',
             '  <isofield id="1" length="8" name="bitmap" class="org.jpos.iso.IFB_BITMAP"/>']
    for f in table:
        # pad: digits stand right, their pad nibble first
        pad = f' pad="{str(f.side == "RIGHT").lower()}"' if f.is_digits else ""
        lines.append(f'  <isofield id="{f.number}" length="{f.max}" name={quoteattr(f.text)}{pad}'
                     f' class="org.jpos.iso.{jpos_class(f)}"/>')
    return "\n".join(lines + ["</isopackager>", ""])


def moov_field(f):
    row = {"type": "Binary" if f.type == "B" else "String", "length": f.max, "description": f.text}
    if f.is_digits:
        row["enc"] = "LBCD" if f.side == "LEFT" else "BCD"
    else:
        row["enc"] = "Binary" if f.type == "B" else "ASCII"
    if f.digits:
        row["prefix"] = "BCD." + "L" * f.digits
    elif f.is_digits:
        row["prefix"] = "BCD.Fixed"
    else:
        row["prefix"] = "Binary.Fixed" if f.type == "B" else "ASCII.Fixed"
    if not f.digits and f.type in ("AN", "ANS"):
        row["padding"] = {"type": "Right", "pad": " "}
    return row


def moov(table):
    spec = {"0": {"type": "String", "length": 4, "description": "MTI", "enc": "BCD", "prefix": "BCD.Fixed"},
            "1": {"type": "Bitmap", "length": 8, "description": "bitmap", "enc": "Binary", "prefix": "Binary.Fixed",
                  "disableautoexpand": True}}
    spec.update({str(f.number): moov_field(f) for f in table})
    return json.dumps({"name": NAME, "fields": spec}, indent=1, ensure_ascii=False) + "\n"


def pyiso8583_field(f):
    row = {"data_enc": "b" if f.is_digits or f.type == "B" else "utf-8", "len_enc": "bcd",
           "len_type": (f.digits + 1) // 2, "max_len": f.max, "desc": f.text}
    if f.is_digits:
        row["len_count"] = "nibbles"
        row["right_pad" if f.side == "LEFT" else "left_pad"] = "0"
    return row


def pyiso8583(table):
    def fixed(enc, size, desc):
        return {"data_enc": enc, "len_enc": "bcd", "len_type": 0, "max_len": size, "desc": desc}

    spec = {"h": fixed("b", 0, "header"), "t": fixed("b", 2, "MTI"), "p": fixed("b", 8, "bitmap"),
            "1": fixed("b", 8, "second bitmap")}
    spec.update({str(f.number): pyiso8583_field(f) for f in table})
    rows = "".join(f"    {key!r}: {row!r},\n" for key, row in spec.items())
    return f"# {NAME}, dialect B, for pyiso8583\nspec = {{\n{rows}}}\n"


def npm_field(f):
    """Bytes are hex text whose length counts characters, no more than the prefix can say."""
    most = f.max
    kind = "n" if f.type == "N" else "ans"
    if f.type == "B":
        most = 2 * f.max if not f.digits else min(2 * f.max, (10 ** f.digits - 1) // 2 * 2)
        kind = "an"
    return {"ContentType": kind, "Label": f.text, "LenType": "l" * f.digits + "var" if f.digits else "fixed",
            "MaxLen": most}


def npm(table):
    spec = {"1": {"ContentType": "b", "Label": "bitmap", "LenType": "fixed", "MaxLen": 8}}
    spec.update({str(f.number): npm_field(f) for f in table})
    return json.dumps(spec, indent=1, ensure_ascii=False) + "\n"


FORMATS = {"jpos": jpos, "moov": moov, "pyiso8583": pyiso8583, "npm": npm}


def main():
    if len(sys.argv) not in (2, 3) or sys.argv[1] not in FORMATS:
        print(__doc__, file=sys.stderr)
        return 2
    root = sys.argv[2] if len(sys.argv) == 3 else pathlib.Path(__file__).parent.parent
    sys.stdout.write(FORMATS[sys.argv[1]](fields(root)))
    return 0


if __name__ == "__main__":
    sys.exit(main())

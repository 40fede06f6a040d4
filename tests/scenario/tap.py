# SPDX-License-Identifier: Apache-2.0
"""What the scenarios in Python print: TAP, a point a check."""

number = failures = 0


def check(name, got, want=True):
    global number, failures
    number += 1
    ok = got == want
    failures += not ok
    print(f"{'ok' if ok else 'not ok'} {number} - {name}", flush=True)
    if not ok:
        print(f"#   got  {str(got)[:1500]}\n#   want {str(want)[:1500]}", flush=True)


def finish():
    """The plan, and the exit status of the run."""
    print(f"1..{number}")
    return 1 if failures else 0

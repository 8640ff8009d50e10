#!/usr/bin/env python3
"""Reads lists, tables and names as people write them with provpt: it must read what is meant, or refuse
it for the right reason, and tell what it does not use.

    python3 -m venv /tmp/tables-venv
    /tmp/tables-venv/bin/pip install pillow
    /tmp/tables-venv/bin/python tools/odd-texts.py --provpt target/release/provpt [PART OF A NAME]

Cases are in `odd/texts.py`, `odd/rows.py` and `odd/names.py`. Prints what goes wrong, and at the end how many were read and refused.
Exits with 1 if anything goes wrong.
"""

import argparse
import pathlib
import re
import subprocess
import sys
import tempfile

from differing import asked, picture
from odd import names, rows, texts

PARTS = [texts.encoded, texts.spelled, rows.written, names.classes, names.paths, names.unused]
NUMBERS = {picture(number): number for number in range(16)}


def write(folder, files):
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, str):
            content = content.replace("FOLDER", str(folder)).encode()
        path.write_bytes(picture(content) if isinstance(content, int) else content)


def wrong(program, path, out, meant, told):
    """What is not as it should be; nothing if all is."""
    got = asked(program, path, out)
    if meant is None:
        right = isinstance(got, str) and re.search(told, got, re.DOTALL)
        return "" if right else f"expected a refusal with {told!r}, got {got if isinstance(got, str) else 'none'}"
    if isinstance(got, str):
        return f"refused: {got}"
    found = {split: [(NUMBERS.get(data), name) for data, name in part] for split, part in got.items()}
    if len(meant) < 3:
        found, meant = ({"all": sum(part.values(), [])} for part in (found, meant))
    found, meant = ({split: sorted(part) for split, part in all.items()} for all in (found, meant))
    if found != meant:
        return f"expected {meant}, got {found}"
    said = subprocess.run([program, "data", "check", path], capture_output=True, text=True)
    said = said.stdout + said.stderr
    return "" if re.search(told, said) else f"expected to be told {told!r}, got {said}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--provpt", type=pathlib.Path, required=True)
    parser.add_argument("part", nargs="?", default="")
    args = parser.parse_args()
    counts = {"read": 0, "refused": 0, "wrong": 0}
    for name, files, path, meant, told in (case for part in PARTS for case in part()):
        if args.part not in name:
            continue
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            write(folder / "in", files)
            said = wrong(args.provpt, folder / "in" / path, folder / "out", meant, told)
        if said:
            print(f"{name}: {said[:500]}", flush=True)
        counts["wrong" if said else "refused" if meant is None else "read"] += 1
    print(f"{sum(counts.values())} cases: " + ", ".join(f"{count} {what}" for what, count in counts.items()))
    sys.exit(counts["wrong"] > 0)


if __name__ == "__main__":
    main()

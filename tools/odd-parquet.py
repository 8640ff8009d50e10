#!/usr/bin/env python3
"""Reads odd Parquet files with provpt and with pyarrow: both must see the same images with the same
labels in the same order, or provpt must refuse the file for the right reason.

    python3 -m venv /tmp/tables-venv
    /tmp/tables-venv/bin/pip install pillow pyarrow
    /tmp/tables-venv/bin/python tools/odd-parquet.py --provpt target/release/provpt [CASE...]

Without names, all cases: those of `odd/columns.py`, `labels.py`, `images.py` and `files.py`. Prints what differs, and at the end how many agreed or
were refused, with the reasons. Exits with 1 if anything differs. Run with pyarrow 26.0.1.
"""

import argparse
import collections
import json
import pathlib
import re
import sys
import tempfile

import pyarrow.parquet as pq
from differing import asked, spelled
import odd.columns  # each of these adds its cases
import odd.labels
import odd.images
import odd.files
from odd.parquet import CASES


def class_names(schema, column):
    """Those that `datasets` wrote beside the columns."""
    known = json.loads((schema.metadata or {}).get(b"huggingface", b"{}"))
    return known.get("info", {}).get("features", {}).get(column, {}).get("names")


def rows(case, path):
    """Bytes and label of each row of a file, by pyarrow."""
    table = pq.ParquetFile(path).read()
    names = class_names(table.schema, case.label)
    label = lambda value: names[value] if names else spelled(value)
    def data(image):
        if not isinstance(image, dict):
            return image
        return image["bytes"] or (path.parent / image["path"]).read_bytes()
    images, labels = (table.column(name).to_pylist() for name in (case.image, case.label))
    return [(data(image), label(value)) for image, value in zip(images, labels)]


def apart(case, got):
    """In what the program differs; nothing if it does not."""
    if case.refused:
        right = isinstance(got, str) and re.search(case.refused, got)
        return "" if right else f"expected a refusal with {case.refused!r}, got {got if isinstance(got, str) else 'none'}"
    if isinstance(got, str):
        return f"refused: {got}"
    expected = {split: [row for path in paths for row in rows(case, path)] for split, paths in case.splits.items()}
    if len(expected) < 3:
        # What is missing was taken from train, the order within kept.
        got, expected = ({"all": sorted(sum(found.values(), []))} for found in (got, expected))
    for split in sorted(expected | got):
        mine, theirs = got.get(split, []), expected.get(split, [])
        if len(mine) != len(theirs):
            return f"{split}: {len(theirs)} rows by pyarrow, {len(mine)} by provpt"
        for row, pair in enumerate(zip(theirs, mine)):
            if pair[0] != pair[1]:
                return f"{split} row {row}: {pair[0]} by pyarrow, {pair[1]} by provpt"
    return ""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--provpt", type=pathlib.Path, required=True)
    parser.add_argument("case", nargs="*")
    args = parser.parse_args()
    agreed, reasons, differ = 0, collections.Counter(), 0
    for name in args.case or CASES:
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            (folder / "in").mkdir()
            case = CASES[name](folder / "in")
            got = asked(args.provpt, case.path, folder / "out")
            told = apart(case, got)
            if told:
                differ += 1
                print(f"{name}: {told[:600]}", flush=True)
            elif isinstance(got, str):
                reasons[re.sub(r"^error: |/[^ ]*parquet(#|: )", "", got)[:150]] += 1
            else:
                agreed += 1
    refused = sum(reasons.values())
    print(f"{agreed + refused + differ} cases: {agreed} agree, {refused} refused with the reason, {differ} differ")
    for reason, count in sorted(reasons.items()):
        print(f"{count:6} {reason}")
    sys.exit(differ > 0)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Writes some hundred odd image files, the same ones each time, and compares what provpt and Pillow make
of them: the same pixels, or a refusal that says what is wrong.

    python3 -m venv /tmp/pillow-venv
    /tmp/pillow-venv/bin/pip install pillow numpy
    cargo build --release -p provpt-image --example decode
    /tmp/pillow-venv/bin/python tools/odd-images.py --decode target/release/examples/decode [--keep FOLDER]

`odd_files/` has the list, and what a refusal must say. Prints every file that is not as it should be,
how many agreed and were refused, and with which reasons. Exits with 1 if one is wrong. Made with Pillow
13.0.0 (libjpeg-turbo 3.2.0, libtiff 4.7.2, libwebp 1.6.0).
"""

import argparse
import collections
import pathlib
import re
import sys
import tempfile

from decoding import apart, by_pillow, by_provpt
from odd_files.every import every


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--decode", type=pathlib.Path, required=True)
    parser.add_argument("--keep", type=pathlib.Path, help="where all files are written (default: nowhere)")
    parser.add_argument("--all", action="store_true", help="print what became of every file")
    return parser.parse_args()


def written(folder):
    """Every file, in a folder of its family."""
    files = {}
    for family, odd in every():
        path = folder / family / odd.name
        if path in files:
            sys.exit(f"{path}: two files of one name")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(odd.content)
        files[path] = odd
    return files.items()


def judged(odd, ours, theirs):
    """What became of a file, and what is wrong about that, if anything."""
    if isinstance(ours, str):
        right = odd.refused and re.search(odd.refused, ours, re.IGNORECASE)
        kind = "refused by both" if isinstance(theirs, str) else "refused by provpt alone"
        return kind, None if right else f"refused: {ours} (expected {odd.refused or 'pixels'}; Pillow: {told(theirs)})"
    if isinstance(theirs, str):
        return "read by provpt alone", None if odd.alone else f"read, and refused by Pillow: {theirs}"
    wrong = apart(ours, theirs)
    return ("differ", wrong) if wrong else ("agree", None)


def told(theirs):
    return theirs if isinstance(theirs, str) else f"{theirs.shape[1]}x{theirs.shape[0]} pixels"


def main():
    args = arguments()
    counts, reasons, wrong = collections.Counter(), collections.Counter(), 0
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        files = written(args.keep or folder / "odd")
        for (path, odd), ours in zip(files, by_provpt(args.decode, [path for path, _ in files], folder)):
            kind, why = judged(odd, ours, by_pillow(path))
            counts[kind] += 1
            wrong += why is not None
            name = f"{path.parent.name}/{path.name}"
            if why or args.all:
                print(f"{name}: {why or kind}")
            if isinstance(ours, str):
                reasons[re.sub(r"\d+", "N", ours.removeprefix("undecodable image: "))] += 1
    print(f"{len(files)} files: {dict(counts)}; {wrong} wrong")
    for reason, count in reasons.most_common():
        print(f"{count:6} {reason}")
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()

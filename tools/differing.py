"""What scripts have in common that compare the program with another reader of the same files."""

import argparse
import io
import pathlib
import random
import subprocess
import sys
import time

from PIL import Image

# What the program calls its splits, and the lists that it writes of them.
LISTS = {"train": "train800.txt", "val": "val200.txt", "test": "test.txt"}


def picture(number):
    """A PNG of three by two pixels that has a number in them."""
    image = Image.new("RGB", (3, 2), (number % 256, number // 256, 77))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def asked(program, path, out):
    """What the program reads, by split: the bytes of each image and the name of its class; or its
    reason for refusing, without the path."""
    done = subprocess.run([program, "-q", "data", "convert", path, out, "--to", "folder"], capture_output=True, text=True)
    if done.returncode == 2:
        return done.stderr.splitlines()[0].replace(str(path), "")
    if done.returncode:
        sys.exit(f"data convert {path}: exit code {done.returncode}: {done.stderr}")
    names = (out / "labels.txt").read_text().split("\n")
    found = {}
    for split, name in LISTS.items():
        if (out / name).exists():
            rows = [line.rsplit(" ", 1) for line in (out / name).read_text().splitlines()]
            found[split] = [((out / image).read_bytes(), names[int(label)]) for image, label in rows]
    return found


def spelled(value):
    """A label as a name."""
    if isinstance(value, (bool, float)) and value == int(value):
        return str(int(value))
    return str(value)


def arguments(description, program="provpt"):
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(f"--{program}", type=pathlib.Path, required=True)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=pathlib.Path, help="where files that differ are put")
    return parser.parse_args()


def rounds(args):
    """The number of each round and its random draws, until the time is over."""
    start, index = time.monotonic(), 0
    while time.monotonic() - start < args.seconds:
        yield index, random.Random(f"{args.seed} {index}")
        index += 1


def finish(args, counts, reasons, differ):
    """Says what was seen, and ends with 1 if anything differs."""
    print(f"seed {args.seed}: {dict(counts)}; {differ} differ")
    for reason, count in reasons.most_common(40):
        print(f"{count:6} {reason}")
    sys.exit(differ > 0)

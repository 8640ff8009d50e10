"""What scripts have in common that compare the program with another reader of the same files."""

import argparse
import pathlib
import random
import sys
import time


def arguments(description):
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--provpt", type=pathlib.Path, required=True)
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

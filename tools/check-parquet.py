#!/usr/bin/env python3
r"""Checks that the official `datasets` library reads what `provpt data convert --to parquet` writes.

    python3 -m venv /tmp/parquet-venv
    /tmp/parquet-venv/bin/pip install datasets pillow
    cargo build --release
    /tmp/parquet-venv/bin/python tools/check-parquet.py target/release/provpt TASK...

Every TASK (a path, or the name of a generated task) is converted twice, to Parquet and to lists of
PNG files. `datasets` loads the one, Pillow the other; features, class names, numbers of images,
labels and every pixel must be the same. Run with datasets 5.2.0, Pillow 13.0.0.
"""

import os
import pathlib
import subprocess
import sys
import tempfile

os.environ["HF_HUB_OFFLINE"] = "1"

import datasets
from PIL import Image

SPLITS = {"train": "train800.txt", "validation": "val200.txt", "test": "test.txt"}


def convert(provpt, task, out, form, *more):
    source = [task] if pathlib.Path(task).exists() else ["--name", task]
    command = [provpt, "--quiet", "data", "convert", *source, str(out), "--to", form, *more]
    subprocess.run(command, check=True)
    return out


def listed(folder, name):
    """(path, label) of a list."""
    lines = (folder / name).read_text().splitlines()
    return [(folder / path, int(label)) for path, label in (line.rsplit(" ", 1) for line in lines)]


def same(got, expected, what):
    if got != expected:
        sys.exit(f"{what}: expected {expected}, got {got}")


def compare(parquet, folder, cache):
    """What both hold, in words."""
    loaded = datasets.load_dataset(str(parquet), cache_dir=str(cache))
    there = [split for split, name in SPLITS.items() if (folder / name).exists()]
    same(sorted(loaded), sorted(there), "splits")
    names = (folder / "labels.txt").read_text().splitlines()
    features = datasets.Features(image=datasets.Image(), label=datasets.ClassLabel(names=names))
    for split in there:
        same(loaded[split].features, features, f"{split}: features")
        expected = listed(folder, SPLITS[split])
        same(len(loaded[split]), len(expected), f"{split}: images")
        for row, (example, (path, label)) in enumerate(zip(loaded[split], expected)):
            same(example["label"], label, f"{split} {row}: label")
            got, png = (image.convert("RGB") for image in (example["image"], Image.open(path)))
            same(got.size, png.size, f"{split} {row}: size")
            same(got.tobytes() == png.tobytes(), True, f"{split} {row}: equal pixels")
    counts = ", ".join(f"{split} {len(loaded[split])}" for split in there)
    return f"{len(names)} classes, {counts}: features, names, labels and pixels are equal"


def main():
    if len(sys.argv) < 3:
        sys.exit(f"usage: {sys.argv[0]} PROVPT TASK...")
    provpt, *tasks = sys.argv[1:]
    datasets.disable_progress_bars()
    for task in tasks:
        with tempfile.TemporaryDirectory() as temporary:
            root = pathlib.Path(temporary)
            folder = convert(provpt, task, root / "folder", "folder")
            for keep in [], ["--keep-encoding"]:
                out = root / f"parquet{len(keep)}"
                told = compare(convert(provpt, task, out, "parquet", *keep), folder, root / "cache")
                print(task, *keep, told, sep=": ")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
r"""Writes fixtures/lists/: tiny tasks as lists of path and label, and what they hold.

    python3 -m venv /tmp/lists-venv
    /tmp/lists-venv/bin/pip install datasets pandas pillow
    /tmp/lists-venv/bin/python tools/make-lists-fixture.py

Run from the root of the repository; fixtures/lists/ is replaced. Made with Python 3.11,
datasets 5.2.0, pandas 3.1.1, Pillow 13.0.0. The lists are written by `json`, pandas and `csv`. Each
image is one flat colour of its own.

    cub, dogs, flowers   as published for FGVC: {path: class id}, images in `images/`, `Images/`
                         and the folder itself; ids are not 0..C-1; cub has shares of train
    tables/              train.csv, val.csv, test.csv with text labels, by pandas
    tabs/                train.tsv with numbers, by pandas, and labels.txt
    lines/               train.jsonl, validation.jsonl, by pandas
    one.csv              one table with a column `split` and semicolons, by `csv`, with a byte
                         order mark, as spreadsheets write it
    metadata/            an ImageFolder of Hugging Face's `datasets` with metadata.csv
    expected.json        for each and each split, in order: path in fixtures/lists/, class name,
                         colour; of metadata/ as `datasets` reads it back, sorted by path
"""

import csv
import json
import pathlib
import shutil

import datasets
import pandas as pd
from PIL import Image

OUT = pathlib.Path("fixtures/lists")
made = 0


def image(path):
    """A file with a colour that no other has."""
    global made
    made += 1
    color = (made, 255 - made, 2 * made)
    path = OUT / path
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (3, 2), color).save(path)
    return color


def row(path, name):
    return [path, name, image(path)]


def fgvc(name, root, splits, expected, folders=True):
    """Images by class id, listed as `path: id`; classes are the ids in order."""
    for split, ids in splits.items():
        listed, rows = {}, expected.setdefault(name, {}).setdefault(split, [])
        for i, id in enumerate(ids):
            path = f"{id:03}.Class/{split}_{i}.png" if folders else f"jpg/{split}_{i}.png"
            listed[path] = id
            rows.append(row(f"{name}/{root}{path}", str(id)))
        (OUT / name / f"{split}.json").write_text(json.dumps(listed))
    return listed


def shares(name, share, keep, expected):
    """A part of the training images, as in the published `train_0.5.json`; 0.25 lacks a class."""
    listed = json.loads((OUT / name / "train.json").read_text())
    part = dict(list(listed.items())[::keep])
    (OUT / name / f"train_{share}.json").write_text(json.dumps(part))
    expected[name][f"train_{share}"] = expected[name]["train"][::keep]


def frame(rows, folder, path="path", label="label"):
    inside = [r[0].removeprefix(folder) for r in rows]
    return pd.DataFrame({"id": range(len(rows)), label: [r[1] for r in rows], path: inside})


def tables(expected):
    for split, names in {"train": ["owl", "ant", "owl", "bee, wild"], "val": ["ant"],
                         "test": ["bee, wild", "owl"]}.items():
        rows = [row(f"tables/pictures/{split} {i}.png", name) for i, name in enumerate(names)]
        frame(rows, "tables/").to_csv(OUT / f"tables/{split}.csv", index=False)
        expected.setdefault("tables", {})[split] = rows


def tabs(expected):
    names = ["zero", "one", "two"]
    rows = [row(f"tabs/images/{i}.png", names[i % 3]) for i in range(9)]
    table = frame(rows, "tabs/images/", "filename", "target")
    table["target"] = [names.index(name) for name in table["target"]]
    table.to_csv(OUT / "tabs/train.tsv", index=False, sep="\t")
    (OUT / "tabs/labels.txt").write_text("\n".join(names) + "\n")
    expected["tabs"] = {"train": rows}


def lines(expected):
    for split, labels in {"train": [1, 0, 1, 2], "validation": [2, 0]}.items():
        rows = [row(f"lines/{split}/{i}.png", str(label)) for i, label in enumerate(labels)]
        table = frame(rows, "lines/", "image", "class").astype({"class": int})
        table.to_json(OUT / f"lines/{split}.jsonl", orient="records", lines=True)
        expected.setdefault("lines", {})[split] = rows


def one(expected):
    splits = ["train", "Validation", "train", "test"]
    rows = [row(f"ones/ü {i}.png", ["fir", "oak", "oak", "fir"][i]) for i in range(4)]
    with open(OUT / "one.csv", "w", newline="", encoding="utf-8-sig") as file:
        table = csv.writer(file, delimiter=";")
        table.writerow(["Split", "Class", "File_Name"])
        table.writerows([split, r[1], r[0]] for split, r in zip(splits, rows))
    expected["one.csv"] = {"train": [rows[0], rows[2]], "val": [rows[1]], "test": [rows[3]]}


def metadata(expected):
    """Images in folders of splits, one table of all; read back by the official library."""
    names, split_of = ["up", "down"], ["train", "train", "test", "train", "train", "test"]
    rows = [row(f"metadata/{s}/{i}.png", names[i // 2 % 2]) for i, s in enumerate(split_of)]
    for split in ["train", "test"]:
        part = [r for r in rows if r[0].startswith(f"metadata/{split}/")]
        table = frame(part, f"metadata/{split}/", "file_name")
        table.to_csv(OUT / f"metadata/{split}/metadata.csv", index=False)
    colors = {r[2]: r[0] for r in rows}
    read = datasets.load_dataset(
        "imagefolder", data_dir=str(OUT / "metadata"), cache_dir="/tmp/lists-fixture-cache"
    )
    for split, dataset in read.items():
        back = [(r["label"], r["image"].convert("RGB").getpixel((0, 0))) for r in dataset]
        back = sorted([colors[color], label, color] for label, color in back)
        expected.setdefault("metadata", {})[split] = back


def main():
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    expected = {}
    birds = {"train": [7, 3, 3, 12, 12, 7, 7, 12], "val": [3, 7], "test": [12, 12, 7]}
    fgvc("cub", "images/", birds, expected)
    shares("cub", 0.5, 2, expected)
    shares("cub", 0.25, 4, expected)
    fgvc("dogs", "Images/", {"train": [2, 1], "test": [1, 2]}, expected)
    fgvc("flowers", "", {"train": [102, 9], "val": [9], "test": [102]}, expected, folders=False)
    tables(expected)
    tabs(expected)
    lines(expected)
    one(expected)
    metadata(expected)
    (OUT / "expected.json").write_text(json.dumps(expected, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()

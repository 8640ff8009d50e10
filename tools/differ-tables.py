#!/usr/bin/env python3
"""Reads odd tables with provpt and with pandas and pyarrow: both must see the same labels of the same
images, or provpt must refuse the file.

    python3 -m venv /tmp/tables-venv
    /tmp/tables-venv/bin/pip install pillow numpy pandas pyarrow
    /tmp/tables-venv/bin/python tools/differ-tables.py --provpt target/release/provpt \\
        [--seconds 60] [--seed 0] [--keep FOLDER]

Each round writes a CSV, TSV, JSON lines or Parquet file with a few rows: odd quoting, encodings, line
ends and columns; labels of many types; for Parquet all that pyarrow's writer can vary. Every image has
the number of its row in its pixels. Prints what differs in silence, and at the end how many files
agreed or were refused (by reason). Exits with 1 if anything differs.
"""

import collections
import csv
import io
import json
import pathlib
import shutil
import tempfile

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from differing import arguments, asked, finish, picture, rounds, spelled
from PIL import Image

WORDS = ["ant", "bee", "cat", "Ant", "a b", "x,y", 'say "hi"', "naïve", "日本", "0", "01", "1.0", "-1",
         "true", "NA", "null", "nan", " lead", "trail ", "tab\there", "semi;colon", "#hash", "é"]


def labels(draw, rows):
    """Labels of one kind."""
    kind = draw.randrange(5)
    if kind == 0:
        return [draw.randrange(3) for _ in range(rows)]
    if kind == 1:
        return [draw.choice([0, 2, 5, 1000, -1]) for _ in range(rows)]
    if kind == 2:
        return [draw.choice([True, False]) for _ in range(rows)]
    known = draw.sample(WORDS, draw.randrange(2, 5))
    return [draw.choice(known) for _ in range(rows)]


def written_csv(draw, folder, rows, sep):
    values = labels(draw, len(rows))
    columns = [draw.choice(["path", "image", "file_name", "filename", "filepath"]), draw.choice(["label", "class", "target"])]
    extra = draw.random() < 0.3
    table = [[path, value] + (["more"] if extra else []) for path, value in zip(rows, values)]
    buffer = io.StringIO(newline="")
    quoting = draw.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])
    writer = csv.writer(buffer, delimiter=sep, quoting=quoting, lineterminator=draw.choice(["\n", "\r\n"]))
    writer.writerow(columns + (["more"] if extra else []))
    writer.writerows(table)
    text = buffer.getvalue()
    if draw.random() < 0.2:
        text = text.rstrip("\r\n")
    if draw.random() < 0.2:
        text += "\n"
    encoding = draw.choice(["utf-8", "utf-8", "utf-8-sig", "utf-16", "latin-1"])
    path = folder / f"train.{'csv' if sep == ',' else 'tsv'}"
    path.write_bytes(text.encode(encoding, "replace"))
    expected = pd.read_csv(path, sep=sep, dtype=str, keep_default_na=False, encoding=encoding)
    return path, f"csv {encoding} {quoting}", [str(v) for v in expected[columns[1]]]


def written_json(draw, folder, rows):
    values = labels(draw, len(rows))
    if draw.random() < 0.2:
        values = [draw.choice([1.0, 2.0, 2.5]) for _ in rows]
    ascii_only, end = draw.random() < 0.5, draw.choice(["\n", "\r\n", "\n\n"])
    lines = [json.dumps({"path": path, "label": value, **({"x": [1, {"y": None}]} if draw.random() < 0.3 else {})}, ensure_ascii=ascii_only) for path, value in zip(rows, values)]
    path = folder / "train.jsonl"
    path.write_text(end.join(lines) + draw.choice(["", "\n"]), newline="")
    return path, "jsonl", [json.loads(line)["label"] for line in lines]


def written_parquet(draw, folder, numbers):
    values = labels(draw, len(numbers))
    kinds = [pa.int64()] if isinstance(values[0], int) else [pa.string(), pa.large_string()]
    if isinstance(values[0], bool):
        kinds = [pa.bool_()]
    elif isinstance(values[0], int):
        fits = [pa.int8(), pa.int16(), pa.int32(), pa.uint8(), pa.uint16(), pa.uint64()]
        low, high = min(values), max(values)
        kinds += [kind for kind in fits if low >= (0 if "uint" in str(kind) else -128) and (high < 128 or kind.bit_width > 8)]
    label = pa.array(values, draw.choice(kinds))
    if draw.random() < 0.3:
        label = label.dictionary_encode()
    pictures = [picture(number) for number in numbers]
    if draw.random() < 0.7:
        image = pa.array([{"bytes": b, "path": None} for b in pictures], pa.struct([("bytes", pa.binary()), ("path", pa.string())]))
    else:
        image = pa.array(pictures, draw.choice([pa.binary(), pa.large_binary()]))
    columns = {"image": image, "label": label}
    if draw.random() < 0.3:
        columns["more"] = pa.array([[1, 2]] * len(numbers))
    names = list(columns)
    draw.shuffle(names)
    table = pa.table({name: columns[name] for name in names})
    how = dict(compression=draw.choice(["none", "snappy", "gzip", "zstd", "lz4", "brotli"]), version=draw.choice(["1.0", "2.6"]),
               data_page_version=draw.choice(["1.0", "2.0"]), use_dictionary=draw.random() < 0.5, row_group_size=draw.choice([1, 3, 100]),
               data_page_size=draw.choice([10, 1 << 20]), write_statistics=draw.random() < 0.5)
    for split in ("train", "validation", "test"):
        pq.write_table(table, folder / f"{split}.parquet", **how)
    read = pq.read_table(folder / "train.parquet").column("label").to_pylist()
    return folder, f"parquet {label.type} {how['compression']} v{how['data_page_version']}", read


def made(draw, folder):
    """What to open, what it is, and the label of each number."""
    numbers = list(range(draw.randrange(4, 12)))
    kind = draw.randrange(4)
    if kind == 3:
        path, what, values = written_parquet(draw, folder, numbers)
        return path, what, dict(zip(numbers, values))
    rows = []
    for number in numbers:
        name = draw.choice(["a{}.png", "b c {}.png", "ü{}.png", "x,{}.png", "d/{}.png"]).format(number)
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(picture(number))
        rows.append(name)
    path, what, values = written_json(draw, folder, rows) if kind == 2 else written_csv(draw, folder, rows, ",\t"[kind])
    for split in ("val", "test"):
        shutil.copy(path, path.with_name(split + path.suffix))
    return folder, what, dict(zip(numbers, values))


def by_number(found):
    """The label's name of the number in each image."""
    def number(data):
        r, g, _ = np.asarray(Image.open(io.BytesIO(data)))[0, 0]
        return int(r) + 256 * int(g)
    return {number(data): name for data, name in found["train"]}


def main():
    args = arguments(__doc__)
    counts, reasons, differ = collections.Counter(), collections.Counter(), 0
    for index, draw in rounds(args):
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            (folder / "in").mkdir()
            path, what, expected = made(draw, folder / "in")
            got = asked(args.provpt, path, folder / "out")
            expected = {number: spelled(value) for number, value in expected.items()}
            if isinstance(got, str):
                counts["refused"] += 1
                reasons[f"{what.split()[0]}: {got[:110]}"] += 1
                continue
            got = by_number(got)
            if got == expected or {n: v.strip() for n, v in expected.items()} == got:
                counts["agreed"] += 1
            else:
                differ += 1
                apart = [(n, expected.get(n), got.get(n)) for n in sorted(expected) if expected.get(n) != got.get(n)]
                print(f"round {index}: {what}: (number, expected, got) {apart[:4]}", flush=True)
                if args.keep:
                    shutil.copytree(folder / "in", args.keep / str(index), dirs_exist_ok=True)
    finish(args, counts, reasons, differ)


if __name__ == "__main__":
    main()

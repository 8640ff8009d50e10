#!/usr/bin/env python3
r"""Writes fixtures/parquet/: tiny Parquet data sets, and what the official libraries read back.

    python3 -m venv /tmp/parquet-venv
    /tmp/parquet-venv/bin/pip install datasets pillow pyarrow safetensors
    /tmp/parquet-venv/bin/python tools/make-parquet-fixture.py

Run from the root of the repository; fixtures/parquet/ is replaced. Made with Python 3.11,
datasets 5.2.0, pyarrow 26.0.1, Pillow 13.0.0.

    photos/data/*.parquet   written by `datasets`: two shards of train, one of test, several row
                            groups each, PNG and JPEG bytes, class names in the metadata
    hidden/*.parquet        a test split whose labels are all -1: to be had, but not known
    codec-*.parquet         written by pyarrow: binary images and text labels without any names,
                            each with another compression; gzip with pages of version 2
    pages.parquet           many small pages, nulls in another column, dictionaries
    paths/train.parquet     rows without bytes, whose image is a file beside the shard
    null.parquet            a row without an image, and none at its path
    no-label.parquet        nothing to learn
    checksums.parquet       pages with checksums
    expected.json           for each file or folder and split, in order: name and label, as read
                            back by the library that wrote it
    expected.safetensors    the pixels, u8 [height, width, 3], by Pillow, as NAME/SPLIT/INDEX
"""

import io
import json
import pathlib
import shutil

import datasets
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image
from safetensors.numpy import save_file

OUT = pathlib.Path("fixtures/parquet")
CLASSES = ["heron", "wren", "avocet", "dunlin"]


def encoded(random, i):
    """A small smooth picture: PNG, every third JPEG."""
    height, width = 6 + i % 5, 7 + i % 4
    y, x, c = np.meshgrid(np.arange(height), np.arange(width), np.arange(3), indexing="ij")
    slope = random.uniform(-9, 9, size=2)
    ramp = 128 + slope[0] * (y - height / 2) + slope[1] * (x - width / 2) + 25 * c
    pixels = np.clip(ramp + random.normal(0, 2, ramp.shape), 0, 255).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG" if i % 3 == 2 else "PNG")
    return file.getvalue()


def decoded(data):
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def photos(random, n, labels):
    rows = {
        "id": list(range(n)),
        "image": [{"bytes": encoded(random, i), "path": f"bird_{i:03}.img"} for i in range(n)],
        "label": labels,
    }
    features = datasets.Features({
        "id": datasets.Value("int64"),
        "image": datasets.Image(),
        "label": datasets.ClassLabel(names=CLASSES),
    })
    return datasets.Dataset.from_dict(rows, features=features)


def write(dataset, folder, split, shards, group):
    folder.mkdir(parents=True, exist_ok=True)
    for i in range(shards):
        part = dataset.shard(num_shards=shards, index=i, contiguous=True)
        part.to_parquet(folder / f"{split}-{i:05}-of-{shards:05}.parquet", batch_size=group)


def read_back(name, values, pixels):
    """With the library that wrote it, in the order of the files."""
    paths = {}
    for path in sorted((OUT / name).rglob("*.parquet")):
        paths.setdefault(path.name.split("-")[0], []).append(str(path))
    for split, dataset in datasets.load_dataset(
        "parquet", data_files=paths, cache_dir="/tmp/parquet-fixture-cache"
    ).items():
        raw = dataset.cast_column("image", datasets.Image(decode=False))
        rows = []
        for i, (row, plain) in enumerate(zip(dataset, raw)):
            pixels[f"{name}/{split}/{i}"] = np.asarray(row["image"].convert("RGB"))
            rows.append({"label": row["label"], "format": plain["image"]["bytes"][:4].hex()})
        values.setdefault(name, {})[split] = rows


def binary(random, n):
    return pa.table({
        "text": pa.array([None if i % 4 == 0 else f"text {i % 3}" for i in range(n)]),
        "picture": pa.array([encoded(random, i) for i in range(n)], pa.binary()),
        "class": pa.array([CLASSES[(i * 7) % 4] for i in range(n)]),
    })


def read_table(path, values, pixels):
    rows = pq.read_table(path).to_pylist()
    name = path.name
    for i, row in enumerate(rows):
        pixels[f"{name}/train/{i}"] = decoded(row["picture"])
    values[name] = {"train": [{"label": row["class"]} for row in rows]}


def tables(random, values, pixels):
    table = binary(random, 9)
    for codec in ["none", "snappy", "gzip", "zstd", "lz4"]:
        path = OUT / f"codec-{codec}.parquet"
        version = "2.0" if codec == "gzip" else "1.0"
        pq.write_table(
            table, path, compression=codec, row_group_size=6, data_page_version=version,
            write_statistics=False,
        )
        read_table(path, values, pixels)
    pq.write_table(table.slice(0, 2), OUT / "brotli.parquet", compression="brotli", write_statistics=False)
    path = OUT / "pages.parquet"
    pq.write_table(
        binary(random, 30), path, row_group_size=13, write_batch_size=2, data_page_size=400,
        dictionary_pagesize_limit=900, write_statistics=False,
    )
    read_table(path, values, pixels)
    pq.write_table(table.drop(["class"]), OUT / "no-label.parquet")
    checksums()


def checksums():
    file = io.BytesIO()
    Image.new("RGB", (2, 2)).save(file, "PNG")
    table = pa.table({"image": [file.getvalue()] * 3, "label": ["ant", "bee", "ant"]})
    pq.write_table(
        table, OUT / "checksums.parquet", compression="none", use_dictionary=False,
        write_page_checksum=True, write_statistics=False, store_schema=False,
    )


def files(random, values, pixels):
    """Rows that name files, which `datasets` leaves so when it is told not to embed them."""
    folder = OUT / "paths"
    (folder / "images").mkdir(parents=True)
    names = [f"images/{i}.png" for i in range(3)]
    data = [encoded(random, 3 * i) for i in range(3)]
    for name, one in zip(names, data):
        (folder / name).write_bytes(one)
    images = [{"bytes": None if i != 1 else data[i], "path": names[i]} for i in range(3)]
    kind = pa.struct({"bytes": pa.binary(), "path": pa.string()})
    table = pa.table({"label": pa.array([1, 0, 1], pa.int8()), "img": pa.array(images, kind)})
    pq.write_table(table, folder / "train.parquet")
    values["paths"] = {"train": [{"label": label} for label in [1, 0, 1]]}
    for i, one in enumerate(data):
        pixels[f"paths/train/{i}"] = decoded(one)
    images = [images[1], {"bytes": None, "path": "no/such.png"}, {"bytes": None, "path": None}]
    table = pa.table({"label": pa.array([True, False, True]), "img": pa.array(images, kind)})
    pq.write_table(table, OUT / "null.parquet")


def main():
    random = np.random.default_rng(20240611)
    shutil.rmtree(OUT, ignore_errors=True)
    values, pixels = {}, {}
    data = OUT / "photos/data"
    write(photos(random, 23, [(i * 5) % 4 for i in range(23)]), data, "train", 2, 5)
    write(photos(random, 7, [i % 4 for i in range(7)]), data, "test", 1, 3)
    write(photos(random, 8, [i % 4 for i in range(8)]), OUT / "hidden", "train", 1, 8)
    write(photos(random, 4, [-1] * 4), OUT / "hidden", "test", 1, 4)
    read_back("photos", values, pixels)
    tables(random, values, pixels)
    files(random, values, pixels)
    (OUT / "expected.json").write_text(json.dumps(values) + "\n")
    save_file({key: np.ascontiguousarray(value) for key, value in pixels.items()},
              OUT / "expected.safetensors")
    (OUT / "expected.safetensors").chmod(0o644)


if __name__ == "__main__":
    main()

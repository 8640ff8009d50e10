"""What the cases of odd Parquet files are made of.

Each function that is marked makes one case in a folder and returns what it holds (`Case`).
"""

import dataclasses
import json
import pathlib

import pyarrow as pa
import pyarrow.parquet as pq
from differing import picture

ROWS = 12
STRUCT = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
CASES = {}


@dataclasses.dataclass
class Case:
    """Where it is, which files are which split's, and what must come of it."""

    path: pathlib.Path
    splits: dict
    image: str = "image"
    label: str = "label"
    # What the reason for refusing it must say; none if it must be read.
    refused: str = ""


def odd(make):
    """Takes a function into the list of cases, under its name."""
    CASES[make.__name__] = make
    return make


def several(name, values):
    """A case for each of some named values."""
    def take(make):
        for key, value in values.items():
            CASES[f"{name}_{key}"] = lambda at, value=value: make(at, value)
        return make
    return take


def pictures(start=0, rows=ROWS):
    return [picture(start + number) for number in range(rows)]


def structs(start=0, rows=ROWS, kind=STRUCT):
    return pa.array([{"bytes": data, "path": None} for data in pictures(start, rows)], kind)


def table(start=0, rows=ROWS, **columns):
    """Images, and labels 0, 1, 2; or other columns."""
    usual = {"image": structs(start, rows), "label": pa.array([number % 3 for number in range(rows)])}
    return pa.table({name: value for name, value in (usual | columns).items() if value is not None})


def three(at, make=table, names=("train", "validation", "test"), refused="", image="image", label="label", **how):
    """A file for each split, with images of its own; `make` takes the number of the first."""
    paths = [at / f"{name}.parquet" for name in names]
    for start, path in zip((0, 100, 200), paths):
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(make(start), path, **how)
    splits = {split: [path] for split, path in zip(("train", "val", "test"), paths)}
    return Case(at, splits, image, label, refused)


def one(at, made, refused="", image="image", label="label", **how):
    """A file that is all of the task."""
    path = at / "all.parquet"
    pq.write_table(made, path, **how)
    return Case(path, {"train": [path]}, image, label, refused)


NAMES = {"text": ["ant", "bee", "cow"], "zeros": ["01", "02", "10"], "digits": ["0", "1", "2"], "case": ["Ant", "ant", "bee"],
         "spaces": ["a b", "b", "a"], "words": ["true", "NA", "nan"], "unicode": ["naïve", "日本", "e\u0301"],
         "long": ["x" * 100_000, "y" * 70_000, "z"], "points": ["1.0", "2.0", "0.5"], "commas": ["a,b", 'say "b"', "a/b\\c"]}


def texts(names, kind=None):
    return pa.array([names[number % 3] for number in range(ROWS)], kind or pa.string())


def features(names, column="label", **more):
    """What `datasets` writes beside the columns."""
    kinds = {"image": {"_type": "Image"}, column: {"names": names, "_type": "ClassLabel"} if names else {"dtype": "int64", "_type": "Value"}}
    return {"huggingface": json.dumps({"info": {"features": kinds | more}})}

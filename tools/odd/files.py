"""Odd files of Parquet data sets: splits and shards, what is cut off, changed or encrypted."""

import base64
import gzip
import struct

import pyarrow as pa
import pyarrow.parquet as pq
import pyarrow.parquet.encryption as pe
from differing import picture

from odd.parquet import NAMES, Case, features, odd, one, several, table, texts, three


@odd
def no_rows(at):
    return three(at, lambda start: table(start).slice(0, 0), refused="empty train split")


@odd
def no_rows_in_test(at):
    return three(at, lambda start: table(start).slice(0, 0 if start == 200 else 12), refused="empty test split")


@odd
def empty_groups(at):
    path = at / "all.parquet"
    with pq.ParquetWriter(path, table().schema) as writer:
        for part in (table().slice(0, 5), table().slice(0, 0), table().slice(5)):
            writer.write_table(part)
    return Case(path, {"train": [path]})


@odd
def one_file(at):
    return one(at, table())


@odd
def equal_images(at):
    """More rows than bytes."""
    count = 9000
    labels = pa.array([number // 3000 for number in range(count)], pa.int8())
    return one(at, pa.table({"image": [picture(1)] * count, "label": labels}), write_statistics=False, store_schema=False)


SPLITS = {"upper": ("TRAIN", "VAL", "TEST"), "hub": tuple(f"data/{name}-00000-of-00001" for name in ("train", "validation", "test")),
          "hashes": tuple(f"{name}-00000-of-00001-0a1b2c3d" for name in ("train", "valid", "test")),
          "folders": ("train/0000", "dev/0000", "test/0000"), "converted": ("default/train/0000", "default/validation/0000", "default/test/0000"),
          "hive": ("split=train/0", "split=val/0", "split=test/0"), "short": ("trn", "val", "tst"), "long": ("training", "validation", "testing"),
          "words": ("my_train_set", "my_valid_set", "my_test_set"), "eval": ("train", "dev", "eval")}


@several("splits", SPLITS)
def _(at, names):
    return three(at, names=names)


def shards(at, parts, names, refused=""):
    made = []
    for name, part in zip(names, parts):
        made.append(at / name)
        pq.write_table(part, at / name)
    return Case(at, {"train": made}, refused=refused)


TWO = ["train-00000-of-00002.parquet", "train-00001-of-00002.parquet"]


@odd
def shards_two(at):
    return shards(at, [table(0), table(100)], TWO)


@odd
def shards_without_names(at):
    return shards(at, [table(0), table(100), table(200)], ["part-0.parquet", "part-1.parquet", "part-2.parquet"])


@odd
def shards_missing(at):
    return shards(at, [table(0)], TWO[:1], refused="missing shards: expected 2, got 1")


@odd
def shards_in_another_order(at):
    return shards(at, [table(0), table(100).select(["label", "image"])], TWO)


@odd
def shards_of_other_kinds(at):
    return shards(at, [table(0), table(100, label=texts(NAMES["text"]))], TWO, refused="label column: expected label int64 .*, got label string")


@odd
def shards_of_other_widths(at):
    return shards(at, [table(0), table(100, label=table().column("label").cast(pa.int8()))], TWO)


@odd
def shards_of_other_classes(at):
    parts = [table(start).replace_schema_metadata(features(names)) for start, names in ((0, ["a", "b", "c"]), (100, ["c", "b", "a"]))]
    return shards(at, parts, TWO, refused="classes: expected a, b, c as in .*, got c, b, a")


@odd
def shard_without_rows(at):
    return shards(at, [table(0), table(0).slice(0, 0)], TWO)


@odd
def several_data_sets(at):
    for folder in ("big", "small"):
        (at / folder).mkdir()
    return shards(at, [table(0), table(100)], ["big/train.parquet", "small/train.parquet"], refused="expected one data set, got big, small")


def broken(at, change, refused):
    """A file whose bytes are changed."""
    case = one(at, table(), compression="snappy", write_page_checksum=True)
    case.path.write_bytes(change(case.path.read_bytes()))
    case.refused = refused
    return case


def flipped(data):
    """The first image has another byte, which its page's checksum does not know of."""
    at = data.index(b"IDAT") + 6
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]


LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 12345\n"
BROKEN = {
    "empty": (lambda data: b"", "expected a Parquet file, got an empty file"),
    "magic_alone": (lambda data: b"PAR1", "damaged Parquet file"),
    "end_cut": (lambda data: data[:-20], "damaged Parquet file"),
    "half": (lambda data: data[: len(data) // 2], "damaged Parquet file"),
    "start_cut": (lambda data: data[40:], "damaged Parquet file"),
    "long_footer": (lambda data: data[:-8] + struct.pack("<I", 1 << 30) + b"PAR1", "damaged Parquet file"),
    "zeros": (lambda data: bytes(len(data)), "damaged Parquet file"),
    "packed": (lambda data: gzip.compress(data, mtime=0), "expected a Parquet file, got gzip"),
    "text": (lambda data: b"path,label\na.png,1\n" * 5, "expected a Parquet file, got"),
    "pointer": (lambda data: LFS, "expected a Parquet file, got a Git LFS pointer"),
    "page": (flipped, "#0: |damaged Parquet file"),
}


@several("broken", BROKEN)
def _(at, how):
    return broken(at, *how)


class Keys(pe.KmsClient):
    """Wraps keys in nothing."""

    def __init__(self, _):
        pe.KmsClient.__init__(self)

    def wrap_key(self, key, name):
        return base64.b64encode(name.encode()[:4].ljust(4) + key)

    def unwrap_key(self, wrapped, _):
        return base64.b64decode(wrapped)[4:]


@several("encrypted", {"footer": False, "columns": True})
def _(at, plaintext_footer):
    config = pe.EncryptionConfiguration("footer", column_keys={"key": ["label", "image.bytes"]}, plaintext_footer=plaintext_footer)
    factory = pe.CryptoFactory(Keys)
    made = table()
    path = at / "all.parquet"
    how = factory.file_encryption_properties(pe.KmsConnectionConfig(), config)
    with pq.ParquetWriter(path, made.schema, encryption_properties=how) as writer:
        writer.write_table(made)
    return Case(path, {"train": [path]}, refused="unsupported Parquet file.*encrypted footer|as in an encrypted column")

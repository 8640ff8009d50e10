"""Labels of every type, good ones and such as name no class."""

import datetime
import decimal

import pyarrow as pa

from odd.parquet import NAMES, features, odd, several, table, texts, three

INTEGERS = {str(kind): kind for kind in (pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64())}


@several("label", INTEGERS)
def _(at, kind):
    return three(at, lambda start: table(start, label=table().column("label").cast(kind)))


@several("names", NAMES)
def _(at, names):
    return three(at, lambda start: table(start, label=texts(names)))


KINDS = {"large_string": texts(NAMES["text"], pa.large_string()), "dictionary": texts(NAMES["text"]).dictionary_encode(),
         "dictionary_of_numbers": pa.array([5, 0, 2] * 4).dictionary_encode(), "bool": pa.array([True, False] * 6),
         "gaps": pa.array([0, 2, 5] * 4), "required": pa.array([0, 1, 2] * 4)}


@several("kind", KINDS)
def _(at, labels):
    def make(start):
        made = table(start, label=labels)
        return made.cast(pa.schema([field.with_nullable(False) for field in made.schema]))
    return three(at, make if labels is KINDS["required"] else lambda start: table(start, label=labels))


UNFIT = {"float32": pa.array([0.0, 1.0, 2.0] * 4, pa.float32()), "float64": pa.array([0.0, 1.0, 2.0] * 4),
         "float16": pa.array([0.0, 1.0, 2.0] * 4, pa.float16()),
         "list": pa.array([[0], [1], [2]] * 4), "struct": pa.array([{"a": 1}] * 12), "binary": texts(NAMES["text"], pa.binary()),
         "decimal": pa.array([decimal.Decimal("1.00"), decimal.Decimal("2.00")] * 6, pa.decimal128(5, 2)),
         "date": pa.array([datetime.date(1970, 1, 1 + number % 3) for number in range(12)]),
         "timestamp": pa.array([0, 1, 2] * 4, pa.timestamp("us")), "time": pa.array([0, 1, 2] * 4, pa.time32("ms")),
         }


@several("unfit", UNFIT)
def _(at, labels):
    return three(at, lambda start: table(start, label=labels), refused="label column: expected an integer or string column.*got columns.*label")


@odd
def decimal_as_integer(at):
    how = {"store_decimal_as_integer": True}
    return three(at, lambda start: table(start, label=UNFIT["decimal"]), refused="label column: expected an integer", **how)


@odd
def huge_unsigned(at):
    return three(at, lambda start: table(start, label=pa.array([0, 1, 2**32 - 1] * 4, pa.uint32())), refused="label: expected .*got 4294967295")


@odd
def huge_unsigned_64(at):
    return three(at, lambda start: table(start, label=pa.array([0, 1, 2**64 - 1] * 4, pa.uint64())), refused="label: expected .*got 18446744073709551615")


@odd
def only_huge_unsigned_in_test(at):
    def make(start):
        return table(start, label=pa.array(([2**32 - 1] if start == 200 else [0, 1, 2]) * (12 if start == 200 else 4), pa.uint32()))
    return three(at, make, refused="label: expected .*got 4294967295")


@odd
def negative(at):
    return three(at, lambda start: table(start, label=pa.array([-1, 0, 1] * 4)), refused="label: expected 0..2, got -1")


@odd
def no_label_in_a_row(at):
    return three(at, lambda start: table(start, label=pa.array([0, 1, None] * 4)), refused="row 2: label: expected a class, got null")


@odd
def only_nulls(at):
    return three(at, lambda start: table(start, label=pa.nulls(12)), refused="label")


@odd
def only_nulls_of_a_kind(at):
    return three(at, lambda start: table(start, label=pa.nulls(12, pa.int64())), refused="row 0: label: expected a class, got null")


@odd
def class_label(at):
    return three(at, lambda start: table(start).replace_schema_metadata(features(["cat", "bee", "ant"])))


@odd
def class_label_of_another_name(at):
    def make(start):
        renamed = table(start).rename_columns(["picture", "species"])
        return renamed.replace_schema_metadata(features(["cat", "bee", "ant"], "species"))
    return three(at, make, image="picture", label="species")


@odd
def class_label_with_more_classes(at):
    return three(at, lambda start: table(start).replace_schema_metadata(features(["a", "b", "c", "d"])))


@odd
def class_label_with_fewer_classes(at):
    return three(at, lambda start: table(start).replace_schema_metadata(features(["a", "b"])), refused="label: expected 0..2, got 2")


@odd
def class_label_broken(at):
    return three(at, lambda start: table(start).replace_schema_metadata({"huggingface": "{"}), refused="metadata key huggingface: malformed")


@odd
def test_without_labels(at):
    def make(start):
        labels = pa.array([-1] * 12) if start == 200 else None
        made = table(start, **({"label": labels} if labels else {}))
        return made.replace_schema_metadata(features(["cat", "bee", "ant"]))
    made = three(at, make)
    del made.splits["test"]
    return made


@odd
def test_with_null_labels(at):
    made = three(at, lambda start: table(start, **({"label": pa.nulls(12, pa.int64())} if start == 200 else {})))
    del made.splits["test"]
    return made

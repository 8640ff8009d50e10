"""Images as structs, as bytes, as files; and none."""

import json

import pyarrow as pa

from odd.parquet import STRUCT, odd, pictures, several, structs, table, three


def with_images(start, image):
    return table(start, image=image)


IMAGES = {
    "binary": lambda start: pa.array(pictures(start)),
    "large_binary": lambda start: pa.array(pictures(start), pa.large_binary()),
    "dictionary": lambda start: pa.array(pictures(start)).dictionary_encode(),
    "bytes_only": lambda start: structs(start, kind=pa.struct([("bytes", pa.binary())])),
    "path_first": lambda start: structs(start, kind=pa.struct([("path", pa.string()), ("bytes", pa.binary())])),
    "more_fields": lambda start: structs(start, kind=pa.struct([("width", pa.int32()), ("bytes", pa.large_binary()), ("path", pa.large_string())])),
    "required": lambda start: structs(start, kind=pa.struct([pa.field("bytes", pa.binary(), False), pa.field("path", pa.string())])),
}


@several("image", IMAGES)
def _(at, image):
    return three(at, lambda start: with_images(start, image(start)))


@odd
def image_flattened(at):
    return three(at, lambda start: pa.table({"image.bytes": pictures(start), "image.path": ["x"] * 12, "label": [0, 1, 2] * 4}), image="image.bytes")


@odd
def image_called_otherwise(at):
    return three(at, lambda start: table(start).rename_columns(["picture", "label"]), image="picture")


@odd
def columns_in_capitals(at):
    return three(at, lambda start: table(start).rename_columns(["Image", "Label"]), image="Image", label="Label")


NO_IMAGES = {
    "text": lambda start: pa.array([f"{number}.png" for number in range(12)]),
    "list": lambda start: pa.array([[data] for data in pictures(start)]),
    "fixed": lambda start: pa.array([data.ljust(100, b"\0") for data in pictures(start)], pa.binary(100)),
    "numbers": lambda start: pa.array([[1, 2, 3]] * 12),
    "deeper": lambda start: pa.array([{"image": {"bytes": data}} for data in pictures(start)]),
}


@several("no_image", NO_IMAGES)
def _(at, image):
    return three(at, lambda start: with_images(start, image(start)), refused="image column: expected a struct with bytes, or a binary column, got columns")


@odd
def image_null(at):
    def make(start):
        return with_images(start, pa.array([None if number == 7 else {"bytes": data, "path": None} for number, data in enumerate(pictures(start))], STRUCT))
    return three(at, make, refused="row 7: image: expected bytes, or the path of a file, got null")


@odd
def image_empty(at):
    return three(at, lambda start: with_images(start, pa.array([b"" if number == 7 else data for number, data in enumerate(pictures(start))])), refused="#7: ")


def placed(at, start, inside):
    """Images of which some are files."""
    rows = []
    for number, data in enumerate(pictures(start)):
        name = f"images/{start + number}.png"
        (at / "images").mkdir(exist_ok=True)
        (at / name).write_bytes(data)
        rows.append({"bytes": data if inside(number) else None, "path": name})
    return pa.array(rows, STRUCT)


@odd
def image_as_path(at):
    return three(at, lambda start: with_images(start, placed(at, start, lambda number: False)))


@odd
def image_mixed(at):
    return three(at, lambda start: with_images(start, placed(at, start, lambda number: number % 2)))


@odd
def image_lost(at):
    rows = pa.array([{"bytes": None, "path": f"{number}.png"} for number in range(12)], STRUCT)
    return three(at, lambda start: with_images(start, rows), refused="row 0: image: expected bytes, or the path of a file, got 0.png")


@odd
def two_images(at):
    return three(at, lambda start: table(start, mask=pa.array(pictures(900))).select(["mask", "label", "image"]))


@odd
def two_images_of_other_names(at):
    return three(at, lambda start: pa.table({"left": pictures(start), "right": pictures(900), "label": [0, 1, 2] * 4}), image="left")


@odd
def two_images_declared(at):
    more = {"image": {"_type": "Image"}, "mask": {"_type": "Image"}}
    note = {"huggingface": json.dumps({"info": {"features": more}})}
    def make(start):
        made = table(start, mask=structs(900)).select(["mask", "label", "image"])
        return made.replace_schema_metadata(note)
    return three(at, make)

"""What a writer can choose: codecs, encodings, pages and groups; and columns that are more or fewer."""

import decimal

import pyarrow as pa
import pyarrow.parquet as pq

from odd.parquet import NAMES, odd, several, structs, table, texts, three

CODECS = ["none", "snappy", "gzip", "zstd", "lz4", "brotli"]
HOW = {f"{codec}_v{version[0]}_{'dictionary' if dictionary else 'plain'}": (codec, version, dictionary)
       for codec in CODECS for version in ("1.0", "2.0") for dictionary in (False, True)}


@several("codec", HOW)
def _(at, how):
    codec, version, dictionary = how
    refused = "unsupported Parquet file.*brotli" if codec == "brotli" else ""
    return three(at, compression=codec, data_page_version=version, use_dictionary=dictionary, refused=refused)


@odd
def codec_by_column(at):
    codecs = {"image.bytes": "zstd", "image.path": "none", "label": "gzip"}
    return three(at, compression=codecs)


LAYOUTS = {
    "tiny_groups": {"row_group_size": 1}, "groups": {"row_group_size": 5}, "tiny_pages": {"data_page_size": 1, "write_batch_size": 1},
    "tiny_pages_v2": {"data_page_size": 1, "write_batch_size": 2, "data_page_version": "2.0", "row_group_size": 7},
    "small_dictionary": {"dictionary_pagesize_limit": 200, "data_page_size": 100, "write_batch_size": 1},
    "no_statistics": {"write_statistics": False}, "page_index": {"write_page_index": True, "data_page_size": 100, "write_batch_size": 1},
    "checksums": {"write_page_checksum": True}, "no_arrow_schema": {"store_schema": False}, "spark": {"flavor": "spark"},
    "version_1": {"version": "1.0"}, "version_24": {"version": "2.4"}, "sorted": {"sorting_columns": [pq.SortingColumn(0)]},
    "old_lists": {"use_compliant_nested_type": False},
}


@several("layout", LAYOUTS)
def _(at, how):
    return three(at, **how)


ENCODINGS = {
    "delta_numbers": ({"label": "DELTA_BINARY_PACKED"}, ""), "split_numbers": ({"label": "BYTE_STREAM_SPLIT"}, ""),
    "delta_images": ({"image.bytes": "DELTA_LENGTH_BYTE_ARRAY"}, "unsupported Parquet file.*DELTA_LENGTH_BYTE_ARRAY"),
    "front_coded_images": ({"image.bytes": "DELTA_BYTE_ARRAY"}, "unsupported Parquet file.*DELTA_BYTE_ARRAY"),
    "delta_paths": ({"image.path": "DELTA_BYTE_ARRAY"}, ""),
}


@several("encoding", ENCODINGS)
def _(at, how):
    encodings, refused = how
    return three(at, use_dictionary=False, column_encoding=encodings, refused=refused)


@several("encoding_names", {"delta": "DELTA_LENGTH_BYTE_ARRAY", "front_coded": "DELTA_BYTE_ARRAY"})
def _(at, encoding):
    how = {"use_dictionary": False, "column_encoding": {"label": encoding}}
    return three(at, lambda start: table(start, label=texts(NAMES["text"])), refused=f"unsupported Parquet file.*{encoding}", **how)


@odd
def bool_v2(at):
    return three(at, lambda start: table(start, label=pa.array([True, False] * 6)), data_page_version="2.0")


@odd
def more_columns(at):
    more = {"id": list(range(12)), "caption": ["a\nb"] * 12, "boxes": [[[1, 2]]] * 12, "when": pa.array([0, 1, 2] * 4, pa.timestamp("us")), "price": pa.array([decimal.Decimal("1.00")] * 12, pa.decimal128(5, 2)),
            "map": pa.array([[("a", 1)]] * 12, pa.map_(pa.string(), pa.int64())), "nothing": pa.nulls(12), "thumbnail": pa.array(["x"] * 12)}
    def make(start):
        made = table(start, **more)
        return made.select([*more, "label", "image"])
    return three(at, make)


@odd
def several_labels(at):
    return three(at, lambda start: table(start, coarse_label=pa.array([0] * 12), fine_label=pa.array([0, 1, 2] * 4), label=None), label="fine_label")


@several("twice", {"label": ["image", "label", "label"], "image": ["image", "label", "image"]})
def _(at, names):
    def make(start):
        columns = [structs(start) if name == "image" and place == 0 else structs(900) if name == "image" else pa.array([place, 0, 1] * 4) for place, name in enumerate(names)]
        return pa.Table.from_arrays(columns, names)
    return three(at, make, refused=f"{names[-1]} column: expected one called {names[-1]}, got 2")


@several("missing", {"label": ["image"], "image": ["label"]})
def _(at, keep):
    lacks = "label" if keep == ["image"] else "image"
    return three(at, lambda start: table(start).select(keep), refused=f"{lacks} column: expected .*, got columns {keep[0]}")


@odd
def no_columns(at):
    return three(at, lambda start: pa.table({}), refused="image column: expected")

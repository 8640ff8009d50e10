"""Lists, tables and names as people write them: each case is a few small files, and what they mean.

The functions here and in `rows.py` and `names.py` give for each a name, files (bytes, or the number of an image), the path of the task in the
folder, what must be read (by split: number of the image and name of its class), and a pattern: of what
must be told, where nothing must be read of the reason for refusing.
"""

import json

ROWS = {"train": [(number, ["ant", "bär"][number % 2]) for number in range(1, 9)], "val": [(9, "ant"), (10, "bär")], "test": [(11, "bär"), (12, "ant")]}
FEW = ROWS | {"train": ROWS["train"][:2]}
WITHOUT = {left: {key: rows for key, rows in ROWS.items() if key != left} for left in ROWS}
IMAGES = {f"{number}.png": number for number in range(1, 13)}
NAMES = {"train": "train", "val": "val", "test": "test"}


def table(rows, sep=",", header="path{0}label"):
    return "\n".join([header.format(sep), *(f"{number}.png{sep}{name}" for number, name in rows)]) + "\n"


def lines(rows, key="path"):
    return "".join(json.dumps({key: f"{number}.png", "label": name}, ensure_ascii=False) + "\n" for number, name in rows)


def of_files(write, pattern):
    """A layout of a list per split beside the images."""
    def made(rows=ROWS, names=NAMES):
        return IMAGES | {pattern.format(names[split]): write(part) for split, part in rows.items()}
    return made


def of_folders(write, name):
    """A layout of a list in each split's folder, with its images."""
    def made(rows=ROWS, names=NAMES):
        lists = {f"{names[split]}/{name}": write(part) for split, part in rows.items()}
        return lists | {f"{names[split]}/{number}.png": number for split, part in rows.items() for number, _ in part}
    return made


def vtab(rows=ROWS, names=None):
    names = {"train": "train800.txt", "val": "val200.txt", "test": "test.txt"}
    return IMAGES | {names[split]: "".join(f"{number}.png {name}\n" for number, name in part) for split, part in rows.items()}


def folders(rows=ROWS, names=NAMES):
    return {f"{names[split]}/{name}/{number}.png": number for split, part in rows.items() for number, name in part}


def named(rows=ROWS, names=NAMES):
    return folders(rows, names) | {"labels.txt": "bär\nant\n"}


def column(rows=ROWS, names=NAMES):
    text = "path,label,split\n" + "".join(f"{number}.png,{name},{names[split]}\n" for split, part in rows.items() for number, name in part)
    return IMAGES | {"all.csv": text}


LAYOUTS = {
    "VTAB": vtab, "JSON": of_files(lambda rows: json.dumps({f"{n}.png": c for n, c in rows}, ensure_ascii=False), "{}.json"),
    "CSV": of_files(table, "{}.csv"), "TSV": of_files(lambda rows: table(rows, "\t"), "{}.tsv"), "JSONL": of_files(lines, "{}.jsonl"),
    "metadata.csv": of_folders(lambda rows: table(rows, header="file_name{0}label"), "metadata.csv"),
    "metadata.jsonl": of_folders(lambda rows: lines(rows, "file_name"), "metadata.jsonl"), "labels.txt": named, "column": column,
}
TEXT = "text: expected UTF-8 or UTF-16, got"
ENCODINGS = {
    "utf8": (str.encode, ""), "bom": (lambda t: t.encode("utf-8-sig"), ""), "crlf": (lambda t: t.replace("\n", "\r\n").encode(), ""),
    "bom_crlf": (lambda t: t.replace("\n", "\r\n").encode("utf-8-sig"), ""), "cr": (lambda t: t.replace("\n", "\r").encode(), ""),
    "utf16": (lambda t: t.encode("utf-16"), ""), "utf16_be": (lambda t: ("\ufeff" + t).encode("utf-16-be"), ""),
    "utf16_le_unmarked": (lambda t: t.encode("utf-16-le"), ""), "utf16_be_unmarked": (lambda t: t.encode("utf-16-be"), ""),
    "utf16_crlf": (lambda t: t.replace("\n", "\r\n").encode("utf-16"), ""), "no_end": (lambda t: t.rstrip("\n").encode(), ""),
    "double_cr": (lambda t: t.replace("\n", "\r\r\n").encode(), ""), "more_ends": (lambda t: (t + "\n\n\r\n").encode(), ""),
    "latin1": (lambda t: t.encode("latin-1"), TEXT), "utf32": (lambda t: t.encode("utf-32"), TEXT), "odd_utf16": (lambda t: t.encode("utf-16")[:-1], TEXT),
    "zero": (lambda t: t.replace("ant", "a\0nt").encode(), TEXT), "zeros_behind": (lambda t: t.encode() + bytes(64), TEXT),
}
SPELLINGS = [("train", "val", "test"), ("training", "valid", "testing"), ("trn", "validation", "tst"), ("Train", "Val", "Test"), ("TRAIN", "DEV", "TEST"),
             ("train", "dev", "eval"), ("train_set", "val_set", "test_set"), ("trainset", "valset", "testset"), ("Training Set", "Validation Set", "Test Set"),
             ("training_data", "validation_data", "test_data"), ("train2017", "val2017", "test2017"), ("train-images", "val-images", "test-images"),
             ("train-00000-of-00001", "validation-00000-of-00001", "test-00000-of-00001")]


def encoded():
    for layout, make in LAYOUTS.items():
        for way, (encode, refused) in ENCODINGS.items():
            files = {name: encode(text) if isinstance(text, str) else text for name, text in make().items()}
            yield f"{layout} in {way}", files, "all.csv" if layout == "column" else "", None if refused else ROWS, refused


def spelled():
    for layout in ("JSON", "CSV", "TSV", "JSONL", "metadata.csv", "metadata.jsonl", "labels.txt", "column"):
        for names in SPELLINGS:
            files = LAYOUTS[layout](names=dict(zip(ROWS, names)))
            yield f"{layout} split into {', '.join(names)}", files, "all.csv" if layout == "column" else "", ROWS, ""
    for names in SPELLINGS:
        yield f"folders split into {', '.join(names)}", folders(names=dict(zip(ROWS, names))), "", ROWS, ""

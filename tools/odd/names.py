"""Names of classes and files, and files that are not read."""

import json
import re

from odd.texts import LAYOUTS, ROWS, WITHOUT, folders, lines, table


def renamed(old, new):
    return {split: [(number, new if name == old else name) for number, name in rows] for split, rows in ROWS.items()}


def classes():
    odd = ["01", "007", "+1", "-0", "1.0", "1e3", "0x10", "x,y", 'say "hi"', "it's", "a/b", "a\\b", "..", "-x", "--help", "CON", "a b", "a;b", "#1", "日本", "\U0001f98a", "e\u0301", "\u202eabc", "x" * 300,
           "true", "null", "NaN", "None", "=1+1", "<b>", "%s", "{}", "$HOME", "a\tb", "a\u00a0b", "a\u2028b", "\x1b[31m", "\x07"]
    for name in odd:
        rows = renamed("ant", name)
        for layout in ("VTAB", "JSON", "CSV", "TSV", "JSONL"):
            files = LAYOUTS[layout](rows)
            quoted = layout in ("CSV", "TSV") and set(name) & set(',"\t\n\r')
            if quoted:
                files = {key: text.replace(name, '"' + name.replace('"', '""') + '"') if isinstance(text, str) else text for key, text in files.items()}
            if layout == "VTAB" and len(name.split()) > 1:
                files["labels.txt"] = f"bär\n{name}\n"
            yield f"{layout}: class {name!r}", files, "", rows, ""
        if "/" not in name and name != ".." and len(name) < 200:
            yield f"folders: class {name!r}", folders(rows), "", rows, ""
    for pair in (("Ant", "ant"), ("caf\u00e9", "cafe\u0301"), ("1", "01"), ("a  b", "a b")):
        rows = {split: [(number, pair[name == "ant"]) for number, name in part] for split, part in ROWS.items()}
        for layout in ("CSV", "JSONL", "JSON"):
            yield f"{layout}: classes {pair!r}", LAYOUTS[layout](rows), "", rows, "names that look alike"
        yield f"folders: classes {pair!r}", folders(rows), "", rows, "names that look alike"
    apart = renamed("bär", "caf\u00e9")
    other = apart | {"test": [(number, name.replace("\u00e9", "e\u0301")) for number, name in apart["test"]]}
    for layout, make in LAYOUTS.items():
        if layout != "labels.txt":
            yield f"{layout}: a class in another form in test", make(other), "all.csv" if layout == "column" else "", apart, ""
    yield "folders: a class in another form in test", folders(other), "", apart, ""
    for layout in ("VTAB", "CSV", "JSON", "JSONL"):
        yield f"{layout}: Ant in test", LAYOUTS[layout](ROWS | {"test": [(11, "bär"), (12, "Ant")]}), "", None, "unknown class: expected a class of train, got Ant"
    yield "folders: Ant in test", folders(ROWS | {"test": [(11, "bär"), (12, "Ant")]}), "", None, "unknown class: expected a class of train, got Ant"
    for text, told in [("bär\nant\nant\n", "expected each once, got ant twice"), ("bär\n\nant\n", "labels.txt:2: malformed row"), ("bär\n", "unknown class: expected a class of labels.txt, got ant"),
                       ("bär\nAnt\n", "unknown class: expected a class of labels.txt, got ant"), ("", "unknown class: expected a class of labels.txt|number of classes|labels.txt")]:
        for layout in ("VTAB", "CSV", "JSON", "JSONL", "labels.txt"):
            yield f"{layout}: names {text!r}", LAYOUTS[layout]() | {"labels.txt": text}, "", None, told


def placed(files, path):
    """The files with another path of the first image in the lists."""
    change = lambda text: re.sub(r"\b1\.png", lambda _: path, text, count=1) if isinstance(text, str) else text
    return {name: change(text) for name, text in files.items()}


def paths():
    good = {"./1.png": "1.png", "sub/../1.png": "1.png", "sub\\1.png": "sub/1.png", "sub\\deeper/1.png": "sub/deeper/1.png", "a b.png": "a b.png", "b\u00fc.png": "bu\u0308.png", "bu\u0308.png": "b\u00fc.png",
            "a%20b.png": "a%20b.png", ".1.png": ".1.png", "a.b.png": "a.b.png", "1": "1", "IMAGES/1.png": "IMAGES/1.png", "1.png": "images/1.png", "日本.png": "日本.png", "FOLDER/1.png": "1.png", "a'b.png": "a'b.png", "a\\b.png": "a\\b.png"}
    bad = ["https://example.org/1.png", "file:///1.png", "a%20c.png", "1.PNG", "sub", "~/1.png", "/1.png", "C:\\1.png", "../1.png", "1.png?x=1", "1.png#2", "*.png"]
    for layout in ("VTAB", "JSON", "CSV", "JSONL"):
        for path, place in good.items():
            files = {key: value for key, value in LAYOUTS[layout]().items() if key != "1.png"} | {"sub/2.png": 2}
            first = json.dumps(path)[1:-1] if layout.startswith("JSON") else path
            yield f"{layout}: path {path!r}", placed(files, first) | {place: 1}, "", ROWS, ""
        for path in bad:
            files = {key: value for key, value in LAYOUTS[layout]().items() if key != "1.png"}
            first = json.dumps(path)[1:-1] if layout.startswith("JSON") else path
            more = {"a c.png": 1, "sub/2.png": 2, "1.png": 1}
            yield f"{layout}: path {path!r}", placed(files, first) | more, "", None, "missing image: expected"


def unused():
    """What is called like a split and not read is told."""
    more = {"train2.csv": "x", "valid_old.txt": "x", "test10.json": "{}"}
    for layout in ("VTAB", "JSON", "CSV", "JSONL"):
        yield f"{layout}: files beside the lists", LAYOUTS[layout]() | more, "", ROWS, "not used: test10.json, train2.csv, valid_old.txt"
    yield "folders: lists beside", folders() | {"train.txt": "x", "test_list.txt": "x"}, "", ROWS, "not used: test_list.txt, train.txt"
    yield "folders: others beside", folders() | {"extra/ant/7.png": 7}, "", ROWS, "not used, beside train/: extra/"
    yield "folders: trainval", folders(WITHOUT["val"], {"train": "trainval", "test": "test"}), "", WITHOUT["val"], ""
    made = LAYOUTS["metadata.csv"]()
    del made["test/metadata.csv"]
    yield "metadata.csv: none in test", made, "", WITHOUT["test"], "test/ has no metadata: it is not used"
    yield "metadata.csv: two of val", LAYOUTS["metadata.csv"]() | {"valid/metadata.csv": "file_name,label\n9.png,ant\n", "valid/9.png": 9}, "", None, "val split: expected one list or folder, got val/metadata.csv, valid/metadata.csv"
    yield "CSV: two of val", LAYOUTS["CSV"]() | {"valid.csv": table(ROWS["val"])}, "", None, "val split: expected one list or folder, got val.csv, valid.csv"
    yield "CSV and JSONL of train", LAYOUTS["CSV"]() | {"train.jsonl": lines(ROWS["train"])}, "", None, "train split: expected one list or folder, got train.csv, train.jsonl"

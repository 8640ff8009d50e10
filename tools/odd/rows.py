"""Rows of tables and lists that are not what their header promises."""

from odd.texts import FEW, IMAGES, LAYOUTS, ROWS, WITHOUT, lines, table


def csv(name, text, told="", good=True):
    """A training table; val and test are sound."""
    files = IMAGES | {"train.csv": text, "val.csv": table(ROWS["val"]), "test.csv": table(ROWS["test"])}
    return f"CSV: {name}", files, "", FEW if good else None, told


ROW, ONE = "malformed row: expected", "1.png,bär\n2.png,ant\n"


def written():
    head = "path,label\n"
    yield csv("tabs", table(FEW["train"], "\t"))
    yield csv("semicolons", table(FEW["train"], ";"))
    yield csv("bars", table(FEW["train"], "|"), f"train.csv:1: {ROW} one of the columns", False)
    yield csv("no header", ONE, f"train.csv:1: {ROW} one of the columns", False)
    yield csv("a line for Excel", "sep=,\n" + head + ONE, f"train.csv:1: {ROW} one of the columns", False)
    yield csv("a comment first", "# made by hand\n" + head + ONE, f"train.csv:1: {ROW} one of the columns", False)
    yield csv("a comment", head + "# mine\n" + ONE, f"train.csv:2: {ROW} a path and a label", False)
    yield csv("blank lines", "\n" + head + "\n1.png,bär\n\n\n2.png,ant\n\n")
    yield csv("lines of spaces", head + "1.png,bär\n   \n2.png,ant\n", f"train.csv:3: {ROW} a path and a label", False)
    yield csv("trailing commas", head + "1.png,bär,\n2.png,ant,,\n")
    yield csv("a header's trailing comma", "path,label,\n1.png,bär,\n2.png,ant,\n")
    yield csv("too few fields", head + ONE + "1.png\n", f"train.csv:4: {ROW} a path and a label", False)
    yield csv("too many fields", head + ONE + "1.png,bär,x\n", f"train.csv:4: {ROW} as many fields", False)
    yield csv("a comma unquoted", head + ONE + "a,b.png,ant\n", f"train.csv:4: {ROW} as many fields", False)
    yield csv("quotes around all", '"path","label"\n"1.png","bär"\n"2.png","ant"\n')
    yield csv("a quote left open", head + '1.png,"bär\n2.png,ant\n', f"train.csv:2: {ROW} fields of one line", False)
    yield csv("a line end in a path", head + '"1\n.png",bär\n' + ONE, f"train.csv:2: {ROW} fields of one line", False)
    yield csv("a line end elsewhere", 'path,text,label\n1.png,"a\nb",bär\n2.png,"a\r\n\r\nb",ant\n')
    yield csv("spaces around", " path , label \n 1.png , bär \n2.png ,ant\n")
    yield csv("capitals", "PATH,Label\n" + ONE)
    yield csv("a label twice", "path,label,label\n1.png,bär,ant\n2.png,ant,bär\n", f"train.csv:1: {ROW} one of the columns", False)
    yield csv("a label in two cases", "path,label,Label\n1.png,bär,ant\n2.png,ant,bär\n", f"train.csv:1: {ROW} one of the columns", False)
    yield csv("a path twice", "path,path,label\n1.png,2.png,bär\n2.png,1.png,ant\n", f"train.csv:1: {ROW} one of the columns", False)
    yield csv("another column twice", "x,path,x,label\n1,1.png,1,bär\n1,2.png,1,ant\n")
    yield csv("an index", ",path,label\n0,1.png,bär\n1,2.png,ant\n")
    yield csv("label first", "label,path\nbär,1.png\nant,2.png\n")
    yield csv("a label empty", head + "1.png,bär\n2.png,\n", f"train.csv:3: {ROW} a path and a label", False)
    yield csv("a label of spaces", head + "1.png,bär\n2.png,  \n", f"train.csv:3: {ROW} a path and a label", False)
    yield csv("a path empty", head + "1.png,bär\n,ant\n", f"train.csv:3: {ROW} a path and a label", False)
    yield csv("a header alone", head, "empty train split", False)
    yield csv("nothing", "", f"train.csv:1: {ROW} one of the columns", False)
    yield csv("a mark alone", b"\xef\xbb\xbf", f"train.csv:1: {ROW} one of the columns", False)
    yield csv("a mark in the middle", head + "1.png,bär\n\ufeff2.png,ant\n", "missing image", False)
    yield csv("line ends of both kinds", head.replace("\n", "\r\n") + "1.png,bär\n2.png,ant\r\n")
    yield csv("null labels", head + "1.png,NULL\n2.png,ant\n", "unknown class: expected a class of train, got bär", False)
    for text in ("path\n11.png\n12.png\n", "path,label\n11.png,\n12.png,\n", "id,path\n1,11.png\n2,12.png\n"):
        files = LAYOUTS["CSV"]() | {"test.csv": text}
        yield f"CSV: test without labels: {text!r}", files, "", WITHOUT["test"], "split test has no labels"
    for text in ('{"path": "11.png"}\n', '{"path": "11.png", "label": null}\n'):
        files = LAYOUTS["JSONL"]() | {"test.jsonl": text}
        yield f"JSONL: test without labels: {text!r}", files, "", WITHOUT["test"], "split test has no labels"
    for text, told in [("[1]\n", "an object with path"), ('{"path": 3, "label": 1}\n', "a path that is text"), ("nonsense\n", "an object"), ('{"path": "1.png", "label": 1.5}\n', "a label that is text"),
                       ('{"path": "1.png", "label": [1]}\n', "a label that is text"), ('{"path": "1.png", "label": ""}\n', "a label that is text"), ("// mine\n", "an object"), ('{"path": "1.png", "label": "a",}\n', "an object"),
                       ("{'path': '1.png', 'label': 'a'}\n", "an object"), ('{"path": "1.png", "label": NaN}\n', "an object"), ('[{"path": "1.png", "label": "ant"}]', "an object"), ('{"path": "1.png", "label": "a", "Label": "b"}\n', "an object")]:
        yield f"JSONL: {text!r}", LAYOUTS["JSONL"]() | {"train.jsonl": lines(FEW["train"]) + text}, "", None, f"train.jsonl:3: {ROW} {told}"
    for text, told in [("[1]", "sequence"), ('{"1.png": "a", "1.png": "b"}', "1.png twice"), ('{"1.png": 1.5}', "class id of 1.png: 1.5"), ('{"1.png": null}', "null"), ('{"1.png": " "}', "class id"), ('{"1.png": "a"} {}', "trailing"), ("", "EOF")]:
        yield f"JSON: {text!r}", LAYOUTS["JSON"]() | {"train.json": text}, "", None, f"train.json: malformed list: expected an object .*{told}"
    numbers = {split: [(number, str(number % 2)) for number, _ in rows] for split, rows in ROWS.items()}
    for kind, cast in {"whole": int, "text": str, "float": float, "true": lambda name: bool(int(name))}.items():
        rows = {split: [(number, cast(name)) for number, name in part] for split, part in numbers.items()}
        for layout in ("JSON", "JSONL", "metadata.jsonl") if kind != "text" else LAYOUTS.keys() - {"labels.txt"}:
            yield f"{layout}: labels as {kind}", LAYOUTS[layout](rows), "all.csv" if layout == "column" else "", numbers, ""

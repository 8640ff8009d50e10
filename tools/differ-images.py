#!/usr/bin/env python3
"""Decodes odd and damaged images with provpt and with Pillow: both must see the same pixels, or provpt
must refuse the file.

    python3 -m venv /tmp/pillow-venv
    /tmp/pillow-venv/bin/pip install pillow numpy
    cargo build --release -p provpt-image --example decode
    /tmp/pillow-venv/bin/python tools/differ-images.py --decode target/release/examples/decode \\
        [--seconds 60] [--seed 0] [--keep FOLDER]

Each round draws some hundred images: a format, a mode, a size, options of the encoder, and for one in
three some damage (bytes changed, cut off, or put in); or an odd file of `odd_files/`, damaged. What
Pillow opens is converted to RGB, as torchvision's loaders do. Prints what differs in silence, and at the end how many agreed, were refused
by both, by provpt alone (by reason), or were read by provpt alone. Exits with 1 if pixels differ.
"""

import collections
import io
import pathlib
import re
import shutil
import tempfile

import numpy as np
from decoding import apart, by_pillow, by_provpt
from differing import arguments, finish, rounds
from odd_files.every import every
from PIL import Image

TIFF = ["raw", "tiff_lzw", "tiff_adobe_deflate", "packbits"]
# Format, ending, modes that its encoder takes.
FORMATS = [
    ("JPEG", "jpg", ["L", "RGB", "CMYK"]),
    ("PNG", "png", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"]),
    ("GIF", "gif", ["1", "L", "P", "RGB", "RGBA"]),
    ("BMP", "bmp", ["1", "L", "P", "RGB", "RGBA"]),
    ("WEBP", "webp", ["L", "RGB", "RGBA"]),
    ("TIFF", "tif", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "LAB", "I;16", "I", "F"]),
    ("PPM", "ppm", ["1", "L", "RGB", "I;16"]),
]


def drawn(draw, mode):
    """An image of a mode: noise, smooth, or a few flat colours."""
    width, height = draw.choice([1, 2, 7, 8, 16, 17, 33, 61]), draw.choice([1, 3, 8, 15, 16, 31, 64])
    noise = np.random.default_rng(draw.randrange(1 << 30))
    kind = draw.randrange(3)
    if kind == 0:
        pixels = noise.integers(0, 256, (height, width, 4))
    elif kind == 1:
        y, x = np.mgrid[:height, :width]
        waves = [(x * a + y * b + c) % 256 for a, b, c in noise.integers(0, 9, (4, 3))]
        pixels = np.stack(waves, -1)
    else:
        pixels = noise.integers(0, 256, (4, 4))[noise.integers(0, 4, (height, width))]
    image = Image.fromarray(pixels.astype(np.uint8), "RGBA")
    if mode == "I;16":
        return Image.fromarray(noise.integers(0, 65536, (height, width)).astype(np.uint16))
    if mode == "I":
        return Image.fromarray(noise.integers(-9, 400, (height, width)).astype(np.int32))
    if mode == "F":
        return Image.fromarray((noise.random((height, width)) * 300 - 20).astype(np.float32))
    if mode == "LAB":
        return Image.fromarray(pixels[..., :3].astype(np.uint8), "LAB")
    return image.convert(mode) if mode != "P" else image.convert("RGB").quantize(draw.choice([2, 5, 16, 256]))


def options(draw, name, mode):
    if name == "JPEG":
        some = dict(quality=draw.choice([5, 50, 90, 100]), progressive=draw.random() < 0.4,
                    optimize=draw.random() < 0.3)
        if mode == "RGB":
            some["subsampling"] = draw.choice([0, 1, 2])
        if draw.random() < 0.2:
            some["restart_marker_blocks"] = draw.choice([1, 3])
        return some
    if name == "WEBP":
        return dict(lossless=draw.random() < 0.5, quality=draw.choice([10, 80]))
    if name == "TIFF":
        return dict(compression=draw.choice(["group3", "group4"] if mode == "1" else TIFF))
    if name in ("PNG", "GIF") and mode == "P" and draw.random() < 0.4:
        return dict(transparency=draw.randrange(2))
    return {}


def damaged(draw, content):
    content = bytearray(content)
    for _ in range(draw.choice([1, 1, 2, 5])):
        at = draw.randrange(len(content))
        kind = draw.randrange(4)
        if kind == 0:
            content[at] = draw.randrange(256)
        elif kind == 1:
            content[at] ^= 1 << draw.randrange(8)
        elif kind == 2:
            content[at:at] = bytes(draw.randrange(256) for _ in range(draw.randrange(1, 9)))
        else:
            del content[max(at, 8):]
    return bytes(content)


def made(draw, folder, count, odd):
    """Files, and what each is."""
    files = []
    while len(files) < count:
        if draw.random() < 0.5:
            family, one = draw.choice(odd)
            path = folder / f"{len(files):04}-{one.name}"
            path.write_bytes(damaged(draw, one.content))
            files.append((path, f"{family}/{one.name} damaged"))
            continue
        name, ending, modes = draw.choice(FORMATS)
        mode, buffer = draw.choice(modes), io.BytesIO()
        what = options(draw, name, mode)
        try:
            drawn(draw, mode).save(buffer, name, **what)
        except (OSError, ValueError, KeyError):
            continue
        content = buffer.getvalue()
        harm = draw.random() < 1 / 3
        path = folder / f"{len(files):04}.{ending}"
        path.write_bytes(damaged(draw, content) if harm else content)
        files.append((path, f"{name} {mode} {what}{' damaged' if harm else ''}"))
    return files


def main():
    args = arguments(__doc__, "decode")
    odd = [(family, one) for family, one in every() if 9 < len(one.content) < 50_000 and family != "strangers"]
    counts, reasons, differ = collections.Counter(), collections.Counter(), 0
    for index, draw in rounds(args):
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            files = made(draw, folder, 300, odd)
            paths = [path for path, _ in files]
            for (path, what), ours in zip(files, by_provpt(args.decode, paths, folder)):
                theirs = by_pillow(path)
                both = isinstance(theirs, str), isinstance(ours, str)
                counts[{(True, True): "refused by both", (True, False): "read by provpt alone",
                        (False, True): "refused by provpt alone", (False, False): "read by both"}[both]] += 1
                if both == (False, True):
                    reasons[what.split("/")[0].split(" ")[0] + (" damaged" if "damaged" in what else "") + ": " + re.sub(r"\d+", "N", ours)[:90]] += 1
                if both == (False, False) and apart(ours, theirs):
                    differ += 1
                    print(f"round {index}: {path.name}: {what}: {apart(ours, theirs)}", flush=True)
                    if args.keep:
                        args.keep.mkdir(parents=True, exist_ok=True)
                        shutil.copy(path, args.keep / f"{index}-{path.name}")
    finish(args, counts, reasons, differ)


if __name__ == "__main__":
    main()

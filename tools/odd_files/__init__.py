"""Odd image files, the same ones each time: what people have, and what cameras, scanners, downloads
and old programs make of it."""

import collections
import zlib

import numpy as np
from PIL import Image

# A file: its name, its bytes, what the refusal must say (a regular expression; none where the file
# must be read as Pillow reads it), and whether it may be read although Pillow refuses it.
Odd = collections.namedtuple("Odd", "name content refused alone", defaults=(None, False))

# What is said of a file that ends early or whose bytes were changed.
DAMAGE = "damaged|ends? early|end of|truncated|checksum|crc|corrupt|invalid|malformed|not have enough"


def levels(name, width=17, height=13, channels=3, most=255):
    """Slopes with an edge and some noise [height, width, channels], by the name of their file."""
    draw = np.random.default_rng(zlib.crc32(name.encode()))
    y, x, c = np.meshgrid(np.arange(height), np.arange(width), np.arange(channels), indexing="ij")
    slope = draw.uniform(-9, 9, (channels, 2))
    slopes = 128 + slope[c, 0] * (y - height / 2) + slope[c, 1] * (x - width / 2)
    edges = slopes + 60 * ((x + 2 * y) % 23 < 9) * (c == draw.integers(channels))
    noisy = np.clip(edges + draw.normal(0, 5, edges.shape), 0, 255) / 255 * most
    return noisy.astype(np.uint8 if most < 256 else np.uint16)


def numbers(name, most, width=17, height=13):
    """Random numbers below `most`, [height, width]."""
    return np.random.default_rng(zlib.crc32(name.encode())).integers(0, most, (height, width))


def image(mode, name, width=17, height=13):
    if mode == "I;16":
        return Image.fromarray(levels(name, width, height, 1, 65535)[..., 0])
    if mode == "I":
        return Image.fromarray((levels(name, width, height, 1)[..., 0].astype(np.int32) - 40) * 2)
    if mode == "F":
        return Image.fromarray(levels(name, width, height, 1)[..., 0].astype(np.float32) * 1.3 - 30)
    if mode in ("CMYK", "RGBA"):
        return Image.fromarray(levels(name, width, height, 4), mode)
    if mode == "LAB":
        return Image.fromarray(levels(name, width, height), mode)
    if mode == "LA":
        return image("RGBA", name, width, height).convert("LA")
    if mode == "P":
        return Image.fromarray(levels(name, width, height)).quantize(60)
    return Image.fromarray(levels(name, width, height)).convert(mode)


def cut(name, ending, content, refused=DAMAGE):
    """A file cut short by one byte, by two, in the middle, after its header, and to nothing."""
    for what, size in [("-1", len(content) - 1), ("-2", len(content) - 2), ("-9", len(content) - 9),
                       ("two-thirds", 2 * len(content) // 3), ("half", len(content) // 2),
                       ("header", 40), ("start", 12)]:
        yield Odd(f"{name}-cut-{what}.{ending}", content[:size], refused, True)


def trailed(name, ending, content):
    """A file with something behind its end."""
    for what, more in [("zeros", bytes(700)), ("text", b"\r\n<html>gone</html>\r\n"), ("itself", content)]:
        yield Odd(f"{name}-then-{what}.{ending}", content + more)

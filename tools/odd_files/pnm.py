"""Odd PBMs, PGMs and PPMs."""

import numpy as np
from image_files import packed, saved

from . import DAMAGE, Odd, cut, image, levels, numbers, trailed


def words(values):
    return b" ".join(str(value).encode() for value in np.ravel(values))


def files():
    bits = numbers("bits", 2)
    yield Odd("plain.pbm", b"P1\n17 13\n" + words(bits))
    yield Odd("dense.pbm", b"P1\n17 13\n" + words(bits).replace(b" ", b""))
    yield Odd("raw.pbm", b"P4\n17 13\n" + packed(bits, 1).tobytes())
    for most in (1, 3, 100, 255, 256, 4095, 65535):
        kind = np.uint8 if most < 256 else ">u2"
        for ending, channels, plain, raw in [("pgm", 1, b"P2", b"P5"), ("ppm", 3, b"P3", b"P6")]:
            some = levels(f"{most}", 17, 13, channels, most)
            some[::2] //= max(1, most // 300)
            start = f"\n17 13\n{most}\n".encode()
            yield Odd(f"plain-{most}.{ending}", plain + start + words(some) + b"\n")
            yield Odd(f"raw-{most}.{ending}", raw + start + some.astype(kind).tobytes())
    for mode, ending in [("1", "pbm"), ("L", "pgm"), ("I;16", "pgm"), ("RGB", "ppm")]:
        yield Odd(f"mode-{mode.replace(';', '')}.{ending}", saved(image(mode, "pnm"), "ppm"))
    for width, height in [(1, 1), (1, 300), (300, 1), (5000, 2)]:
        yield Odd(f"{width}x{height}.ppm", saved(image("RGB", "size", width, height), "ppm"))
        yield Odd(f"{width}x{height}.pbm", saved(image("1", "size", width, height), "ppm"))
    body = levels("body").tobytes()
    for name, start in [("comment", b"P6 # one\n17 # two\n13\n255\n"), ("comments", b"P6\n#a\n#b\n17 13\n#c\n255\n"),
                        ("tabs", b"P6\t17\t13\t255\t"), ("windows", b"P6\r17\r13\r255\r"), ("zeros", b"P6 017 0013 0255 ")]:
        yield Odd(f"{name}.ppm", start + body)
    yield Odd("first-byte-newline.ppm", b"P6 17 13 255\n" + b"\n" + body[1:])
    for name, start in [("white-0", b"P6 17 13 0 "), ("white-65536", b"P6 17 13 65536 "), ("width-0", b"P6 0 13 255 "),
                        ("width-negative", b"P6 -17 13 255 "), ("width-huge", b"P6 99999999999 13 255 "), ("letters", b"P6 abc ")]:
        yield Odd(f"{name}.ppm", start + body, "PNM: expected|number too large")
    yield Odd("above-white.pgm", b"P5 3 1 100\n\x20\x64\xff")
    yield Odd("above-white-plain.pgm", b"P2 3 1 100\n20 100 255", "PNM: expected levels of at most 100, got 255")
    yield from cut("raw", "ppm", b"P6 17 13 255\n" + body, "PNM: expected more samples")
    yield from trailed("raw", "ppm", b"P6 17 13 255\n" + body)

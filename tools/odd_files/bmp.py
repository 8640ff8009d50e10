"""Odd BMPs."""

import struct

import numpy as np
from image_files import bmp, packed, padded, saved

from . import DAMAGE, Odd, cut, image, levels, numbers, trailed

COLOURS = levels("bmp colours", 16, 1, 4).tobytes()


def os2(bits, rows, palette=b"", size=12):
    """OS/2's header of 12 bytes, with colours of three bytes, or its later one."""
    body = b"".join(rows)
    info = struct.pack("<IHHHH", 12, 17, 13, 1, bits)
    if size > 12:
        info = struct.pack("<IiiHHIIiiII", size, 17, 13, 1, bits, 0, len(body), 0, 0, 0, 0) + bytes(size - 40)
    at = 14 + len(info) + len(palette)
    return b"BM" + struct.pack("<IHHI", at + len(body), 0, 0, at) + info + palette + body


def depths():
    for bits in (1, 2, 4, 8):
        rows = [padded(row) for row in packed(numbers(f"bmp {bits}", min(1 << bits, 16)), bits)]
        more = ("bit|support", True) if bits == 2 else ()
        for height, name in [(13, ""), (-13, "-top-down")]:
            table = COLOURS[:4 << bits] if bits < 4 else COLOURS
            yield Odd(f"palette-{bits}bit{name}.bmp", bmp(17, height, bits, rows, palette=table, colours=len(table) // 4), *more)
        triples = b"".join(COLOURS[i:i + 3] for i in range(0, 64, 4)).ljust(3 << bits, b"\0")[:3 << bits]
        yield Odd(f"os2-{bits}bit.bmp", os2(bits, rows, triples), *more)
    words = [padded(numbers(f"word {y}", 65536, 17, 1).astype("<u2").tobytes()) for y in range(13)]
    masks = lambda *numbers: struct.pack(f"<{len(numbers)}I", *numbers)
    yield Odd("16bit.bmp", bmp(17, 13, 16, words))
    yield Odd("16bit-top-down.bmp", bmp(17, -13, 16, words))
    yield Odd("16bit-565.bmp", bmp(17, 13, 16, words, 3, masks=masks(0xF800, 0x7E0, 0x1F)))
    yield Odd("16bit-555.bmp", bmp(17, 13, 16, words, 3, masks=masks(0x7C00, 0x3E0, 0x1F)))
    yield Odd("16bit-444.bmp", bmp(17, 13, 16, words, 3, masks=masks(0xF00, 0xF0, 0xF)), "mask|bitfield", True)
    longs = [levels(f"long {y}", 17, 1, 4).tobytes() for y in range(13)]
    yield Odd("32bit.bmp", bmp(17, 13, 32, longs))
    yield Odd("32bit-top-down.bmp", bmp(17, -13, 32, longs))
    yield Odd("32bit-masks.bmp", bmp(17, 13, 32, longs, 3, masks=masks(0xFF0000, 0xFF00, 0xFF)))
    yield Odd("32bit-masks-other.bmp", bmp(17, 13, 32, longs, 3, masks=masks(0xFF, 0xFF00, 0xFF0000)), "mask|bitfield", True)
    yield Odd("32bit-masks-high.bmp", bmp(17, 13, 32, longs, 3, masks=masks(0xFF000000, 0xFF0000, 0xFF00)))
    yield Odd("32bit-masks-ten.bmp", bmp(17, 13, 32, longs, 3, masks=masks(0x3FF00000, 0xFFC00, 0x3FF)), "mask|bitfield", True)
    four = masks(0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    yield Odd("v3.bmp", bmp(17, 13, 32, longs, 3, masks=four, header=56))
    yield Odd("v2.bmp", bmp(17, 13, 32, longs, 3, masks=four[:12], header=52))
    yield Odd("v4.bmp", bmp(17, 13, 32, longs, 3, masks=four + bytes(52), header=108))
    yield Odd("v5.bmp", bmp(17, 13, 32, longs, 3, masks=four + bytes(68), header=124))
    triples = [padded(levels(f"rgb {y}", 17, 1).tobytes()) for y in range(13)]
    yield Odd("24bit.bmp", bmp(17, 13, 24, triples))
    yield Odd("24bit-top-down.bmp", bmp(17, -13, 24, triples))
    yield Odd("24bit-v5.bmp", bmp(17, 13, 24, triples, masks=bytes(84), header=124))
    yield Odd("os2-24bit.bmp", os2(24, triples))
    yield Odd("os2-v2-24bit.bmp", os2(24, triples, size=64), "header type")
    yield Odd("png-inside.bmp", bmp(17, 13, 0, [saved(image("RGB", "in"), "png")], 5), "compression|support|bit|" + DAMAGE)
    yield Odd("jpeg-inside.bmp", bmp(17, 13, 0, [saved(image("RGB", "in"), "jpeg")], 4), "compression|support|bit|" + DAMAGE)


def runs():
    eight = [bytes([5, 1, 12, 2, 0, 0]), bytes([0, 5, 1, 2, 3, 4, 5, 0, 12, 7, 0, 0]), bytes([17, 9, 0, 1])]
    yield Odd("rle8.bmp", bmp(17, 3, 8, eight, 1, palette=COLOURS, colours=16))
    yield Odd("rle8-no-end.bmp", bmp(17, 3, 8, [*eight[:2], eight[2][:2]], 1, palette=COLOURS, colours=16))
    skip = [bytes([5, 1, 0, 2, 3, 1, 4, 2, 0, 1])]
    yield Odd("rle8-skip.bmp", bmp(17, 3, 8, skip, 1, palette=COLOURS, colours=16), DAMAGE)
    over = [bytes([5, 1, 0, 2, 3, 1, 4, 2, 0, 0, 17, 3])]
    yield Odd("rle8-skip-a-row.bmp", bmp(17, 3, 8, over, 1, palette=COLOURS, colours=16))
    short = [bytes([5, 1, 0, 0, 3, 2, 0, 0, 17, 3, 0, 1])]
    yield Odd("rle8-short-rows.bmp", bmp(17, 3, 8, short, 1, palette=COLOURS, colours=16))
    long = [bytes([30, 1, 0, 0, 17, 2, 0, 0, 17, 3, 0, 1])]
    yield Odd("rle8-long-row.bmp", bmp(17, 3, 8, long, 1, palette=COLOURS, colours=16), DAMAGE)
    yield Odd("rle8-early-end.bmp", bmp(17, 3, 8, [bytes([17, 4, 0, 1])], 1, palette=COLOURS, colours=16), DAMAGE)
    four = [bytes([5, 0x12, 12, 0x34, 0, 0]), bytes([0, 5, 0x12, 0x34, 0x50, 0, 12, 0x77, 0, 0]), bytes([17, 0x99, 0, 1])]
    yield Odd("rle4.bmp", bmp(17, 3, 4, four, 2, palette=COLOURS, colours=16))
    yield Odd("rle4-top-down.bmp", bmp(17, -3, 4, four, 2, palette=COLOURS, colours=16), "top|compress|support|" + DAMAGE)
    yield Odd("rle4-absolute-3.bmp", bmp(17, 1, 4, [bytes([0, 3, 0x12, 0x30, 14, 0x45, 0, 1])], 2, palette=COLOURS, colours=16))


def sizes_and_ends():
    for mode in ("1", "L", "P", "RGB", "RGBA"):
        yield Odd(f"mode-{mode}.bmp", saved(image(mode, f"bmp {mode}"), "bmp"))
    for width, height in [(1, 1), (1, 300), (300, 1), (5000, 2)]:
        for mode in ("1", "L", "RGB"):
            yield Odd(f"{width}x{height}-{mode}.bmp", saved(image(mode, "size", width, height), "bmp"))
    plain = saved(image("RGB", "plain", 24, 24), "bmp")
    yield Odd("says-size-0.bmp", plain[:2] + bytes(4) + plain[6:])
    yield Odd("says-size-huge.bmp", plain[:2] + b"\xff\xff\xff\x7f" + plain[6:])
    yield Odd("says-image-size-0.bmp", plain[:34] + bytes(4) + plain[38:])
    yield Odd("planes-0.bmp", plain[:26] + bytes(2) + plain[28:], "plane")
    yield Odd("gap.bmp", plain[:10] + struct.pack("<I", 54 + 30) + plain[14:54] + bytes(30) + plain[54:])
    yield Odd("width-0.bmp", plain[:18] + bytes(4) + plain[22:], DAMAGE + "|width|zero|dimension")
    yield Odd("width-negative.bmp", plain[:18] + struct.pack("<i", -24) + plain[22:], DAMAGE + "|negative|width")
    yield Odd("bits-3.bmp", plain[:28] + b"\3\0" + plain[30:], "bit|support")
    yield Odd("header-20.bmp", plain[:14] + b"\x14" + plain[15:], "header|size|support")
    rows = [padded(row) for row in packed(numbers("few", 16), 4)]
    yield Odd("palette-few.bmp", bmp(17, 13, 4, rows, palette=COLOURS[:32], colours=8))
    yield Odd("palette-many.bmp", bmp(17, 13, 8, [padded(row.astype(np.uint8).tobytes()) for row in numbers("m", 256)], palette=levels("c", 300, 1, 4).tobytes(), colours=300), "palette size")
    for said in (0, 54):
        yield Odd(f"says-place-{said}.bmp", plain[:10] + struct.pack("<I", said) + plain[14:])
        grey = saved(image("P", "place", 24, 24), "bmp")
        yield Odd(f"says-place-{said}-palette.bmp", grey[:10] + struct.pack("<I", said) + grey[14:])
    yield from cut("rgb", "bmp", plain)
    yield from trailed("rgb", "bmp", plain)


def files():
    yield from depths()
    yield from runs()
    yield from sizes_and_ends()

"""Odd PNGs."""

import struct
import zlib

import numpy as np
from image_files import adam7, chunk, packed, png, saved
from PIL import Image, ImageCms

from . import DAMAGE, Odd, cut, image, levels, numbers, trailed

KINDS = [("grey", 0, 1), ("rgb", 2, 3), ("la", 4, 2), ("rgba", 6, 4)]


def rows(name, channels=1, most=255):
    kind = ">u2" if most > 255 else np.uint8
    return [row.tobytes() for row in levels(name, 17, 13, channels, most).astype(kind).reshape(13, -1)]


def modes():
    for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"):
        content = saved(image(mode, f"png {mode}"), "png")
        yield Odd(f"mode-{mode.replace(';', '')}.png", content)
    for colours in (2, 3, 4, 5, 16, 17, 256):
        yield Odd(f"palette-{colours}.png", saved(image("RGB", "p").quantize(colours), "png"))
    for name, kind, channels in KINDS:
        yield Odd(f"{name}-16bit.png", png(17, 13, 16, kind, rows(name, channels, 65535)))
        wide = levels(name, 17, 13, channels).reshape(13, 17, channels)
        yield Odd(f"{name}-interlaced.png", png(17, 13, 8, kind, [], interlace=1, data=adam7(wide, 8)))
    for depth in (1, 2, 4):
        some = numbers(f"png {depth}", 1 << depth)
        yield Odd(f"grey-{depth}bit.png", png(17, 13, depth, 0, packed(some, depth)))
        data = adam7(some[..., None], depth)
        yield Odd(f"grey-{depth}bit-interlaced.png", png(17, 13, depth, 0, [], interlace=1, data=data))
        table = levels("table", 1 << depth, 1).tobytes()
        for interlace, more in [(0, {}), (1, dict(data=data))]:
            content = png(17, 13, depth, 3, packed(some, depth), (b"PLTE", table), interlace=interlace, **more)
            yield Odd(f"palette-{depth}bit{'-interlaced' * interlace}.png", content)
    for width, height in [(1, 1), (1, 300), (300, 1), (5000, 2), (2, 5000)]:
        yield Odd(f"{width}x{height}.png", saved(image("RGB", "size", width, height), "png"))
    for width, height in [(1, 1), (2, 3), (5, 1), (1, 9)]:
        data = adam7(levels("small", width, height), 8)
        yield Odd(f"{width}x{height}-interlaced.png", png(width, height, 8, 2, [], interlace=1, data=data))
    for filter in range(5):
        data = b"".join(bytes([filter if y else 0]) + row for y, row in enumerate(rows("filter", 3)))
        yield Odd(f"filter-{filter}.png", png(17, 13, 8, 2, [], data=data))


def transparency():
    yield Odd("trns-grey.png", png(17, 13, 8, 0, rows("t"), (b"tRNS", b"\0\x80")))
    yield Odd("trns-grey-16bit.png", png(17, 13, 16, 0, rows("t", 1, 65535), (b"tRNS", b"\x12\x34")))
    yield Odd("trns-grey-4bit.png", png(17, 13, 4, 0, packed(numbers("t", 16), 4), (b"tRNS", b"\0\5")))
    yield Odd("trns-grey-1bit.png", png(17, 13, 1, 0, packed(numbers("t", 2), 1), (b"tRNS", b"\0\1")))
    yield Odd("trns-rgb.png", png(17, 13, 8, 2, rows("t", 3), (b"tRNS", b"\0\1\0\2\0\3")))
    yield Odd("trns-rgb-16bit.png", png(17, 13, 16, 2, rows("t", 3, 65535), (b"tRNS", b"\1\1\2\2\3\3")))
    colours = (b"PLTE", bytes(range(48)))
    for name, trns in [("one", b"\0"), ("some", bytes(range(16))), ("many", bytes(20)), ("none", b"")]:
        content = png(17, 13, 4, 3, packed(numbers("t", 16), 4), colours, (b"tRNS", trns))
        yield Odd(f"trns-palette-{name}.png", content)
    yield Odd("trns-rgba.png", png(17, 13, 8, 6, rows("t", 4), (b"tRNS", b"\0\1\0\2\0\3")), DAMAGE)
    yield Odd("palette-alpha.png", saved(image("RGBA", "pa").quantize(60), "png"))


def chunks():
    profile = zlib.compress(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    exif = Image.Exif()
    for orientation in (3, 6):
        exif[0x0112] = orientation
        yield Odd(f"exif-{orientation}.png", saved(image("RGB", "exif", 9, 5), "png", exif=exif))
    for tag, body in [
        (b"gAMA", struct.pack(">I", 45_455)), (b"gAMA", struct.pack(">I", 100_000)), (b"gAMA", b"\0\0\0\0"),
        (b"sRGB", b"\1"), (b"cHRM", bytes(32)), (b"iCCP", b"icc\0\0" + profile), (b"iCCP", b"icc\0\0broken"),
        (b"sBIT", b"\5\6\5"), (b"bKGD", bytes(6)), (b"pHYs", bytes(9)), (b"tIME", bytes(7)),
        (b"tEXt", b"Comment\0caf\xe9"), (b"zTXt", b"Comment\0\0" + zlib.compress(b"x" * 10_000)),
        (b"iTXt", b"Title\0\0\0de\0T\0\xc3\xbc"), (b"tEXt", b"no separator"), (b"vpAg", bytes(9)),
        (b"PLTE", bytes(range(30))), (b"hIST", bytes(6)), (b"cICP", b"\x09\x10\0\1"), (b"eXIf", b"MM\0*\xff\xff"),
    ]:  # fmt: skip
        name = f"chunk-{tag.decode()}-{len(body)}-{zlib.crc32(body) % 97}"
        yield Odd(f"{name}.png", png(17, 13, 8, 2, rows("chunk", 3), (tag, body)))
    apng = saved(image("RGB", "a"), "png", save_all=True, append_images=[image("RGB", "b")])
    yield Odd("animated.png", apng)
    yield Odd("animated-default.png", saved(image("RGB", "a"), "png", save_all=True, default_image=True, append_images=[image("RGB", "b")]))


def nearly_whole():
    plain = saved(image("RGB", "plain", 24, 24), "png")
    at = plain.index(b"IDAT") - 4
    size = struct.unpack(">I", plain[at:at + 4])[0]
    data, end = plain[at + 8:at + 8 + size], plain[at + 12 + size:]
    with_data = lambda *parts: plain[:at] + b"".join(chunk(b"IDAT", part) for part in parts) + end
    yield Odd("data-in-parts.png", with_data(*(data[i:i + 7] for i in range(0, len(data), 7))))
    yield Odd("data-with-empty-parts.png", with_data(b"", data[:9], b"", data[9:], b""))
    yield Odd("data-too-long.png", with_data(zlib.compress(zlib.decompress(data) + bytes(500))), None, True)
    yield Odd("data-too-short.png", with_data(zlib.compress(zlib.decompress(data)[:-99])), DAMAGE)
    yield Odd("data-checksum.png", with_data(data[:-4] + b"\0\0\0\0"), DAMAGE, True)
    yield Odd("data-without-checksum.png", with_data(data[:-4]), DAMAGE)
    yield Odd("data-then-bytes.png", with_data(data + b"hello"), None, True)
    yield Odd("data-none.png", plain[:at] + end, DAMAGE + "|IDAT|no ")
    yield Odd("no-end.png", plain[:-12], None, True)
    wrong = lambda at: plain[:at] + bytes([plain[at] ^ 1]) + plain[at + 1:]
    yield Odd("crc-header.png", wrong(30), DAMAGE)
    yield Odd("crc-data.png", wrong(at + 8 + size), DAMAGE)
    yield Odd("crc-end.png", wrong(len(plain) - 1), None, True)
    text = bytearray(png(17, 13, 8, 2, rows("crc", 3), (b"tEXt", b"a\0b")))
    text[text.index(b"tEXt") + 8] ^= 1
    yield Odd("crc-text.png", bytes(text), DAMAGE, True)
    few = (b"PLTE", bytes(range(9)))
    yield Odd("palette-short.png", png(17, 13, 2, 3, packed(numbers("p", 4), 2), few))
    yield Odd("palette-none.png", png(17, 13, 2, 3, packed(numbers("p", 4), 2)), DAMAGE + "|palette|PLTE")
    for name, width, height, depth, kind in [("width-0", 0, 13, 8, 2), ("height-0", 17, 0, 8, 2),
                                             ("depth-3", 17, 13, 3, 0), ("depth-rgb-4", 17, 13, 4, 2),
                                             ("kind-5", 17, 13, 8, 5)]:
        yield Odd(f"{name}.png", png(width, height, depth, kind, rows("odd")), DAMAGE + "|zero")
    yield Odd("apple.png", plain[:8] + chunk(b"CgBI", b"\x50\0\x20\2") + plain[8:], "apple|CgBI|IHDR|" + DAMAGE)
    yield Odd("newlines.png", plain.replace(b"\r\n", b"\n", 1), DAMAGE + "|image|signature")
    yield from cut("rgb", "png", plain)
    yield from trailed("rgb", "png", plain)


def files():
    yield from modes()
    yield from transparency()
    yield from chunks()
    yield from nearly_whole()

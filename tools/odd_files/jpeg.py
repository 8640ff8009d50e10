"""Odd JPEGs."""

import base64
import struct

from image_files import joined, resampled, saved, segments, set_adobe_transform, tall, wide
from PIL import Image, ImageCms

from . import DAMAGE, Odd, cut, image, trailed
from .by_libjpeg import BY_LIBJPEG


def jpeg(mode, name, width=17, height=13, **options):
    return saved(image(mode, name, width, height), "jpeg", **options)


def encodings():
    for sampling in (0, 1, 2):
        for more in (dict(progressive=True), dict(restart_marker_blocks=1),
                     dict(restart_marker_rows=1, progressive=True), dict(optimize=True)):
            name = f"{sampling}-" + "-".join(more)
            yield Odd(f"{name}.jpg", jpeg("RGB", name, 40, 35, subsampling=sampling, **more))
    for quality in (1, 10, 50, 95, 100):
        yield Odd(f"quality-{quality}.jpg", jpeg("RGB", str(quality), 33, 18, quality=quality))
    for width, height in [(1, 1), (1, 100), (100, 1), (7, 9), (8, 8), (16, 16), (3000, 2), (2, 3000)]:
        name = f"{width}x{height}"
        yield Odd(f"{name}.jpg", jpeg("RGB", name, width, height))
        yield Odd(f"{name}-progressive.jpg", jpeg("RGB", name, width, height, progressive=True))
    for width, height in [(1, 1), (17, 13), (35, 34)]:
        for name, make in [("440", tall), ("411", wide)]:
            content = make(image("RGB", name, width, height), quality=85)
            yield Odd(f"{name}-{width}x{height}.jpg", content)
    for mode in ("L", "CMYK"):
        for more in ({}, dict(progressive=True), dict(restart_marker_blocks=2)):
            name = "-".join([mode, *more])
            yield Odd(f"{name}.jpg", jpeg(mode, name, 20, 20, **more))
    # As many blocks as these units need, of 17x13 pixels.
    for name, factors, width in [("420", (0x22, 0x11, 0x11, 0x22), 40), ("422", (0x21, 0x11, 0x11, 0x21), 48),
                                 ("411", (0x41, 0x11, 0x11, 0x41), 40), ("k-coarse", (0x21, 0x21, 0x21, 0x11), 56),
                                 ("440", (0x12, 0x11, 0x11, 0x12), 48), ("c-coarse", (0x11, 0x21, 0x21, 0x21), 56)]:
        for transform in (0, 2):
            blocks = set_adobe_transform(jpeg("CMYK", name, width, 8), transform)
            size = (32 if name == "440" else 17), 13
            yield Odd(f"cmyk-{name}-adobe-{transform}.jpg", resampled(blocks, size, factors))
    yield Odd("keep-rgb.jpg", jpeg("RGB", "rgb", keep_rgb=True))
    tables = [[40000 // (i + 1) + 1 for i in range(64)]] * 2
    yield Odd("tables-16bit.jpg", jpeg("RGB", "tables", qtables=[[min(t, 255) for t in tables[0]]] * 2))
    for name, text in BY_LIBJPEG.items():
        refused = "arithmetic coding" if "arithmetic" in name else None
        yield Odd(f"{name}.jpg", base64.b64decode(text), refused)


def what_markers_say():
    plain = jpeg("RGB", "markers", subsampling=2)
    found, rest = segments(plain)
    bare = [one for one in found if one[0] != 0xE0]
    frame = next(i for i, (marker, _) in enumerate(bare) if marker == 0xC0)
    adobe = lambda transform: (0xEE, b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0" + bytes([transform]))
    yield Odd("no-jfif.jpg", joined(bare, rest))
    for transform in (0, 1, 2):
        yield Odd(f"adobe-{transform}.jpg", joined([adobe(transform), *bare], rest))
        yield Odd(f"jfif-adobe-{transform}.jpg", joined([found[0], adobe(transform), *bare], rest))
        cmyk = jpeg("CMYK", "adobe", quality=90)
        yield Odd(f"cmyk-adobe-{transform}.jpg", set_adobe_transform(cmyk, transform))
    cmyk, end = segments(jpeg("CMYK", "plain"))
    yield Odd("cmyk-without-adobe.jpg", joined([one for one in cmyk if one[0] != 0xEE], end))
    for name, ids in [("rgb", b"RGB"), ("012", b"\0\1\2"), ("123", b"\1\2\3"), ("yay", b"\x22\x23\x24")]:
        segment, scan = bytearray(bare[frame][1]), bytearray(rest)
        for i, one in enumerate(ids):
            segment[10 + 3 * i], scan[5 + 2 * i] = one, one
        changed = [*bare[:frame], (0xC0, bytes(segment)), *bare[frame + 1:]]
        yield Odd(f"components-{name}.jpg", joined(changed, bytes(scan)))
        yield Odd(f"components-{name}-jfif.jpg", joined([found[0], *changed], bytes(scan)))
    grey, end = segments(jpeg("L", "adobe"))
    yield Odd("grey-adobe.jpg", joined([adobe(1), *grey], end))
    twelve = bytearray(plain)
    twelve[plain.index(b"\xff\xc0") + 4] = 12
    yield Odd("says-12bit.jpg", bytes(twelve), "bits per sample: expected 8, got 12|12")
    for marker, what in [(0xC3, "lossless"), (0xC5, "hierarchical"), (0xC7, "lossless-hierarchical")]:
        other = plain.replace(b"\xff\xc0", bytes([0xFF, marker]))
        yield Odd(f"says-{what}.jpg", other, r"support|lossless|hierarchical|SOF")
    yield Odd("says-extended.jpg", plain.replace(b"\xff\xc0", b"\xff\xc1"))
    flat = bytearray(plain)
    at = plain.index(b"\xff\xc0")
    flat[at + 5:at + 7] = b"\0\0"
    yield Odd("height-0.jpg", bytes(flat), "expected a width and a height")


def metadata():
    for orientation in range(1, 10):
        exif = Image.Exif()
        exif[0x0112] = orientation
        exif.endian = "<>"[orientation % 2]
        yield Odd(f"exif-{orientation}.jpg", jpeg("RGB", "exif", 9, 5, exif=exif))
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    yield Odd("icc.jpg", jpeg("RGB", "icc", icc_profile=profile))
    yield Odd("icc-lab.jpg", jpeg("RGB", "icc", icc_profile=lab))
    yield Odd("icc-twice.jpg", jpeg("RGB", "icc", icc_profile=bytes(70_000)))
    yield Odd("xmp.jpg", jpeg("RGB", "xmp", xmp=b"<x:xmpmeta/>"))
    yield Odd("comment.jpg", jpeg("RGB", "comment", comment=b"caf\xe9 \0"))
    yield Odd("dpi-0.jpg", jpeg("RGB", "dpi", dpi=(0, 0)))
    found, rest = segments(jpeg("RGB", "segments"))
    thumb = jpeg("RGB", "thumbnail", 8, 8)
    app = lambda marker, body: (marker, struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body)
    yield Odd("exif-broken.jpg", joined([app(0xE1, b"Exif\0\0II*\0\xff\xff\xff\xff"), *found], rest))
    yield Odd("exif-empty.jpg", joined([app(0xE1, b"Exif\0\0"), *found], rest))
    yield Odd("exif-loop.jpg", joined([app(0xE1, b"Exif\0\0II*\0\x08\0\0\0\0\0\x08\0\0\0"), *found], rest))
    yield Odd("thumbnail.jpg", joined([app(0xE1, b"Exif\0\0" + thumb), *found], rest))
    yield Odd("photoshop.jpg", joined([app(0xED, b"Photoshop 3.0\08BIM\x04\x04\0\0\0\0\0\0"), *found], rest))
    yield Odd("jfif-late.jpg", joined([app(0xE2, b"hello"), *found], rest))
    yield Odd("jfif-9.9.jpg", joined([(0xE0, found[0][1].replace(b"JFIF\0\1", b"JFIF\0\x09")), *found[1:]], rest))
    yield Odd("app-unknown.jpg", joined([app(0xEA, bytes(60_000)), *found], rest))
    yield Odd("multi-picture.jpg", saved(image("RGB", "first"), "MPO", save_all=True, append_images=[image("RGB", "second")]))


def nearly_whole():
    """Files as cameras and downloads leave them, which libjpeg reads with a warning or without one."""
    plain = jpeg("RGB", "whole", 40, 35)
    found, rest = segments(plain)
    progressive = jpeg("RGB", "whole", 40, 35, progressive=True)
    restarts = jpeg("RGB", "whole", 40, 35, restart_marker_blocks=2)
    yield Odd("no-end.jpg", plain[:-2], None, True)
    yield Odd("no-end-progressive.jpg", progressive[:-2], DAMAGE)
    yield Odd("no-end-then-zeros.jpg", plain[:-2] + bytes(100), None, True)
    yield Odd("end-twice.jpg", plain + b"\xff\xd9")
    yield Odd("zeros-before-end.jpg", plain[:-2] + bytes(9) + plain[-2:])
    yield Odd("bytes-before-end.jpg", plain[:-2] + bytes(range(200)) + plain[-2:])
    yield Odd("fill-before-end.jpg", plain[:-2] + b"\xff" * 9 + plain[-2:])
    stuffed = lambda more: b"\xff\xd8" + b"".join(more + one for _, one in found) + more + rest
    yield Odd("fill-between.jpg", stuffed(b"\xff\xff"))
    yield Odd("bytes-between.jpg", stuffed(b"\0\x10")[:2] + stuffed(b"\0\x10")[4:])
    yield Odd("newline-first.jpg", b"\n" + plain, "image|unknown|format")
    whole = len(rest) - 2
    for part in (0.3, 0.6, 0.9, 0.99):
        short = joined(found, rest[:int(whole * part)])
        yield Odd(f"end-early-{part}.jpg", short + b"\xff\xd9", DAMAGE)
    for part in (0.3, 0.9):
        size = int(len(progressive) * part)
        yield Odd(f"end-early-progressive-{part}.jpg", progressive[:size] + b"\xff\xd9", DAMAGE)
        size = int(len(restarts) * part)
        yield Odd(f"end-early-restarts-{part}.jpg", restarts[:size] + b"\xff\xd9", DAMAGE)
    yield Odd("restart-missing.jpg", restarts.replace(b"\xff\xd2", b"", 1), DAMAGE)
    yield Odd("restart-twice.jpg", restarts.replace(b"\xff\xd2", b"\xff\xd2\xff\xd2", 1), DAMAGE)
    yield Odd("restart-other.jpg", restarts.replace(b"\xff\xd2", b"\xff\xd5", 1), DAMAGE)
    spoiled = lambda content, at: content[:at] + bytes([content[at] ^ 0x55]) + content[at + 1:]
    for at in (-60, -200, -400):
        yield Odd(f"spoiled{at}.jpg", spoiled(plain, len(plain) + at), DAMAGE)
        yield Odd(f"spoiled-progressive{at}.jpg", spoiled(progressive, len(progressive) + at), DAMAGE)
        yield Odd(f"spoiled-restarts{at}.jpg", spoiled(restarts, len(restarts) + at), DAMAGE)


def files():
    yield from encodings()
    yield from what_markers_say()
    yield from metadata()
    yield from nearly_whole()
    plain = jpeg("RGB", "plain", 24, 24)
    yield from cut("baseline", "jpg", plain)
    yield from cut("progressive", "jpg", jpeg("RGB", "plain", 24, 24, progressive=True))
    yield from trailed("jpeg", "jpg", plain)

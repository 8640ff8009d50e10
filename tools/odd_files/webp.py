"""Odd WebPs."""

import struct

from image_files import saved
from PIL import Image, ImageCms

from . import DAMAGE, Odd, cut, image, trailed


def webp(mode, name, width=17, height=13, **options):
    return saved(image(mode, name, width, height), "webp", **options)


def parts(content):
    at, found = 12, []
    while at < len(content):
        size = struct.unpack("<I", content[at + 4:at + 8])[0]
        found.append((content[at:at + 4], content[at + 8:at + 8 + size]))
        at += 8 + size + size % 2
    return found


def riff(*chunks):
    body = b"WEBP" + b"".join(tag + struct.pack("<I", len(b)) + b + b"\0" * (len(b) % 2) for tag, b in chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def files():
    for mode in ("L", "RGB", "RGBA"):
        for quality in (0, 40, 100):
            yield Odd(f"{mode}-{quality}.webp", webp(mode, f"webp {mode}", 33, 18, quality=quality))
        yield Odd(f"{mode}-lossless.webp", webp(mode, f"webp {mode}", 33, 18, lossless=True))
        yield Odd(f"{mode}-method.webp", webp(mode, f"webp {mode}", 33, 18, method=6, quality=70))
    yield Odd("alpha-0.webp", webp("RGBA", "alpha", 33, 18, alpha_quality=0))
    yield Odd("exact.webp", webp("RGBA", "alpha", lossless=True, exact=True))
    for colours in (2, 3, 16, 17):
        few = image("RGB", "few", 33, 18).quantize(colours).convert("RGB")
        yield Odd(f"colours-{colours}.webp", saved(few, "webp", lossless=True))
    for width, height in [(1, 1), (1, 300), (300, 1), (16, 16), (5000, 2)]:
        for lossless in (False, True):
            name = f"{width}x{height}{'-lossless' * lossless}.webp"
            yield Odd(name, webp("RGB", "size", width, height, lossless=lossless))
    exif = Image.Exif()
    exif[0x0112] = 6
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    yield Odd("exif.webp", webp("RGB", "meta", exif=exif))
    yield Odd("icc.webp", webp("RGB", "meta", icc_profile=profile))
    yield Odd("xmp.webp", webp("RGB", "meta", xmp=b"<x:xmpmeta/>"))
    yield Odd("all.webp", webp("RGBA", "meta", xmp=b"<x/>", exif=exif, icc_profile=profile, lossless=True))
    for name, mode, more in [("rgb", "RGB", dict(lossless=True)), ("rgba", "RGBA", dict(lossless=True)),
                             ("lossy", "RGB", dict(quality=60)), ("background", "RGBA", dict(background=(9, 8, 7, 255), lossless=True))]:
        frames = [image(mode, f"frame {i}") for i in range(3)]
        yield Odd(f"animated-{name}.webp", saved(frames[0], "webp", save_all=True, append_images=frames[1:], **more))
    plain, lossless = webp("RGB", "plain", 24, 24), webp("RGB", "plain", 24, 24, lossless=True)
    (tag, body), = parts(plain)
    yield Odd("says-size-0.webp", plain[:4] + bytes(4) + plain[8:], DAMAGE, True)
    yield Odd("says-size-large.webp", plain[:4] + b"\xff\xff\xff\x7f" + plain[8:], DAMAGE, True)
    yield Odd("chunk-unknown.webp", riff((tag, body), (b"ABCD", b"hello")), None, True)
    yield Odd("chunk-first.webp", riff((b"ABCD", b"hello"), (tag, body)), DAMAGE + "|chunk")
    yield Odd("extended.webp", riff((b"VP8X", b"\0\0\0\0\x17\0\0\x17\0\0"), (tag, body)))
    yield Odd("extended-other-size.webp", riff((b"VP8X", b"\0\0\0\0\x18\0\0\x17\0\0"), (tag, body)), "inconsistent")
    yield Odd("extended-alone.webp", riff((b"VP8X", b"\0\0\0\0\x17\0\0\x17\0\0")), DAMAGE + "|chunk|image")
    yield Odd("spoiled.webp", plain[:-30] + b"\x55" * 9 + plain[-21:])
    yield Odd("spoiled-lossless.webp", lossless[:-30] + b"\x55" * 9 + lossless[-21:], DAMAGE)
    yield from cut("lossy", "webp", plain)
    yield from cut("lossless", "webp", lossless)
    yield from trailed("lossy", "webp", plain)
    yield from trailed("lossless", "webp", lossless)

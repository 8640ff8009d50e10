"""Odd TIFFs."""

import zlib

import numpy as np
from image_files import packed, saved, tiff
from PIL import Image, ImageCms

from . import DAMAGE, Odd, cut, image, levels, numbers, trailed

UNSUPPORTED = "unsupported|not supported"


def by_pillow():
    for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "I;16", "I", "F"):
        for kind in (None, "tiff_lzw", "tiff_adobe_deflate", "packbits"):
            name = f"{mode.replace(';', '')}-{kind or 'raw'}"
            yield Odd(f"{name}.tif", saved(image(mode, name), "tiff", compression=kind))
    yield Odd("LAB.tif", saved(image("LAB", "lab"), "tiff"), UNSUPPORTED)
    for width, height in [(40, 20), (1, 1), (1, 200), (200, 1), (2000, 3), (33, 18)]:
        name = f"group4-{width}x{height}"
        yield Odd(f"{name}.tif", saved(image("1", name, width, height), "tiff", compression="group4"))
    yield Odd("group3.tif", saved(image("1", "g3", 40, 20), "tiff", compression="group3"), UNSUPPORTED)
    yield Odd("ccitt.tif", saved(image("1", "g2", 40, 20), "tiff", compression="tiff_ccitt"), UNSUPPORTED)
    for kind in ("lzma", "zstd"):
        yield Odd(f"{kind}.tif", saved(image("RGB", kind), "tiff", compression=kind), UNSUPPORTED)
    for mode in ("L", "RGB", "CMYK", "YCbCr"):
        yield Odd(f"jpeg-{mode}.tif", saved(image(mode, "j", 33, 18), "tiff", compression="jpeg"))
    yield Odd("jpeg-strips.tif", saved(image("RGB", "j", 33, 40), "tiff", compression="jpeg", strip_size=33 * 3 * 8))
    for orientation in range(1, 9):
        yield Odd(f"orientation-{orientation}.tif", saved(image("RGB", "turn", 9, 5), "tiff", tiffinfo={274: orientation}))
    pages = [image(mode, mode) for mode in ("RGB", "L", "P")]
    yield Odd("pages.tif", saved(pages[0], "tiff", save_all=True, append_images=pages[1:]))
    yield Odd("big.tif", saved(image("RGB", "big"), "tiff", big_tiff=True))
    yield Odd("big-lzw.tif", saved(image("RGB", "big"), "tiff", big_tiff=True, compression="tiff_lzw"))
    for mode in ("L", "RGB", "RGBA", "I;16"):
        for kind in ("tiff_lzw", "tiff_adobe_deflate"):
            name = f"predictor-{mode.replace(';', '')}-{kind}"
            yield Odd(f"{name}.tif", saved(image(mode, name), "tiff", compression=kind, tiffinfo={317: 2}))
    yield Odd("predictor-float.tif", saved(image("F", "p"), "tiff", compression="tiff_lzw", tiffinfo={317: 3}))
    for mode in ("1", "L", "RGB", "RGBA"):
        yield Odd(f"tiles-{mode}.tif", saved(image(mode, "tiles", 40, 20), "tiff", tiffinfo={322: 16, 323: 16}, compression="tiff_lzw"))
    yield Odd("strips.tif", saved(image("RGB", "strips", 40, 31), "tiff", compression="tiff_lzw", strip_size=40 * 3 * 4))
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    yield Odd("icc.tif", saved(image("RGB", "icc"), "tiff", icc_profile=profile))
    yield Odd("texts.tif", saved(image("RGB", "texts"), "tiff", description="caf\xe9", software="x" * 500, dpi=(0, 0)))


def by_hand():
    one = lambda bits: packed(numbers(f"{bits}", 1 << bits), bits).tobytes()
    colours = lambda bits: (320, 3, levels("tiff", 3 << bits, 1, 1, 65535).ravel().tolist())
    for order in "<>":
        end = {"<": "", ">": "-be"}[order]
        for bits in (1, 2, 4, 8):
            yield Odd(f"grey-{bits}bit{end}.tif", tiff(17, 13, one(bits), [bits], 1, order=order))
            yield Odd(f"white-is-zero-{bits}bit{end}.tif", tiff(17, 13, one(bits), [bits], 0, order=order))
            yield Odd(f"palette-{bits}bit{end}.tif", tiff(17, 13, one(bits), [bits], 3, colours(bits), order=order))
        words = lambda channels: levels("words", 17, 13, channels, 65535).astype(order + "u2").tobytes()
        yield Odd(f"grey-16bit{end}.tif", tiff(17, 13, words(1), [16], 1, order=order))
        yield Odd(f"rgb-16bit{end}.tif", tiff(17, 13, words(3), [16] * 3, 2, order=order))
        yield Odd(f"rgba-16bit{end}.tif", tiff(17, 13, words(4), [16] * 4, 2, (338, 3, [2]), order=order))
        yield Odd(f"cmyk-16bit{end}.tif", tiff(17, 13, words(4), [16] * 4, 5, order=order))
        signed = (levels("signed", 17, 13, 1).astype(int) * 3 - 200).reshape(13, 17)
        for kind, bits, sample in [("i1", 8, 2), ("i2", 16, 2), ("i4", 32, 2), ("u4", 32, 1), ("f4", 32, 3)]:
            content = tiff(17, 13, signed.astype(order + kind).tobytes(), [bits], 1, (339, 3, [sample]), order=order)
            more = (UNSUPPORTED, True) if kind + end == "u4-be" else ()
            yield Odd(f"grey-{kind}{end}.tif", content, *more)
        for kind, bits in [("f2", 16), ("f8", 64)]:
            content = tiff(17, 13, signed.astype(order + kind).tobytes(), [bits], 1, (339, 3, [3]), order=order)
            yield Odd(f"grey-{kind}{end}.tif", content, UNSUPPORTED)
    yield Odd("grey-12bit.tif", tiff(16, 12, bytes(16 * 12 * 3 // 2), [12], 1), UNSUPPORTED)
    yield Odd("white-is-zero-16bit.tif", tiff(17, 13, levels("w", 17, 13, 1, 65535).tobytes(), [16], 0))
    four = levels("four", 17, 13, 4).tobytes()
    for name, extra in [("unspecified", 0), ("premultiplied", 1), ("alpha", 2), ("odd", 9)]:
        more = (UNSUPPORTED, True) if name == "odd" else ()
        yield Odd(f"extra-{name}.tif", tiff(17, 13, four, [8] * 4, 2, (338, 3, [extra])), *more)
    clear = levels("clear", 17, 13, 4)
    clear[::2, ::3, 3] = 0
    for kind, data in [(1, clear.tobytes()), (8, zlib.compress(clear.tobytes()))]:
        yield Odd(f"premultiplied-clear-{kind}.tif", tiff(17, 13, data, [8] * 4, 2, (338, 3, [1]), compression=kind))
    plain = (17, 13, levels("not predicted").tobytes(), [8] * 3, 2, (317, 3, [2]))
    yield Odd("predicted-raw.tif", tiff(*plain))
    wide = (17, 13, levels("not predicted", 17, 13, 1, 65535).tobytes(), [16], 1, (317, 3, [2]))
    yield Odd("predicted-raw-16bit.tif", tiff(*wide))
    yield Odd("predicted-packbits.tif", saved(image("RGB", "packed"), "tiff", compression="packbits", tiffinfo={317: 2}))
    for channels in (3, 4, 5):
        some = levels("predicted", 17, 13, channels)
        steps = np.diff(some, axis=1, prepend=np.zeros_like(some[:, :1])).tobytes()
        for extra in (0, 1, 2):
            more = [(338, 3, [extra] + [0] * (channels - 4))] if channels > 3 else []
            said = (UNSUPPORTED,) if channels > 4 else ()
            content = tiff(17, 13, zlib.compress(steps), [8] * channels, 2, (317, 3, [2]), *more, compression=8)
            if channels > 3 or extra == 0:
                yield Odd(f"predicted-{channels}-{extra}.tif", content, *said)
    yield Odd("extra-unsaid.tif", tiff(17, 13, four, [8] * 4, 2))
    five = levels("five", 17, 13, 5).tobytes()
    yield Odd("extra-two.tif", tiff(17, 13, five, [8] * 5, 2, (338, 3, [0, 0])))
    yield Odd("cmyk-alpha.tif", tiff(17, 13, five, [8] * 5, 5, (338, 3, [2])), UNSUPPORTED)
    two = levels("two", 17, 13, 2).tobytes()
    yield Odd("grey-premultiplied.tif", tiff(17, 13, two, [8] * 2, 1, (338, 3, [1])), UNSUPPORTED, True)
    yield Odd("bits-differ.tif", tiff(17, 13, levels("b").tobytes(), [5, 6, 5], 2), UNSUPPORTED)
    planes = [plane.tobytes() for plane in np.moveaxis(levels("planes"), -1, 0)]
    yield Odd("planes.tif", tiff(17, 13, planes, [8] * 3, 2, (284, 3, [2])))
    wide = [plane.tobytes() for plane in np.moveaxis(levels("planes", most=65535), -1, 0)]
    yield Odd("planes-16bit.tif", tiff(17, 13, wide, [16] * 3, 2, (284, 3, [2])), UNSUPPORTED)
    packed_wide = [zlib.compress(plane) for plane in wide]
    yield Odd("planes-16bit-deflate.tif", tiff(17, 13, packed_wide, [16] * 3, 2, (284, 3, [2]), compression=8))
    packed_planes = [zlib.compress(plane) for plane in planes]
    yield Odd("planes-deflate.tif", tiff(17, 13, packed_planes, [8] * 3, 2, (284, 3, [2]), compression=8))
    rows = levels("rows", 17, 13)
    strips = [rows[i:i + 5].tobytes() for i in (0, 5, 10)]
    yield Odd("strips-of-5.tif", tiff(17, 13, strips, [8] * 3, 2, rows=5))
    yield Odd("rows-per-strip-max.tif", tiff(17, 13, rows.tobytes(), [8] * 3, 2, (278, 4, [0xFFFFFFFF])))
    yield Odd("no-byte-counts.tif", tiff(17, 13, rows.tobytes(), [8] * 3, 2).replace(b"\x17\1\4\0", b"\x16\x80\4\0"), "StripByteCounts")
    yield Odd("fill-order-2.tif", tiff(17, 13, one(1), [1], 1, (266, 3, [2])), "fill order")
    yield Odd("ycbcr-22.tif", tiff(16, 12, bytes(range(288 % 256)) + bytes(256), [8] * 3, 6, (530, 3, [2, 2])), UNSUPPORTED)
    own = (529, 5, [299, 1000, 587, 1000, 114, 1000])
    yield Odd("ycbcr-usual.tif", tiff(17, 13, zlib.compress(levels("y").tobytes()), [8] * 3, 6, own, (530, 3, [1, 1]), compression=8))
    yield Odd("ycbcr-no-sampling.tif", tiff(17, 13, zlib.compress(levels("y").tobytes()), [8] * 3, 6, compression=8), UNSUPPORTED)
    yield Odd("ycbcr-no-sampling-raw.tif", tiff(17, 13, levels("y").tobytes(), [8] * 3, 6))
    other = (529, 5, [2126, 10000, 7152, 10000, 722, 10000])
    yield Odd("ycbcr-709.tif", tiff(17, 13, zlib.compress(levels("y").tobytes()), [8] * 3, 6, other, (530, 3, [1, 1]), compression=8), UNSUPPORTED)
    yield Odd("ycbcr-709-raw.tif", tiff(17, 13, levels("y").tobytes(), [8] * 3, 6, other, (530, 3, [1, 1])))
    yield Odd("cielab.tif", tiff(17, 13, levels("lab").tobytes(), [8] * 3, 8), UNSUPPORTED)
    yield Odd("mask.tif", tiff(17, 13, one(1), [1], 4), UNSUPPORTED)
    yield Odd("raw-camera.tif", tiff(17, 13, levels("cfa", 17, 13, 1).tobytes(), [8], 32803), UNSUPPORTED)
    yield Odd("old-jpeg.tif", tiff(17, 13, saved(image("RGB", "old"), "jpeg"), [8] * 3, 6, compression=6), UNSUPPORTED)
    webp = saved(image("RGB", "webp"), "webp", lossless=True)
    yield Odd("webp.tif", tiff(17, 13, webp, [8] * 3, 2, compression=50001), UNSUPPORTED)
    yield Odd("thunderscan.tif", tiff(17, 13, bytes(99), [4], 1, compression=32809), UNSUPPORTED)


def spoiled():
    """Compressed data that is damaged, or ends early."""
    bits = saved(image("1", "fax", 40, 30), "tiff", compression="group4")
    for at in (10, 30, 50):
        yield Odd(f"group4-spoiled-{at}.tif", bits[:at] + bytes([bits[at] ^ 0x55]) + bits[at + 1:], DAMAGE)
    lines = packed(numbers("ends", 2, 40, 30), 1).tobytes()
    for name, kind, more in [("deflate", 8, zlib.compress(lines)), ("packbits", 32773, b"\x7f" + lines[:128] + bytes([21]) + lines[128:])]:
        yield Odd(f"{name}.tif", tiff(40, 30, more, [1], 1, compression=kind))
        yield Odd(f"{name}-ends-early.tif", tiff(40, 30, more[:-9], [1], 1, compression=kind), DAMAGE)
        yield Odd(f"{name}-longer.tif", tiff(40, 30, more + bytes(9), [1], 1, compression=kind), DAMAGE, True)
    for kind in ("tiff_lzw", "tiff_adobe_deflate", "packbits"):
        whole = saved(image("RGB", "spoiled", 40, 30), "tiff", compression=kind)
        yield Odd(f"spoiled-{kind}.tif", whole[:60] + bytes([whole[60] ^ 0x55]) + whole[61:], DAMAGE)
    raw = tiff(17, 13, levels("raw").tobytes(), [8] * 3, 2)
    at = raw.index(b"\x06\1\3\0")
    yield Odd("no-photometric.tif", raw[:at] + b"\x05" + raw[at + 1:], UNSUPPORTED + "|" + DAMAGE)
    loop = bytearray(raw)
    end = 8 + 664 + 2 + 12 * 9
    loop[end:end + 4] = raw[4:8]
    yield Odd("directory-loop.tif", bytes(loop))
    twice = raw.replace(b"\x15\1\3\0", b"\x11\1\3\0")
    yield Odd("tag-twice.tif", twice, "tag 273 is there twice")
    kind = raw.replace(b"\3\1\3\0", b"\3\1\xc0\0")
    yield Odd("tag-of-no-type.tif", kind, "the numbers of tag 259 cannot be read")
    yield Odd("strip-into-directory.tif", tiff(17, 13, levels("raw").tobytes(), [8] * 3, 2, (273, 4, [100])), "reaches into the directory")
    yield Odd("directory-none.tif", b"II*\0\0\0\0\0", DAMAGE)
    yield Odd("directory-outside.tif", raw[:4] + b"\xff\xff\xff\x7f" + raw[8:], DAMAGE)
    yield Odd("strip-outside.tif", tiff(17, 13, levels("raw").tobytes(), [8] * 3, 2, (273, 4, [99_999])), DAMAGE)
    yield Odd("strip-short.tif", tiff(17, 13, levels("raw").tobytes(), [8] * 3, 2, (279, 4, [100])), DAMAGE)
    yield Odd("width-0.tif", tiff(0, 13, b"", [8], 1), DAMAGE + "|zero|width")
    yield Odd("palette-short.tif", tiff(17, 13, bytes(221), [8], 3, (320, 3, list(range(30)))), "palette")


def files():
    yield from by_pillow()
    yield from by_hand()
    yield from spoiled()
    for kind in ("raw", "tiff_lzw"):
        whole = saved(image("RGB", "cut", 24, 24), "tiff", compression=kind)
        yield from cut(kind, "tif", whole)
        yield from trailed(kind, "tif", whole)

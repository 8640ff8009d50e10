#!/usr/bin/env python3
r"""Writes fixtures/pillow/: small images in many formats and modes, and the RGB that Pillow makes of them.

    python3 -m venv /tmp/pillow-venv
    /tmp/pillow-venv/bin/pip install pillow numpy safetensors
    /tmp/pillow-venv/bin/python tools/make-pillow-fixture.py

Run from the root of the repository; fixtures/pillow/ is replaced. Made with Pillow 13.0.0
(libjpeg-turbo 3.2.0, libtiff 4.7.2, libwebp 1.6.0). With `--more FOLDER` a far larger set is
written there (sizes, qualities and subsamplings multiplied out), for
`PROVPT_PILLOW_FIXTURE=FOLDER cargo test -p provpt-image --test pillow`.

    *.jpg, *.png, ...       the images
    expected.safetensors    by file name, u8 [height, width, 3]: Image.open(file).convert("RGB");
                            as NAME.exif what ImageOps.exif_transpose makes of it, if another
"""

import itertools
import pathlib
import shutil
import struct
import sys
import zlib

import image_files as files
import numpy as np
from image_files import packed
from PIL import Image, ImageOps
from safetensors.numpy import save_file

OUT = pathlib.Path("fixtures/pillow")
random = np.random.default_rng(7)


def picture(width, height, channels=3, high=255):
    """Slopes, a coloured edge and a little noise: neither flat nor hopeless for JPEG."""
    y, x, c = np.meshgrid(np.arange(height), np.arange(width), np.arange(channels), indexing="ij")
    slope = random.uniform(-9, 9, size=(channels, 2))
    levels = 128 + slope[c, 0] * (y - height / 2) + slope[c, 1] * (x - width / 2)
    levels = levels + 60 * ((x + 2 * y) % 23 < 9) * (c == random.integers(channels))
    levels = np.clip(levels + random.normal(0, 5, levels.shape), 0, 255) / 255 * high
    return levels.astype(np.uint8 if high < 256 else np.uint16)


def rgb(width=17, height=13):
    return Image.fromarray(picture(width, height))


def grey(width=17, height=13):
    return Image.fromarray(picture(width, height, 1)[..., 0])


def rgba(width=17, height=13):
    return Image.fromarray(picture(width, height, 4), "RGBA")


def save(name, image, **options):
    image.save(OUT / name, **options)


def write(name, content):
    (OUT / name).write_bytes(content)


# --- JPEG ---------------------------------------------------------------------------------------

def jpegs():
    for name, sampling in [("444", 0), ("422", 1), ("420", 2), ("440", "4:4:0"), ("411", "4:1:1")]:
        for width, height in [(17, 13), (1, 1), (35, 34)]:
            jpeg(f"rgb-{name}-{width}x{height}.jpg", rgb(width, height), sampling, quality=90)
    for quality in (30, 75, 100):
        jpeg(f"rgb-420-q{quality}.jpg", rgb(33, 18), 2, quality=quality)
    jpeg("rgb-420-progressive.jpg", rgb(33, 18), 2, progressive=True)
    jpeg("rgb-422-progressive.jpg", rgb(16, 16), 1, progressive=True)
    jpeg("rgb-420-restarts.jpg", rgb(40, 40), 2, restart_marker_blocks=2)
    jpeg("rgb-adobe-rgb.jpg", rgb(), 0, keep_rgb=True)
    save("grey.jpg", grey(), quality=85)
    save("grey-progressive.jpg", grey(20, 9), quality=60, progressive=True)
    cmyk = Image.fromarray(picture(17, 13, 4), "CMYK")
    save("cmyk.jpg", cmyk, quality=90)
    ycck = files.saved(cmyk, "jpeg", quality=90)
    write("ycck.jpg", files.set_adobe_transform(ycck, 2))


def jpeg(name, image, sampling, **options):
    if isinstance(sampling, int):
        save(name, image, subsampling=sampling, **options)
        return
    # 4:4:0 and 4:1:1 are 4:2:2 and 4:2:0 with the luma factors changed, over other numbers of
    # blocks; libjpeg reads any stream of blocks, so an image encoded as 4:4:4 is laid out by hand.
    write(name, {"4:4:0": files.tall, "4:1:1": files.wide}[sampling](image, **options))


# --- PNG ----------------------------------------------------------------------------------------

def png(name, *rest, **more):
    write(name, files.png(*rest, **more))


def pngs():
    save("rgb.png", rgb())
    save("rgba.png", rgba())
    save("grey.png", grey())
    save("la.png", rgba().convert("LA"))
    save("bit.png", grey().convert("1"))
    save("palette.png", rgb().quantize(200))
    save("palette-4bit.png", rgb().quantize(11))
    save("palette-trns.png", rgb().quantize(9), transparency=3)
    save("palette-alpha.png", rgba().quantize(60))
    save("one.png", rgb(1, 1))
    random_rows = lambda depth: packed(random.integers(0, 1 << depth, (13, 17)), depth)
    for depth in (1, 2, 4):
        png(f"grey-{depth}bit.png", 17, 13, depth, 0, random_rows(depth))
    png("grey-4bit-trns.png", 17, 13, 4, 0, random_rows(4), (b"tRNS", b"\0\5"))
    png("grey-trns.png", 17, 13, 8, 0, picture(17, 13, 1)[..., 0], (b"tRNS", b"\0\x80"))
    png("rgb-trns.png", 17, 13, 8, 2, picture(17, 13), (b"tRNS", b"\0\1\0\2\0\3"))
    short = bytes(range(30, 39))  # three colours for four numbers
    png("palette-2bit-short.png", 17, 13, 2, 3, random_rows(2), (b"PLTE", short))
    wide = lambda channels: picture(17, 13, channels, 65535).astype(">u2").reshape(13, -1)
    for kind, channels, name in [(0, 1, "grey"), (2, 3, "rgb"), (4, 2, "la"), (6, 4, "rgba")]:
        png(f"{name}-16bit.png", 17, 13, 16, kind, [r.tobytes() for r in wide(channels)])
    dark = (np.arange(17 * 13) * 3).astype(">u2").reshape(13, 17)
    png("grey-16bit-dark.png", 17, 13, 16, 0, [r.tobytes() for r in dark])
    png("grey-16bit-trns.png", 17, 13, 16, 0, [r.tobytes() for r in dark], (b"tRNS", b"\0\x30"))
    png("rgb-gamma.png", 17, 13, 8, 2, picture(17, 13), (b"gAMA", struct.pack(">I", 100_000)))


# --- GIF, BMP, WebP -----------------------------------------------------------------------------

def gif(name, canvas, box, *rest, **more):
    numbers = random.integers(0, 200, box[2] * box[3]).tolist()
    write(name, files.gif(numbers, canvas, box, *rest, **more))


def gifs():
    colours = random.integers(0, 256, 768).tolist()
    greys = [i for i in range(256) for _ in range(3)]
    save("palette.gif", rgb().quantize(100))
    save("grey.gif", grey())
    save("interlaced.gif", rgb(), interlace=1)
    save("animated.gif", rgb().quantize(8), save_all=True, append_images=[rgb().quantize(8)])
    gif("whole.gif", (17, 13), (0, 0, 17, 13), colours)
    gif("inside.gif", (17, 13), (3, 2, 9, 7), colours, background=5)
    gif("inside-transparent.gif", (17, 13), (3, 2, 9, 7), colours, transparent=9, background=5)
    gif("inside-local.gif", (17, 13), (3, 2, 9, 7), colours, colours[::-1], background=5)
    gif("outside.gif", (12, 9), (6, 5, 9, 7), colours)
    gif("greys.gif", (17, 13), (1, 1, 12, 12), greys, transparent=77)
    gif("local-only.gif", (17, 13), (0, 0, 17, 13), None, colours)
    gif("interlaced-9.gif", (9, 11), (0, 0, 9, 11), colours, interlace=1)


def bmp(name, *rest, **more):
    write(name, files.bmp(*rest, **more))


def bmps():
    save("rgb.bmp", rgb())
    save("rgba.bmp", rgba())
    save("grey.bmp", grey())
    save("bit.bmp", grey().convert("1"))
    save("palette.bmp", rgb().quantize(100))
    colours = random.integers(0, 256, 64).astype(np.uint8).tobytes()
    rows = [files.padded(r) for r in packed(random.integers(0, 16, (13, 17)), 4)]
    bmp("palette-4bit.bmp", 17, 13, 4, rows, palette=colours)
    bmp("palette-top-down.bmp", 17, -13, 4, rows, palette=colours)
    rows = [files.padded(r) for r in packed(random.integers(0, 2, (13, 17)), 1)]
    bmp("palette-1bit.bmp", 17, 13, 1, rows, palette=colours[:8])
    words = [files.padded(random.integers(0, 65536, 17).astype("<u2").tobytes()) for _ in range(13)]
    bmp("rgb555.bmp", 17, 13, 16, words)
    bmp("rgb565.bmp", 17, 13, 16, words, 3, masks=struct.pack("<III", 0xF800, 0x7E0, 0x1F))
    longs = [picture(17, 1, 4).tobytes() for _ in range(13)]
    bmp("rgbx.bmp", 17, 13, 32, longs)
    four = struct.pack("<IIII", 0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    bmp("bgra-v4.bmp", 17, 13, 32, longs, 3, masks=four + b"\0" * 52, header=108)
    runs = [bytes([5, 1, 12, 2, 0, 0]), bytes([0, 5, 1, 2, 3, 4, 5, 0, 12, 7, 0, 0]),
            bytes([17, 9, 0, 1])]
    bmp("rle8.bmp", 17, 3, 8, runs, 1, palette=colours, colours=16)


def webps():
    for width, height in [(17, 13), (1, 1), (34, 35)]:
        save(f"rgb-{width}x{height}.webp", rgb(width, height), quality=80)
    save("rgb-q30.webp", rgb(40, 24), quality=30)
    save("rgba.webp", rgba(), quality=80)
    save("lossless.webp", rgb(), lossless=True)
    save("lossless-rgba.webp", rgba(), lossless=True, exact=True)
    save("lossless-palette.webp", rgb().quantize(6).convert("RGB"), lossless=True)
    save("animated.webp", rgb(), save_all=True, append_images=[rgb()], lossless=True)
    save("animated-rgba.webp", rgba(), save_all=True, append_images=[rgba()], lossless=True)


# --- TIFF ---------------------------------------------------------------------------------------

def tiff(name, *rest, **more):
    write(name, files.tiff(*rest, **more))


def tiffs():
    for compression in (None, "tiff_lzw", "tiff_deflate", "packbits"):
        save(f"rgb-{compression or 'raw'}.tif", rgb(), compression=compression)
    save("rgba.tif", rgba())
    save("grey.tif", grey(), compression="tiff_lzw")
    save("la.tif", rgba().convert("LA"))
    save("bit.tif", grey().convert("1"))
    save("bit-g4.tif", grey(40, 20).convert("1"), compression="group4")
    save("palette.tif", rgb().quantize(100))
    save("cmyk.tif", Image.fromarray(picture(17, 13, 4), "CMYK"), compression="tiff_lzw")
    save("ycbcr.tif", rgb().convert("YCbCr"))
    save("ycbcr-lzw.tif", rgb().convert("YCbCr"), compression="tiff_lzw")
    save("jpeg.tif", rgb(33, 18), compression="jpeg")
    save("grey-jpeg.tif", grey(33, 18), compression="jpeg")
    save("predictor.tif", rgb(), compression="tiff_lzw", tiffinfo={317: 2})
    save("tiled.tif", rgb(40, 20), tiffinfo={322: 16, 323: 16}, compression="tiff_lzw")
    save("pages.tif", rgb(), save_all=True, append_images=[rgb()])
    save("big.tif", rgb(), big_tiff=True)
    wide = picture(17, 13, 1, 65535)[..., 0]
    save("grey-16bit.tif", Image.fromarray(wide), compression="tiff_lzw")
    dark = (np.arange(17 * 13) * 3).reshape(13, 17).astype(np.uint16)
    save("grey-16bit-dark.tif", Image.fromarray(dark))
    tiff("grey-16bit-be.tif", 17, 13, dark.astype(">u2").tobytes(), [16], 1, order=">")
    signed = (np.arange(17 * 13) * 3 - 200).reshape(13, 17)
    tiff("grey-i16.tif", 17, 13, signed.astype("<i2").tobytes(), [16], 1, (339, 3, [2]))
    tiff("grey-i32.tif", 17, 13, signed.astype("<i4").tobytes(), [32], 1, (339, 3, [2]))
    tiff("grey-u32.tif", 17, 13, signed.astype("<u4").tobytes(), [32], 1)
    save("float.tif", Image.fromarray((signed * 0.7).astype(np.float32)), compression="tiff_lzw")
    floats = (signed * 0.7 + 0.5).astype(">f4").tobytes()
    tiff("float-be.tif", 17, 13, floats, [32], 1, (339, 3, [3]), order=">")
    for channels, name in [(3, "rgb"), (4, "rgba")]:
        data = picture(17, 13, channels, 65535)
        more = [(338, 3, [2])] if channels == 4 else []
        tiff(f"{name}-16bit.tif", 17, 13, data.astype("<u2").tobytes(), [16] * channels, 2, *more)
        tiff(f"{name}-16bit-be.tif", 17, 13, data.astype(">u2").tobytes(), [16] * channels, 2,
             *more, order=">")
    white = lambda depth: packed(random.integers(0, 1 << depth, (13, 17)), depth).tobytes()
    for depth in (1, 2, 4, 8):
        tiff(f"white-is-zero-{depth}bit.tif", 17, 13, white(depth), [depth], 0)
    for depth in (2, 4):
        tiff(f"grey-{depth}bit.tif", 17, 13, white(depth), [depth], 1)
    colours = random.integers(0, 65536, 48).tolist()
    tiff("palette-4bit.tif", 17, 13, white(4), [4], 3, (320, 3, colours))
    tiff("premultiplied.tif", 17, 13, picture(17, 13, 4).tobytes(), [8] * 4, 2, (338, 3, [1]))
    tiff("rgbx.tif", 17, 13, picture(17, 13, 4).tobytes(), [8] * 4, 2, (338, 3, [0]))
    planes = [plane.tobytes() for plane in np.moveaxis(picture(17, 13), -1, 0)]
    tiff("planar.tif", 17, 13, planes, [8, 8, 8], 2, (284, 3, [2]))


# --- PNM ----------------------------------------------------------------------------------------

def pnms():
    words = lambda levels: b" ".join(str(level).encode() for level in levels.ravel())
    bits = random.integers(0, 2, (13, 17))
    write("plain.pbm", b"P1\n# a comment\n17 13\n" + words(bits))
    write("dense.pbm", b"P1 17 13\n" + words(bits).replace(b" ", b""))
    write("raw.pbm", b"P4 17 13\n" + packed(bits, 1).tobytes())
    for most in (1, 2, 6, 15, 100, 254, 255, 256, 1000, 65535):
        kind = np.uint8 if most < 256 else ">u2"
        for name, channels, plain, raw in (("pgm", 1, b"P2", b"P5"), ("ppm", 3, b"P3", b"P6")):
            levels = random.integers(0, most + 1, (13, 17, channels))
            levels[::2] //= max(1, most // 300)  # below where Pillow clips deep grey
            start = f" 17 # wide\n13\n{most}\n".encode()
            write(f"plain-{most}.{name}", plain + start + words(levels) + b"\n")
            write(f"raw-{most}.{name}", raw + start + levels.astype(kind).tobytes())


# --- orientation --------------------------------------------------------------------------------

def turned():
    for orientation in range(1, 10):
        exif = Image.Exif()
        exif[0x0112] = orientation
        save(f"turned-{orientation}.jpg", rgb(9, 5), exif=exif, quality=95)
    exif = Image.Exif()
    exif.endian = ">"
    exif[0x0112] = 6
    save("turned.png", rgb(9, 5), exif=exif)
    save("turned.webp", rgb(9, 5), exif=exif, lossless=True)
    save("turned.tif", rgb(9, 5), exif=exif)
    xmp = b'<x:xmpmeta><rdf:Description tiff:Orientation="8"/></x:xmpmeta>'
    save("turned-xmp.jpg", rgb(9, 5), xmp=xmp)


# --- what is not whole --------------------------------------------------------------------------

def nearly_whole():
    """Files as cameras, downloads and other programs leave them, and what libjpeg makes of JPEGs whose
    data ends early."""
    plain = files.saved(rgb(40, 35), "jpeg")
    restarts = files.saved(rgb(40, 35), "jpeg", restart_marker_blocks=2)
    for name, content in [("", plain), ("-restarts", restarts)]:
        at = len(content) * 9 // 10
        write(f"data-ends-early{name}.jpg", content[:at] + b"\xff\xd9")
    write("bytes-before-end.jpg", plain[:-2] + bytes(range(200)) + plain[-2:])
    write("bytes-after-end.jpg", plain + plain[:300])
    found, rest = files.segments(plain)
    write("bytes-between.jpg", b"\xff\xd8" + b"\0\x10".join(one for _, one in found) + b"\xff\xff" + rest)
    for name, factors, width in [("420", (0x22, 0x11, 0x11, 0x22), 40), ("422", (0x21, 0x11, 0x11, 0x21), 48),
                                 ("440", (0x12, 0x11, 0x11, 0x12), 48), ("k-coarse", (0x21, 0x21, 0x21, 0x11), 56)]:
        blocks = files.saved(Image.fromarray(picture(width, 8, 4), "CMYK"), "jpeg")
        blocks = files.resampled(blocks, ((32 if name == "440" else 17), 13), factors)
        write(f"cmyk-{name}.jpg", blocks)
        write(f"ycck-{name}.jpg", files.set_adobe_transform(blocks, 2))
    palette = files.saved(rgb().quantize(9), "bmp")
    write("pixels-said-in-palette.bmp", palette[:10] + struct.pack("<I", 54) + palette[14:])
    write("no-end.png", files.saved(rgb(), "png")[:-12])
    short = [bytes([5, 1, 0, 0, 3, 2, 0, 0, 17, 3, 0, 1])]
    bmp("rle8-short-rows.bmp", 17, 3, 8, short, 1, palette=random.integers(0, 256, 64).astype(np.uint8).tobytes(), colours=16)
    cmyk = Image.fromarray(picture(17, 13, 4), "CMYK")
    save("cmyk-jpeg.tif", cmyk, compression="jpeg")
    loop = bytearray(files.saved(rgb(), "tiff"))
    at = struct.unpack("<I", loop[4:8])[0]
    next_at = at + 2 + 12 * struct.unpack("<H", loop[at:at + 2])[0]
    loop[next_at:next_at + 4] = loop[4:8]
    write("directory-loop.tif", bytes(loop))
    clear = picture(17, 13, 4)
    clear[::2, ::3, 3] = 0
    tiff("premultiplied-clear.tif", 17, 13, clear.tobytes(), [8] * 4, 2, (338, 3, [1]))
    tiff("predictor-raw.tif", 17, 13, picture(17, 13).tobytes(), [8] * 3, 2, (317, 3, [2]))
    steps = np.diff(clear, axis=1, prepend=np.zeros_like(clear[:, :1])).tobytes()
    tiff("rgbx-predictor.tif", 17, 13, zlib.compress(steps), [8] * 4, 2, (317, 3, [2]), (338, 3, [0]), compression=8)
    for width, height in [(1, 1), (70, 9), (2600, 3)]:
        bits = random.integers(0, 60, (height, width)) < 9
        save(f"bit-g4-{width}x{height}.tif", Image.fromarray(bits), compression="group4")


# --- what Pillow makes of them ------------------------------------------------------------------

def expected():
    tensors = {}
    for path in sorted(OUT.iterdir()):
        try:
            plain = np.asarray(Image.open(path).convert("RGB"))
            turned = np.asarray(ImageOps.exif_transpose(Image.open(path)).convert("RGB"))
        except Exception as error:
            print(f"{path.name}: {error}", file=sys.stderr)
            path.unlink()
            continue
        tensors[path.name] = plain
        if plain.shape != turned.shape or (plain != turned).any():
            tensors[f"{path.name}.exif"] = turned
    tensors = {name: np.ascontiguousarray(t) for name, t in tensors.items()}
    save_file(tensors, OUT / "expected.safetensors")


def more():
    sizes = [*itertools.product([1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33], repeat=2), (150, 97)]
    samplings = [0, 1, 2, "4:4:0", "4:1:1"]
    for (width, height), sampling in itertools.product(sizes, samplings):
        for quality in (30, 60, 75, 90, 95, 100):
            kind = f"{sampling}-{width}x{height}-{quality}".replace(":", "")
            jpeg(f"{kind}.jpg", rgb(width, height), sampling, quality=quality)
        jpeg(f"{kind}-p.jpg", rgb(width, height), sampling, quality=70, progressive=isinstance(sampling, int))
        if isinstance(sampling, int):
            jpeg(f"{kind}-r.jpg", rgb(width, height), sampling, restart_marker_blocks=3)
    for width, height in sizes:
        save(f"{width}x{height}.webp", rgb(width, height), quality=int(random.integers(1, 100)))
        save(f"{width}x{height}-a.webp", rgba(width, height), quality=int(random.integers(1, 100)))
        save(f"{width}x{height}-l.webp", rgba(width, height), lossless=True)
        save(f"{width}x{height}-grey.jpg", grey(width, height), quality=int(random.integers(1, 100)))
        cmyk = Image.fromarray(picture(width, height, 4), "CMYK")
        save(f"{width}x{height}-cmyk.jpg", cmyk, quality=int(random.integers(1, 100)))


def main():
    global OUT
    if sys.argv[1:2] == ["--more"]:
        OUT = pathlib.Path(sys.argv[2])
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    if sys.argv[1:2] == ["--more"]:
        more()
    for part in (jpegs, pngs, gifs, bmps, webps, tiffs, turned, pnms, nearly_whole):
        part()
    expected()


if __name__ == "__main__":
    main()

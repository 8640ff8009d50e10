"""Files of other formats, files that are no images, and files whose names say something else."""

import gzip
import io
import struct
import zipfile

from image_files import saved

from . import Odd, image

NO_IMAGE = "expected an image, got"


def others():
    """Formats that Pillow or other programs read, and that are named when they are refused."""
    rgb = image("RGB", "other", 32, 24)
    for kind, ending, name in [("JPEG2000", "jp2", "JPEG 2000"), ("ICO", "ico", "ICO"), ("AVIF", "avif", "AVIF"),
                               ("TGA", "tga", ""), ("PCX", "pcx", "PCX"), ("DDS", "dds", "DDS"), ("SGI", "sgi", "SGI"),
                               ("EPS", "eps", "EPS|PostScript"), ("ICNS", "icns", "ICNS"), ("PDF", "pdf", "PDF"), ("QOI", "qoi", "QOI"),
                               ("IM", "im", ""), ("SPIDER", "spi", "")]:
        picture = image("F", "spider") if kind == "SPIDER" else rgb
        yield Odd(f"other.{ending}", saved(picture, kind), name or NO_IMAGE)
    yield Odd("codestream.j2k", saved(rgb, "JPEG2000", no_jp2=True), "JPEG 2000")
    box = lambda brand, size=24: struct.pack(">I", size) + b"ftyp" + brand + bytes(4) + b"mif1" + brand
    for brand, ending, name in [(b"heic", "heic", "HEIC"), (b"heix", "heic", "HEIC"), (b"hevc", "heics", "HEI"), (b"mif1", "heif", "HEIF"),
                                (b"msf1", "heif", "HEIF"), (b"avis", "avif", "AVIF"), (b"crx ", "cr3", "CR3")]:
        yield Odd(f"box-{brand.decode().strip()}.{ending}", box(brand) + bytes(200), name)
    yield Odd("movie.mp4", box(b"isom") + bytes(200), NO_IMAGE)
    for name, start, said in [("a.psd", b"8BPS\0\1" + bytes(40), "PSD"), ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
                              ("b.svg", b"<?xml version='1.0'?>\n<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
                              ("a.jxl", b"\xff\x0a" + bytes(40), "JPEG XL"), ("b.jxl", b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(40), "JPEG XL"),
                              ("a.exr", b"\x76\x2f\x31\x01\x02\0\0\0" + bytes(40), "OpenEXR"), ("a.hdr", b"#?RADIANCE\n" + bytes(40), "Radiance"),
                              ("a.pam", b"P7\nWIDTH 3\nHEIGHT 1\nDEPTH 1\nMAXVAL 255\nENDHDR\nabc", "PAM"),
                              ("a.pfm", b"Pf\n1 1\n-1.0\n" + bytes(4), "PFM"), ("a.cur", b"\0\0\2\0\1\0" + bytes(40), "CUR"),
                              ("a.xbm", b"#define x_width 8\n#define x_height 1\nstatic char x_bits[] = {0x1};", NO_IMAGE)]:
        yield Odd(name, start, said)


def no_images():
    yield Odd("empty.jpg", b"", "empty|0 bytes")
    yield Odd("empty.png", b"", "empty|0 bytes")
    for size in (1, 2, 3):
        yield Odd(f"first-{size}.jpg", b"\xff\xd8\xff"[:size], NO_IMAGE + "|ends|end of")
    yield Odd("zeros.jpg", bytes(5000), NO_IMAGE)
    yield Odd("page.jpg", b"<!DOCTYPE html><html><body>404</body></html>", NO_IMAGE)
    yield Odd("text.png", b"hello, this is a text and no image at all\n", NO_IMAGE)
    yield Odd("json.jpg", b'{"error": "not found"}', NO_IMAGE)
    yield Odd("pointer.jpg", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 12\n", "LFS")
    yield Odd("gzip.png", gzip.compress(saved(image("RGB", "zip"), "png"), mtime=0), NO_IMAGE)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(zipfile.ZipInfo("a.png"), saved(image("RGB", "zip"), "png"))
    yield Odd("zip.jpg", file.getvalue(), NO_IMAGE)
    yield Odd("BMW.bmp", b"BMW and Audi are cars, and this is a text about them that is long enough.", NO_IMAGE + "|header")


def misnamed():
    rgb = image("RGB", "misnamed")
    kinds = [("jpeg", "jpg"), ("png", "png"), ("gif", "gif"), ("bmp", "bmp"), ("webp", "webp"), ("tiff", "tif"), ("ppm", "ppm")]
    for i, (kind, _) in enumerate(kinds):
        for other in (kinds[(i + 1) % 7][1], kinds[(i + 3) % 7][1], kinds[i][1].upper()):
            yield Odd(f"{kind}-as.{other}", saved(rgb, kind))
    yield Odd("jpeg-without-ending", saved(rgb, "jpeg"))
    yield Odd("avif-as.jpg", saved(rgb, "AVIF"), "AVIF")
    yield Odd("jp2-as.png", saved(rgb, "JPEG2000"), "JPEG 2000")


def files():
    yield from others()
    yield from no_images()
    yield from misnamed()

"""Image files by hand, as bytes: for what Pillow does not write."""

import io
import struct
import zlib

import numpy as np
from PIL import Image


# --- JPEG ---------------------------------------------------------------------------------------

def saved(image, kind, **options):
    """The bytes that Pillow writes."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def tall(image, **options):
    """4:4:0: a 4:2:2 file of the transposed size has the same blocks per unit."""
    return refactor(image, 0x12, 1, **options)


def wide(image, **options):
    """4:1:1 has four luma blocks per unit, as 4:2:0."""
    return refactor(image, 0x41, 2, **options)


def refactor(image, factors, subsampling, **options):
    """Encodes with as many luma blocks per unit, and enough units; then says they lie otherwise."""
    across, down = factors >> 4, factors & 15
    units = -(-image.width // (8 * across)), -(-image.height // (8 * down))
    before = {1: (16, 8), 2: (16, 16)}[subsampling]
    laid = image.resize((units[0] * before[0], units[1] * before[1]), Image.Resampling.BILINEAR)
    content = bytearray(saved(laid, "jpeg", subsampling=subsampling, **options))
    at = content.index(b"\xff\xc0")
    content[at + 5:at + 9] = struct.pack(">HH", image.height, image.width)
    content[at + 11] = factors
    return bytes(content)


def set_adobe_transform(content, transform):
    at = content.index(b"Adobe")
    return content[:at + 11] + bytes([transform]) + content[at + 12:]


def resampled(content, size, factors):
    """A JPEG whose blocks are said to lie otherwise: its size, and each component's sampling."""
    content = bytearray(content)
    at = content.index(b"\xff\xc0")
    content[at + 5:at + 9] = struct.pack(">HH", size[1], size[0])
    content[at + 11:at + 11 + 3 * len(factors):3] = bytes(factors)
    return bytes(content)


def segments(content):
    """The marker segments before the first scan, as (marker, bytes with marker and length), and the rest."""
    at, found = 2, []
    while content[at + 1] != 0xDA:
        end = at + 2 + struct.unpack(">H", content[at + 2:at + 4])[0]
        found.append((content[at + 1], content[at:end]))
        at = end
    return found, content[at:]


def joined(found, rest):
    return b"\xff\xd8" + b"".join(segment for _, segment in found) + rest


# --- PNG ----------------------------------------------------------------------------------------

def chunk(tag, body):
    crc = zlib.crc32(tag + body)
    return struct.pack(">I", len(body)) + tag + body + struct.pack(">I", crc)


def packed(levels, depth):
    """Rows of `depth`-bit numbers, padded to whole bytes."""
    bits = np.unpackbits(levels.astype(np.uint8)[..., None], axis=-1)[..., 8 - depth:]
    return np.packbits(bits.reshape(len(levels), -1), axis=-1)


def png(width, height, depth, kind, rows, *chunks, interlace=0, data=None):
    """`rows`: packed bytes, one item per row. `data`: the unfolded stream, if it is another."""
    header = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, interlace)
    data = zlib.compress(b"".join(b"\0" + bytes(row) for row in rows) if data is None else data)
    parts = [chunk(b"IHDR", header), *(chunk(*c) for c in chunks), chunk(b"IDAT", data)]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts) + chunk(b"IEND", b"")


def adam7(levels, depth):
    """The stream of an interlaced PNG: `levels` [height, width, samples] of up to 8 bits."""
    out = b""
    for x, y, across, down in [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4),
                               (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]:
        part = levels[y::down, x::across]
        if part.size:
            rows = packed(part.reshape(len(part), -1), depth)
            out += b"".join(b"\0" + row.tobytes() for row in rows)
    return out


# --- GIF, BMP -----------------------------------------------------------------------------------

def gif_block(data):
    """LZW data without compression: a clear code before the table grows."""
    bits, size = [], 9
    for i, value in enumerate(data):
        if i % 100 == 0:
            bits.append(256)
        bits.append(value)
    number = sum(code << (size * i) for i, code in enumerate([*bits, 257]))
    raw = number.to_bytes((size * (len(bits) + 1) + 7) // 8, "little")
    parts = [raw[i:i + 255] for i in range(0, len(raw), 255)]
    return b"\x08" + b"".join(bytes([len(p)]) + p for p in parts) + b"\0"


def gif(numbers, canvas, box, colours=None, local=None, transparent=None, background=0, interlace=0):
    """One frame somewhere on its canvas. `numbers`: of the palette's colours, width * height."""
    def table(colours):
        return b"" if colours is None else bytes(colours)
    flags = 0x80 | 7 if colours is not None else 0
    out = b"GIF89a" + struct.pack("<HHBBB", *canvas, flags, background, 0) + table(colours)
    if transparent is not None:
        out += bytes([0x21, 0xF9, 4, 1, 0, 0, transparent, 0])
    x, y, width, height = box
    flags = (0x80 | 7 if local is not None else 0) | (0x40 if interlace else 0)
    out += b"," + struct.pack("<HHHHB", x, y, width, height, flags) + table(local)
    return out + gif_block(numbers) + b";"


def padded(row):
    return bytes(row) + b"\0" * (-len(bytes(row)) % 4)


def bmp(width, height, bits, rows, compression=0, palette=b"", masks=b"", header=40, colours=0):
    body = b"".join(rows)
    info = struct.pack("<IiiHHIIiiII", header, width, height, 1, bits, compression, len(body),
                       2835, 2835, colours, 0) + masks
    offset = 14 + len(info) + len(palette)
    start = b"BM" + struct.pack("<IHHI", offset + len(body), 0, 0, offset)
    return start + info + palette + body


# --- TIFF ---------------------------------------------------------------------------------------

def tiff(width, height, strips, bits, photometric, *more, order="<", compression=1, rows=None):
    """Uncompressed but where `strips`, bytes or a list of them, is what `compression` says. `more`:
    (tag, type, values), in place of the usual ones."""
    kinds = {1: ("B", 1), 3: ("H", 1), 4: ("I", 1), 5: ("I", 2), 7: ("B", 1)}
    strips = [strips] if isinstance(strips, bytes) else strips
    data, offsets = b"", []
    for strip in strips:
        offsets.append(8 + len(data))
        data += strip + b"\0" * (len(strip) % 2)
    tags = {256: (4, [width]), 257: (4, [height]), 258: (3, bits), 259: (3, [compression]),
            262: (3, [photometric]), 273: (4, offsets), 277: (3, [len(bits)]),
            278: (4, [rows or height]), 279: (4, [len(strip) for strip in strips])}
    tags |= {tag: (kind, values) for tag, kind, values in more}
    at = 8 + len(data)
    entries, extra, after = b"", b"", at + 2 + 12 * len(tags) + 4
    for tag, (kind, values) in sorted(tags.items()):
        letter, each = kinds[kind]
        body = struct.pack(f"{order}{len(values)}{letter}", *values)
        if len(body) > 4:
            place, body = struct.pack(order + "I", after + len(extra)), body + b"\0" * (len(body) % 2)
            extra += body
        else:
            place = body.ljust(4, b"\0")
        entries += struct.pack(order + "HHI", tag, kind, len(values) // each) + place
    start = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", at)
    return start + data + struct.pack(order + "H", len(tags)) + entries + b"\0" * 4 + extra

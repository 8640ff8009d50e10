"""Odd GIFs."""

from image_files import gif, saved
from PIL import Image

from . import DAMAGE, Odd, cut, image, levels, numbers, trailed


def drawn(name, canvas, box, *rest, **more):
    return gif(numbers(name, 200, box[2], box[3]).ravel().tolist(), canvas, box, *rest, **more)


def frames():
    colours = levels("colours", 256, 1).tobytes()
    whole = (17, 13), (0, 0, 17, 13)
    yield Odd("whole.gif", drawn("w", *whole, colours))
    yield Odd("interlaced.gif", drawn("i", *whole, colours, interlace=1))
    yield Odd("local.gif", drawn("l", *whole, None, colours))
    yield Odd("both.gif", drawn("b", *whole, colours, colours[::-1]))
    yield Odd("transparent.gif", drawn("t", *whole, colours, transparent=3))
    yield Odd("inside.gif", drawn("in", (17, 13), (3, 2, 9, 7), colours, background=5))
    yield Odd("inside-transparent.gif", drawn("in", (17, 13), (3, 2, 9, 7), colours, transparent=9, background=5))
    yield Odd("inside-transparent-local.gif", drawn("in", (17, 13), (3, 2, 9, 7), colours, colours[::-1], transparent=9))
    yield Odd("outside.gif", drawn("out", (12, 9), (6, 5, 9, 7), colours))
    yield Odd("beside.gif", drawn("out", (4, 4), (6, 5, 9, 7), colours))
    yield Odd("no-palette.gif", drawn("np", *whole), "no color table")
    yield Odd("canvas-0.gif", drawn("zero", (0, 0), (0, 0, 17, 13), colours))
    yield Odd("version-87a.gif", drawn("v", *whole, colours).replace(b"GIF89a", b"GIF87a"))
    yield Odd("version-88a.gif", drawn("v", *whole, colours).replace(b"GIF89a", b"GIF88a"), DAMAGE + "|version")
    comment = b"!\xfe\x05hello\0"
    plain = drawn("c", *whole, colours)
    yield Odd("comment.gif", plain[:13 + 768] + comment + plain[13 + 768:])
    yield Odd("text.gif", plain[:13 + 768] + b"!\x01\x0c" + bytes(12) + b"\x01a\0" + plain[13 + 768:])
    yield Odd("no-frame.gif", plain[:13 + 768] + b";", DAMAGE + "|frame")
    yield Odd("no-trailer.gif", plain[:-1], None, True)
    yield Odd("frame-0x0.gif", drawn("z", (17, 13), (0, 0, 0, 0), colours), DAMAGE + "|frame|empty")
    at = plain.index(b"\x08", 13 + 768 + 10)
    for name, bits in [("12", b"\x0c"), ("0", b"\0"), ("1", b"\1")]:
        yield Odd(f"lzw-{name}.gif", plain[:at] + bits + plain[at + 1:], DAMAGE + "|code")
    yield Odd("spoiled.gif", plain[:-40] + b"\xff" * 9 + plain[-31:], DAMAGE + "|code")


def by_pillow():
    for mode in ("1", "L", "P", "RGB", "RGBA"):
        yield Odd(f"mode-{mode}.gif", saved(image(mode, f"gif {mode}"), "gif"))
    for width, height in [(1, 1), (1, 300), (300, 1), (5000, 2)]:
        yield Odd(f"{width}x{height}.gif", saved(image("P", "size", width, height), "gif"))
    for colours in (2, 3, 5, 128, 256):
        yield Odd(f"colours-{colours}.gif", saved(image("RGB", "c").quantize(colours), "gif"))
    more = [image("P", f"frame {i}") for i in range(3)]
    for disposal in (0, 1, 2, 3):
        content = saved(more[0], "gif", save_all=True, append_images=more[1:], disposal=disposal, loop=0)
        yield Odd(f"animated-{disposal}.gif", content)
    yield Odd("transparency.gif", saved(image("RGB", "t").quantize(9), "gif", transparency=3))


def files():
    yield from frames()
    yield from by_pillow()
    plain = saved(image("P", "plain", 24, 24), "gif")
    yield from cut("palette", "gif", plain)
    yield from trailed("palette", "gif", plain)

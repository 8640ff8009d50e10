#!/usr/bin/env python3
"""Writes fixtures/resize13.safetensors: images and what Pillow 13 makes of them, where it resizes along
the columns first and where it does not.

    python3 -m venv /tmp/pillow-venv
    /tmp/pillow-venv/bin/pip install "pillow>=13" numpy safetensors
    /tmp/pillow-venv/bin/python tools/make-pillow13-fixture.py

Tensors: N.input (HWC, u8), N.pil13-bilinear, N.pil13-bicubic. Made with Pillow 13.0.0.
"""

import numpy as np
from PIL import Image
from safetensors.numpy import save_file

# Width and height, and what they become: far from the line between the two orders, and on it.
SIZES = [
    ((20, 60), (8, 8)), ((60, 20), (8, 8)), ((13, 30), (10, 24)), ((13, 31), (10, 24)),
    ((9, 12), (20, 10)), ((9, 10), (20, 10)), ((12, 30), (30, 40)),
]  # fmt: skip


def main():
    tensors = {}
    for number, ((width, height), size) in enumerate(SIZES):
        i = np.arange(height * width * 3, dtype=np.int64)
        pixels = ((7919 * i) % 251).astype(np.uint8).reshape(height, width, 3)
        tensors[f"{number}.input"] = pixels
        for name, filter in (("bilinear", Image.BILINEAR), ("bicubic", Image.BICUBIC)):
            tensors[f"{number}.pil13-{name}"] = np.asarray(Image.fromarray(pixels).resize(size, filter))
    save_file(tensors, "fixtures/resize13.safetensors")


if __name__ == "__main__":
    main()

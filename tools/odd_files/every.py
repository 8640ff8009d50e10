"""All odd files."""

import importlib

FAMILIES = ["jpeg", "png", "gif", "bmp", "webp", "tiff", "pnm", "strangers"]


def every():
    """(family, file)."""
    for family in FAMILIES:
        for odd in importlib.import_module(f"odd_files.{family}").files():
            yield family, odd

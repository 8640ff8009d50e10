"""Pixels as Pillow decodes them, and as the program does."""

import subprocess
import warnings

import numpy as np
from PIL import Image


def by_pillow(path):
    """Pixels [height, width, 3], or why there are none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return np.asarray(Image.open(path).convert("RGB"))
    except Exception as error:  # noqa: BLE001 (Pillow's decoders raise anything)
        return f"{type(error).__name__}: {error}"


def by_provpt(decode, paths, folder):
    """Pixels or the reason, for each file, from the example `decode` of provpt-image."""
    (folder / "list.txt").write_text("".join(f"{path}\n" for path in paths))
    subprocess.run([decode, folder / "list.txt", folder], check=True)

    def read(index, path):
        refused = folder / f"{index}.txt"
        if refused.exists():
            return refused.read_text().removeprefix(f"{path}: ")
        return np.asarray(Image.open(folder / f"{index}.ppm"))

    return [read(index, path) for index, path in enumerate(paths)]


def apart(ours, theirs):
    """How two images differ, or nothing."""
    if ours.shape != theirs.shape:
        return f"{ours.shape[1]}x{ours.shape[0]} pixels for {theirs.shape[1]}x{theirs.shape[0]}"
    most = int(np.abs(ours.astype(int) - theirs).max())
    return f"{most} levels" if most else None

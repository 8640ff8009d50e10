#!/usr/bin/env python3
"""Writes fixtures/weights/: arrays and tensors as NumPy and PyTorch store them, the odd kinds
included, and expected.json with every value they hold.

    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install numpy torch
    /tmp/venv/bin/python tools/make-checkpoint-fixture.py

Made with numpy 2.4.6 and torch 2.15.0. The files of PyTorch differ from run to run in a few bytes
(serialization ids), not in what they hold.
"""

import argparse
import collections
import json
import pathlib

import numpy as np
import torch

OUT = pathlib.Path(__file__).resolve().parent.parent / "fixtures" / "weights"


def told(value):
    """Shape and values, in C order."""
    value = np.asarray(value, dtype=np.float64)
    return {"shape": list(value.shape), "values": value.ravel().tolist()}


def npz():
    base = (np.arange(24).reshape(2, 3, 4) - 7.5) / 4
    bf16 = base.astype("<f4").view("<u4") >> 16
    floats = {
        "f2": base.astype("<f2"),
        "f4": base.astype("<f4"),
        "f8": base.astype("<f8"),
        "big/f2": base.astype(">f2"),
        "big/f4": base.astype(">f4"),
        "big/f8": base.astype(">f8"),
        "fortran/f4": np.asfortranarray(base.astype("<f4")),
        "fortran/big": np.asfortranarray(base.astype(">f8")),
        "fortran/column": np.asfortranarray(base[0].astype("<f4")),
        "bf16": bf16.astype("<u2").view("V2"),
        "scalar": np.float32(1.5),
        "empty": np.zeros((0, 3), "<f4"),
        "one/two ä": np.float32([-0.0, np.float32(1e-45)]),
    }
    others = {
        "i8": np.arange(3, dtype="<i8"),
        "int8": np.arange(3, dtype="i1"),
        "bool": np.array([True, False]),
        "complex": np.array([1 + 2j]),
        "text": np.array(["a", "bc"]),
    }
    np.savez(OUT / "arrays.npz", **floats, **others)
    np.savez_compressed(OUT / "arrays.deflated.npz", **floats, **others)
    values = {name: told(base if name == "bf16" else value) for name, value in floats.items()}
    # Its bits, shown as a float, are those of base: exact in bf16.
    assert (bf16.astype("<u4") << 16).view("<f4").tolist() == base.astype("<f4").tolist()
    return {"tensors": values, "skipped": sorted(others)}


def state():
    base = (torch.arange(24, dtype=torch.float32) - 7.5) / 4
    square = base.reshape(4, 6)
    tied = torch.tensor([[0.25, -3.0]])
    floats = collections.OrderedDict(
        f32=square,
        f64=square.double(),
        f16=square.half(),
        bf16=square.bfloat16(),
        first=base[:5],
        second=base[5:11].view(2, 3),
        transposed=square.t(),
        columns=square[:, 1::2],
        last=square[-1],
        corner=square[1:3, 4],
        half_view=square.half()[1:, ::3],
        expanded=torch.tensor([1.0, 2.0]).expand(3, 2),
        tied=tied,
        again=tied,
        scalar=torch.tensor(-1.25),
        empty=torch.zeros(0, 3),
        parameter=torch.nn.Parameter(square + 1),
        permuted=torch.arange(24, dtype=torch.float32).reshape(2, 3, 4).permute(2, 0, 1),
    )
    others = collections.OrderedDict(
        steps=torch.tensor(1000), mask=torch.tensor([True, False]), bytes=base.to(torch.uint8)
    )
    return floats, others


def pth(name, legacy=False, protocol=2, extra=None):
    floats, others = state()
    both = collections.OrderedDict({**floats, **others, **(extra or {})})
    both._metadata = {"": {"version": 1}}
    model = torch.nn.Linear(2, 2)
    optimizer = torch.optim.AdamW(model.parameters())
    model(torch.ones(1, 2)).sum().backward()
    optimizer.step()
    content = {
        "epoch": 3,
        "best": np.float64(0.5),
        "seed": 2**70,
        "history": [0.1, 0.2, {"loss": None}],
        "args": argparse.Namespace(lr=0.1, output=pathlib.PurePosixPath("out").name),
        "optimizer": optimizer.state_dict(),
        "state_dict": both,
    }
    path = OUT / name
    torch.save(
        content, path, pickle_protocol=protocol, _use_new_zipfile_serialization=not legacy
    )
    skipped = sorted(f"state_dict.{key}" for key in {**others, **(extra or {})})
    skipped += sorted(
        f"optimizer.state.{i}.{key}"
        for i, entry in optimizer.state_dict()["state"].items()
        for key, value in entry.items()
        if torch.is_tensor(value)
    )
    values = {key: told(value.detach().double().numpy()) for key, value in floats.items()}
    return {"tensors": values, "skipped": sorted(skipped)}


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    arrays = npz()
    u16 = {"u16": torch.tensor([1, 2], dtype=torch.uint16)}
    expected = {
        "arrays.npz": arrays,
        "arrays.deflated.npz": arrays,
        "tensors.pth": pth("tensors.pth", extra=u16),
        "tensors.protocol4.pth": pth("tensors.protocol4.pth", protocol=4, extra=u16),
        "tensors.legacy.pth.tar": pth("tensors.legacy.pth.tar", legacy=True),
    }
    torch.serialization.set_crc32_options(False)
    expected["tensors.unsummed.pth"] = pth("tensors.unsummed.pth")
    (OUT / "expected.json").write_text(json.dumps(expected, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()

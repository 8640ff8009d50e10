#!/usr/bin/env python3
"""Writes fixtures/backbones/alexnet/: the side network of fixtures/transfer/step.vit.side.safetensors
as torchvision publishes AlexNet, with a classifier (which is to be ignored) of a few numbers.

    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install numpy torch safetensors
    /tmp/venv/bin/python tools/make-alexnet-fixture.py

Made with torch 2.15.0. The files differ from run to run in a few bytes (serialization ids), not in
what they hold.
"""

import collections
import pathlib

import torch
from safetensors.torch import load_file, save_file

FIXTURES = pathlib.Path(__file__).resolve().parent.parent / "fixtures"
OUT = FIXTURES / "backbones" / "alexnet"


def main():
    OUT.mkdir(exist_ok=True)
    golden = load_file(FIXTURES / "transfer" / "step.vit.side.safetensors")
    state = collections.OrderedDict()
    for layer in (0, 3, 6, 8, 10):
        for part in ("weight", "bias"):
            name = f"features.{layer}.{part}"
            state[name] = golden[f"side.{name}"].clone()
    state["classifier.6.bias"] = torch.arange(3.0)
    torch.save(state, OUT / "alexnet-owt-7be5be79.pth")
    wrapped = {"state_dict": {f"module.{name}": value for name, value in state.items()}}
    torch.save(wrapped, OUT / "trained.pth.tar", _use_new_zipfile_serialization=False)
    # What is no AlexNet, and what is one no more.
    save_file({"features.0.weight": torch.zeros(4, 3, 3, 3)}, OUT / "vgg.safetensors")
    del state["features.6.bias"]
    save_file(dict(state), OUT / "lacking.safetensors")


if __name__ == "__main__":
    main()

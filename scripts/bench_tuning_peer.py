"""The other side of bench-tuning: the same training steps in PyTorch.

    bench_tuning_peer.py FOLDER N      writes N random images as folders of classes
    bench_tuning_peer.py               trains as the JSON object on standard input says

The object holds `threads`, `rates` (one per step), `backbone` (an .npz), `images` (a folder of class
folders), `start` and `ours` (learned arrays of two runs, safetensors under timm's names: one that did
not move, one that did). Answers with an object: `milliseconds` of each step, `peak` and `libraries`
(bytes resident at most, and after the imports), and how far `ours` is from what came out: `apart` by
array and `together`, both by the norm of what moved here.
"""
import json
import pathlib
import struct
import sys
import time
import zlib

import numpy
import safetensors.torch
import torch
from torch.nn import functional as F

from bench_step_peer import Block, layer_norm, status

SIDE, CLASSES = 224, 4


class Network(torch.nn.Module):
    """A plain vision transformer (Dosovitskiy et al., ICLR 2021) and a linear head."""

    def __init__(self, arrays, start):
        super().__init__()
        depth = len({name.split("/")[1] for name in arrays if "/encoderblock_" in name})
        self.blocks = [Block(arrays, index) for index in range(depth)]
        kernel = arrays["embedding/kernel"].permute(3, 2, 0, 1).contiguous()
        norm = (arrays[f"Transformer/encoder_norm/{part}"] for part in ("scale", "bias"))
        position = arrays["Transformer/posembed_input/pos_embedding"]
        self.named = {
            "patch_embed.proj.weight": kernel, "patch_embed.proj.bias": arrays["embedding/bias"],
            "cls_token": arrays["cls"], "pos_embed": position,
            **dict(zip(("norm.weight", "norm.bias"), norm)),
            **{name: start[name].clone() for name in ("head.weight", "head.bias")},
        }
        for index, block in enumerate(self.blocks):
            maps = {"attn.qkv": block.qkv, "attn.proj": block.out, "mlp.fc1": block.fc1,
                    "mlp.fc2": block.fc2, "norm1": block.norm1, "norm2": block.norm2}
            for name, pair in maps.items():
                for part, values in zip(("weight", "bias"), pair):
                    self.named[f"blocks.{index}.{name}.{part}"] = values

    def forward(self, images):
        n = self.named
        pair = lambda name: (n[f"{name}.weight"], n[f"{name}.bias"])
        patches = F.conv2d(images, *pair("patch_embed.proj"), stride=n["patch_embed.proj.weight"].shape[-1])
        patches = patches.flatten(2).transpose(1, 2)
        x = torch.cat([n["cls_token"].expand(len(patches), -1, -1), patches], 1) + n["pos_embed"]
        for block in self.blocks:
            x = block.published(x, False)
        return F.linear(layer_norm(x, pair("norm"))[:, 0], *pair("head"))


def train(order):
    libraries = status("VmRSS")
    torch.set_num_threads(order["threads"])
    arrays = {name: torch.from_numpy(a) for name, a in numpy.load(order["backbone"]).items()}
    start = safetensors.torch.load_file(order["start"])
    net = Network(arrays, start)
    learned = {name: net.named[name].requires_grad_() for name in start}
    groups = [[p for name, p in learned.items() if ("bias" in name) == flat] for flat in (True, False)]
    groups = [{"params": groups[0], "weight_decay": 0.0}, {"params": groups[1], "weight_decay": 0.01}]
    optimizer = torch.optim.AdamW(groups, lr=0.0, eps=1e-8)
    images, labels = read(pathlib.Path(order["images"]))
    times = []
    for rate in order["rates"]:
        begin = time.perf_counter()
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.zero_grad()
        F.cross_entropy(net(images), labels).backward()
        optimizer.step()
        times.append(1e3 * (time.perf_counter() - begin))
    # Before the comparison's own arrays.
    memory = {"peak": status("VmHWM"), "libraries": libraries}
    ours = safetensors.torch.load_file(order["ours"])
    return {"milliseconds": times} | memory | compare(learned, ours, start)


def compare(learned, ours, start):
    apart, moved = {}, {}
    for name, values in learned.items():
        pairs = values.detach().reshape(-1), ours[name].reshape(-1), start[name].reshape(-1)
        if name.endswith("qkv.bias"):
            third = len(pairs[0]) // 3
            pairs = tuple(torch.cat([a[:third], a[2 * third:]]) for a in pairs)
        here, there, before = pairs
        apart[name], moved[name] = (here - there).norm().item(), (here - before).norm().item()
    norm = lambda values: sum(v * v for v in values) ** 0.5
    together = norm(apart.values()) / norm(moved.values())
    return {"apart": {name: apart[name] / moved[name] for name in apart}, "together": together}


def read(folder):
    """Normalized images [n, 3, side, side] and their classes."""
    names = sorted(path.name for path in folder.iterdir())
    paths = [(path, names.index(path.parent.name)) for path in sorted(folder.glob("*/*.png"))]
    pixels = [torch.frombuffer(bytearray(unpack(path)), dtype=torch.uint8) for path, _ in paths]
    images = torch.stack(pixels).view(-1, SIDE, SIDE, 3).permute(0, 3, 1, 2)
    return ((images / 255 - 0.5) / 0.5).contiguous(), torch.tensor([label for _, label in paths])


def unpack(path):
    """The pixels of a file that `write` has written."""
    data, at, packed = path.read_bytes(), 8, b""
    while at < len(data):
        (size,), kind = struct.unpack(">I", data[at:at + 4]), data[at + 4:at + 8]
        packed += data[at + 8:at + 8 + size] if kind == b"IDAT" else b""
        at += 12 + size
    rows = zlib.decompress(packed)
    line = 1 + 3 * SIDE
    return b"".join(rows[y * line + 1:(y + 1) * line] for y in range(SIDE))


def write(path, pixels):
    """An RGB PNG without filters."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    head = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 2, 0, 0, 0)
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    parts = chunk(b"IHDR", head), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(parts))


def draw(folder, images):
    draws = numpy.random.default_rng(0)
    for split, count in (("train", images), ("val", CLASSES)):
        for index in range(count):
            pixels = draws.integers(0, 256, (SIDE, SIDE, 3), dtype=numpy.uint8)
            write(folder / split / f"class{index % CLASSES}" / f"{index}.png", pixels)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        draw(pathlib.Path(sys.argv[1]), int(sys.argv[2]))
    else:
        print(json.dumps(train(json.load(sys.stdin))))

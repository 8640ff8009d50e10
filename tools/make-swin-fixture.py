#!/usr/bin/env python3
"""Writes fixtures/backbones/swin/: a tiny Swin in every published file format, and its features.

    python3 -m venv /tmp/weights-venv
    /tmp/weights-venv/bin/pip install torch timm transformers safetensors
    /tmp/weights-venv/bin/python tools/make-swin-fixture.py

Run from the root of the repository; the folder is replaced. Made with PyTorch 2.15.0, timm 1.0.31,
transformers 5.24.0.

Random weights: widths 8 and 16, 2 blocks each, 1 and 2 heads, windows of 2 x 2, images of 32 pixels
(grids of 8 and 4: several windows and shifts in both stages). The two images are those of
make-backbone-fixture.py.

    timm/                     config.json and weights as timm saves them for the hub
    hf/                       the same for transformers
    hf.memory.bin             transformers' weights by the names that they have in memory
    microsoft.pth             as Swin's authors publish it: under `model`, with buffers and a head
    moby.pth                  as MoBY publishes it: an encoder, its momentum encoder, projections
    s3.safetensors, v2.safetensors      models that are refused
    expected.safetensors      features [2, 16] by NAME, from timm and transformers themselves
    registry.json             timm's own shape and preprocessing of every timm name in the table
"""

import json
import pathlib
import re
import shutil

import timm
import torch
import transformers
from safetensors.torch import save_file
from timm.models._hub import save_for_hf
from tiny_models import images, randomize

OUT = pathlib.Path("fixtures/backbones/swin")
TABLE = pathlib.Path("crates/provpt-vit/src/registry/table.rs")
ARGS = dict(img_size=32, window_size=2, embed_dim=8, depths=(2, 2), num_heads=(1, 2))
CONFIG = dict(
    image_size=32, window_size=2, embed_dim=8, depths=[2, 2], num_heads=[1, 2], patch_size=4,
    layer_norm_eps=1e-5,
)  # fmt: skip
expected = {}


def swin(seed, **more):
    name = "swin_tiny_patch4_window7_224"
    return randomize(timm.create_model(name, **{**ARGS, "num_classes": 3, **more}), seed)


def features(model, side=32):
    return model.forward_head(model.forward_features(images(side)), pre_logits=True)


def authors(model):
    """Names and buffers of Swin's authors."""
    names = {}
    for name, value in model.state_dict().items():
        merge = re.match(r"layers\.(\d+)\.downsample\.(.*)", name)
        if merge:
            name = f"layers.{int(merge[1]) - 1}.downsample.{merge[2]}"
        names[name.replace("head.fc.", "head.")] = value
    for name, value in model.named_buffers():
        if value is not None and name.endswith(("relative_position_index", "attn_mask")):
            names[name] = value
    return names


def published():
    model = swin(1)
    expected["microsoft.pth"] = features(model)
    torch.save({"model": authors(model), "epoch": 299, "max_accuracy": 81.2}, OUT / "microsoft.pth")
    model, momentum = swin(2), swin(3)
    expected["moby.pth"] = features(model)
    both = {}
    for prefix, encoder in [("encoder.", model), ("encoder_k.", momentum)]:
        kept = {k: v for k, v in authors(encoder).items() if not k.startswith("head.")}
        both |= {prefix + name: value for name, value in kept.items()}
    both["projector.linear1.weight"] = torch.zeros(4, 16)
    both["queue1"] = torch.zeros(4, 8)
    torch.save({"model": both}, OUT / "moby.pth")


def of_timm():
    model = swin(4)
    args = {key: list(value) if isinstance(value, tuple) else value for key, value in ARGS.items()}
    save_for_hf(model, OUT / "timm", model_args=args, safe_serialization=True)
    expected["timm"] = features(model)
    expected["timm@64"] = features(timm_at(model, 64), 64)
    model = timm.create_model("swin_s3_tiny_224", img_size=64, window_size=(2, 2, 4, 2), embed_dim=8, depths=(1,) * 4, num_heads=(1,) * 4, num_classes=0)  # fmt: skip
    save_file(half(model), OUT / "s3.safetensors")
    model = timm.create_model("swinv2_tiny_window8_256", img_size=32, window_size=2, embed_dim=8, depths=(1, 1), num_heads=(1, 2), num_classes=0)  # fmt: skip
    save_file(half(model), OUT / "v2.safetensors")


def timm_at(model, side):
    """The same weights for images of another size."""
    other = swin(0, img_size=side)
    other.load_state_dict(model.state_dict())
    return other.eval()


def half(model):
    return {name: value.half().contiguous() for name, value in model.state_dict().items()}


def of_transformers():
    model = randomize(transformers.SwinModel(transformers.SwinConfig(**CONFIG)), 5)
    model.save_pretrained(OUT / "hf")
    torch.save(model.state_dict(), OUT / "hf.memory.bin")
    expected["hf"] = model(images(32)).pooler_output


def registry():
    names = re.findall(r'swin\("(swin_[^"]*)"', TABLE.read_text())
    lines = []
    for name in names:
        with torch.device("meta"):
            model = timm.create_model(name, num_classes=0)
        cfg = timm.get_pretrained_cfg(name)
        its = {
            "image_size": cfg.input_size[1], "patch_size": model.patch_embed.patch_size[0],
            "width": model.embed_dim, "features": model.num_features,
            "depths": [len(layer.blocks) for layer in model.layers],
            "heads": [layer.blocks[0].attn.num_heads for layer in model.layers],
            "window": model.layers[0].blocks[0].window_size[0], "eps": model.norm.eps,
            "mean": cfg.mean, "std": cfg.std, "interpolation": cfg.interpolation, "tag": cfg.tag,
            "parameters": sum(p.numel() for p in model.parameters()),
        }  # fmt: skip
        lines.append(f"{json.dumps(name)}: {json.dumps(its)}")
    (OUT / "registry.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    torch.set_num_threads(1)
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir()
    with torch.no_grad():
        published()
        of_timm()
        of_transformers()
    registry()
    save_file({name: value.float().contiguous() for name, value in expected.items()}, OUT / "expected.safetensors")  # fmt: skip

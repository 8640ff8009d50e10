#!/usr/bin/env python3
r"""Writes fixtures/backbones/: tiny backbones in every published file format, and their features.

    python3 -m venv /tmp/weights-venv
    /tmp/weights-venv/bin/pip install torch timm transformers safetensors ml_dtypes
    /tmp/weights-venv/bin/python tools/make-backbone-fixture.py

Run from the root of the repository; fixtures/backbones/ is replaced. Made with Python 3.11, PyTorch
2.15.0, timm 1.0.31, transformers 5.24.0, NumPy 2.4.6.

Random weights: width 8, 2 blocks, 2 heads, MLP 16, images of 12x12 in patches of 4 (the file
that is published for 518 px: patches of 14). Two images, not stored: pixel i of the flat
[2, 3, side, side] is ((7919 * i) mod 251) / 125 - 1.

    NAME                      a checkpoint, written by the library that publishes such files, or
                              by torch.save / numpy.savez under the published names
    refused/NAME              models that timm and transformers build, and this project refuses
    expected.safetensors      features [2, width] by NAME, from timm and transformers themselves
                              (NAME@SIDE where images are of another side than the file's)
    registry.json             timm's own shape and preprocessing of every timm name in the table
"""

import json
import pathlib
import re
import shutil

import ml_dtypes
import numpy as np
import timm
import torch
import transformers
from safetensors.torch import save_file
from timm.models.vision_transformer import _load_weights, checkpoint_filter_fn
from tiny_models import images, randomize

OUT = pathlib.Path("fixtures/backbones")
TABLE = pathlib.Path("crates/provpt-vit/src/registry/table.rs")
TINY = dict(img_size=12, patch_size=4, embed_dim=8, depth=2, num_heads=2, mlp_ratio=2)
TINY_HF = dict(
    hidden_size=8, num_hidden_layers=2, num_attention_heads=2, intermediate_size=16, mlp_ratio=2,
    image_size=12, patch_size=4, layer_norm_eps=1e-6,
)  # fmt: skip

expected = {}


def timm_vit(seed, name="vit_base_patch16_224", **more):
    return randomize(timm.create_model(name, **{**TINY, "num_classes": 3, **more}), seed)


@torch.no_grad()
def features(model, side=12):
    """What timm's model hands to its classifier."""
    return model.forward_head(model.forward_features(images(side)), pre_logits=True)


@torch.no_grad()
def mean_features(model):
    """The published MAE recipe: mean of all tokens but CLS, then fc_norm without affine part."""
    model.norm = torch.nn.Identity()
    mean = model.forward_features(images(12))[:, 1:].mean(1)
    return torch.nn.functional.layer_norm(mean, mean.shape[-1:], eps=1e-6)


def keep(name, values):
    expected[name] = values.detach().float().contiguous()


def torch_save(name, content, **how):
    torch.save(content, OUT / name, **how)


def safe(name, state):
    save_file({k: v.contiguous() for k, v in state.items()}, OUT / name, {"format": "pt"})


def timm_files():
    model = timm_vit(1)
    for name, dtype in [("f16", torch.float16), ("bf16", torch.bfloat16)]:
        state = {k: v.to(dtype) for k, v in model.state_dict().items()}
        safe(f"timm.{name}.safetensors", state)
        rounded = timm_vit(1)
        rounded.load_state_dict({k: v.float() for k, v in state.items()})
        keep(f"timm.{name}.safetensors", features(rounded))
    model = timm_vit(2, global_pool="avg")
    assert "fc_norm.weight" in model.state_dict() and "norm.weight" not in model.state_dict()
    safe("timm.fc_norm.safetensors", model.state_dict())
    keep("timm.fc_norm.safetensors", features(model))


def dinov2():
    # As published: 518 px, a plain state dict, with the token of masked patches.
    name, small = "vit_small_patch14_dinov2", dict(patch_size=14)
    model = timm_vit(3, name, **small, img_size=518, num_classes=0)
    facebook = {"mask_token": torch.zeros(1, 8), **model.state_dict()}
    torch_save("dinov2.facebook.pth", facebook)
    keep("dinov2.facebook.pth", features(model, 518))
    smaller = timm_vit(3, name, **small, img_size=42, num_classes=0)
    smaller.load_state_dict(checkpoint_filter_fn(dict(facebook), smaller))
    keep("dinov2.facebook.pth@42", features(smaller, 42))
    # As its training writes checkpoints: the teacher, blocks in chunks, projection heads.
    model = timm_vit(4, name, depth=3, num_classes=0)
    chunked = lambda k: re.sub(r"^blocks\.(\d+)", lambda m: f"blocks.{int(m[1]) // 2}.{m[1]}", k)
    teacher = {f"backbone.{chunked(k)}": v for k, v in model.state_dict().items()}
    teacher["backbone.mask_token"] = torch.zeros(1, 8)
    teacher["dino_head.mlp.0.weight"] = torch.ones(4, 8)
    torch_save("dinov2.teacher.pth", {"teacher": teacher})
    keep("dinov2.teacher.pth", features(model))


@torch.no_grad()
def hugging_face():
    def saved(name, model, **how):
        folder = OUT / name
        model.save_pretrained(folder, **how)
        for extra in folder.glob("*.json"):
            if not extra.name.endswith(".index.json"):
                extra.unlink()
        return folder

    t = transformers
    model = randomize(t.Dinov2Model(t.Dinov2Config(**TINY_HF)), 5)
    saved("dinov2.hf", model, max_shard_size="6KB")
    assert (OUT / "dinov2.hf/model.safetensors.index.json").exists()
    keep("dinov2.hf", model(images(12)).last_hidden_state[:, 0])
    # A classifier: names with the model's own prefix. transformers 5 keeps other names in memory
    # than in files; people save those with torch.save.
    model = randomize(t.ViTForImageClassification(t.ViTConfig(**TINY_HF, num_labels=3)), 6)
    saved("vit.hf", model)
    torch_save("vit.hf.memory.bin", model.state_dict())
    for name in ["vit.hf", "vit.hf.memory.bin"]:
        keep(name, model.vit(images(12)).last_hidden_state[:, 0])
    # MAE, encoder and decoder, as facebook/vit-mae-base; features: its tokens before the norm.
    config = t.ViTMAEConfig(
        **TINY_HF, mask_ratio=0.0, decoder_hidden_size=8, decoder_num_hidden_layers=1,
        decoder_num_attention_heads=2, decoder_intermediate_size=8,
    )  # fmt: skip
    model = randomize(t.ViTMAEForPreTraining(config), 7)
    saved("mae.hf", model)
    model.vit.layernorm = torch.nn.Identity()
    mean = model.vit(images(12), noise=torch.arange(9).repeat(2, 1).float())
    mean = mean.last_hidden_state[:, 1:].mean(1)
    keep("mae.hf", torch.nn.functional.layer_norm(mean, mean.shape[-1:], eps=1e-6))


def mae_and_moco():
    # MAE's pretraining checkpoint: {'model': encoder with norm, decoder, mask_token}, optimizer.
    model = timm_vit(8, num_classes=0)
    decoder = {
        "mask_token": torch.zeros(1, 1, 8), "decoder_pos_embed": torch.zeros(1, 10, 8),
        "decoder_embed.weight": torch.zeros(8, 8), "decoder_embed.bias": torch.zeros(8),
        "decoder_blocks.0.norm1.weight": torch.ones(8), "decoder_norm.weight": torch.ones(8),
        "decoder_pred.weight": torch.zeros(48, 8), "decoder_pred.bias": torch.zeros(48),
    }  # fmt: skip
    state = {"model": {**model.state_dict(), **decoder}, "epoch": 3, "scaler": {"scale": 2.0}}
    state["optimizer"] = {"state": {0: {"step": 1, "exp_avg": torch.ones(8)}}, "param_groups": []}
    torch_save("mae.pretrain.pth", state)
    keep("mae.pretrain.pth", mean_features(model))
    # The same recipe, without norm and in bfloat16.
    rounded = timm_vit(8, num_classes=0).bfloat16().float()
    state = {k: v.bfloat16() for k, v in rounded.state_dict().items() if not k.startswith("norm.")}
    torch_save("mae.encoder.bf16.pth", {"model": state})
    keep("mae.encoder.bf16.pth", mean_features(rounded))
    # Fine-tuned: fc_norm and a head instead of norm.
    model = timm_vit(9, global_pool="avg")
    torch_save("mae.finetuned.pth", {"model": model.half().state_dict()})
    keep("mae.finetuned.pth", features(model.float()))
    # MoCo v3's whole pretraining checkpoint, in PyTorch's old format, as published.
    base, momentum = timm_vit(10, num_classes=0), timm_vit(11, num_classes=0)
    head = {"head.0.weight": torch.ones(4, 8), "head.1.running_mean": torch.ones(4)}
    head["head.1.num_batches_tracked"] = torch.tensor(7)
    whole = {f"module.base_encoder.{k}": v for k, v in {**base.state_dict(), **head}.items()}
    whole |= {f"module.momentum_encoder.{k}": v for k, v in momentum.state_dict().items()}
    whole["module.predictor.0.weight"] = torch.ones(4, 4)
    state = {"epoch": 300, "arch": "vit_base", "state_dict": whole, "optimizer": {"state": {}}}
    torch_save("mocov3.full.pth.tar", state, _use_new_zipfile_serialization=False)
    keep("mocov3.full.pth.tar", features(base))


def google_names(state, big_vision):
    """timm's weights under Google's names: vision_transformer's and augreg's, or big_vision's."""
    w = {k: v.numpy() for k, v in state.items()}
    mha, mlp, ln = (0, 0, 1) if big_vision else (1, 3, 2)
    flax = {
        "cls": w["cls_token"],
        "embedding/kernel": w["patch_embed.proj.weight"].transpose(2, 3, 1, 0),
        "embedding/bias": w["patch_embed.proj.bias"],
        "Transformer/encoder_norm/scale": w["norm.weight"],
        "Transformer/encoder_norm/bias": w["norm.bias"],
        "head/kernel": w["head.weight"].T,
        "head/bias": w["head.bias"],
        "pre_logits/kernel": np.eye(8, dtype=np.float32),
        "pre_logits/bias": np.zeros(8, np.float32),
    }
    where = "pos_embedding" if big_vision else "Transformer/posembed_input/pos_embedding"
    flax[where] = w["pos_embed"]
    for i in range(2):
        to, a = f"Transformer/encoderblock_{i}", f"MultiHeadDotProductAttention_{mha}"
        block = {k.removeprefix(f"blocks.{i}."): v for k, v in w.items()}
        for timms, flaxs in [("norm1", "LayerNorm_0"), ("norm2", f"LayerNorm_{ln}")]:
            flax[f"{to}/{flaxs}/scale"] = block[f"{timms}.weight"]
            flax[f"{to}/{flaxs}/bias"] = block[f"{timms}.bias"]
        weights = block["attn.qkv.weight"].reshape(3, 2, 4, 8).transpose(0, 3, 1, 2)
        for part, weight, bias in zip(
            ["query", "key", "value"], weights, block["attn.qkv.bias"].reshape(3, 2, 4)
        ):
            flax[f"{to}/{a}/{part}/kernel"], flax[f"{to}/{a}/{part}/bias"] = weight, bias
        flax[f"{to}/{a}/out/kernel"] = block["attn.proj.weight"].T.reshape(2, 4, 8)
        flax[f"{to}/{a}/out/bias"] = block["attn.proj.bias"]
        for j in range(2):
            flax[f"{to}/MlpBlock_{mlp}/Dense_{j}/kernel"] = block[f"mlp.fc{j + 1}.weight"].T
            flax[f"{to}/MlpBlock_{mlp}/Dense_{j}/bias"] = block[f"mlp.fc{j + 1}.bias"]
    return flax


def stacked(flax):
    """big_vision with `scan`: all blocks in one tensor, as the first axis."""
    numbers = re.compile(r"encoderblock_(\d+)/")
    names = {numbers.sub("encoderblock/", k) for k in flax}
    each = lambda k: [flax[k.replace("encoderblock/", f"encoderblock_{i}/")] for i in range(2)]
    return {k: np.stack(each(k)) if "encoderblock/" in k else flax[k] for k in names}


def google():
    files = [
        ("augreg.npz", "", False, None, 12),
        ("augreg.opt_target.f16.npz", "opt/target/", False, np.float16, 13),
        ("big_vision.npz", "params/", True, None, 14),
        ("big_vision.scan.bf16.npz", "params/", True, ml_dtypes.bfloat16, 15),
    ]
    for name, prefix, big_vision, dtype, seed in files:
        model = timm_vit(seed, no_embed_class=big_vision)
        flax = google_names(model.state_dict(), big_vision)
        if dtype is not None:
            flax = {k: v.astype(dtype) for k, v in flax.items()}
        if big_vision and dtype is not None:
            flax = stacked(flax)
        np.savez_compressed(OUT / name, **{prefix + k: v for k, v in flax.items()})
        # timm's loader of such files is the judge; NumPy gives it bfloat16 as raw bytes.
        again = timm_vit(0, no_embed_class=big_vision)
        readable = {prefix + k: v.astype(np.float32) for k, v in flax.items()}
        np.savez(OUT / "readable.npz", **readable)
        _load_weights(again, str(OUT / "readable.npz"))
        (OUT / "readable.npz").unlink()
        keep(name, features(again.eval()))
    # Pooled by attention, as SigLIP's and the other models without a CLS token are.
    flax = google_names(timm_vit(16, no_embed_class=True).state_dict(), True)
    del flax["cls"]
    flax["MAPHead_0/probe"] = np.zeros((1, 1, 8), np.float32)
    half = {f"params/{k}": v.astype(np.float16) for k, v in flax.items()}
    np.savez_compressed(OUT / "refused/map_head.npz", **half)


def refused():
    names = [
        "vit_base_patch14_reg4_dinov2", "vit_giant_patch14_dinov2", "vit_base_patch16_clip_224",
        "vit_base_patch16_siglip_224", "deit_base_distilled_patch16_224", "beit_base_patch16_224",
        "vit_little_patch16_reg1_gap_256", "eva02_tiny_patch14_224", "convnext_femto",
    ]  # fmt: skip
    small = dict(img_size=8, patch_size=4, embed_dim=8, depth=1, num_heads=2)
    for name in names:
        less = dict(dims=(4,) * 4, depths=(1,) * 4) if name == "convnext_femto" else small
        state = timm.create_model(name, num_classes=3, **less).half().state_dict()
        safe(f"refused/{name}.safetensors", state)
    t, hf = transformers, {**TINY_HF, "num_hidden_layers": 1}
    hf.pop("intermediate_size")
    for name, model in [
        ("dinov2_with_registers.hf", t.Dinov2WithRegistersModel(t.Dinov2WithRegistersConfig(**hf))),
        ("dinov2_giant.hf", t.Dinov2Model(t.Dinov2Config(**hf, use_swiglu_ffn=True))),
    ]:
        model.half().save_pretrained(OUT / "tmp")
        shutil.move(OUT / "tmp/model.safetensors", OUT / f"refused/{name}.safetensors")
        shutil.rmtree(OUT / "tmp")


def registry():
    """timm's word on every timm name in the table (the published names are not timm's)."""
    names = re.findall(r'vit\("(vit_[^"]+)"', TABLE.read_text())
    records = {}
    for name in names:
        with torch.device("meta"):
            model = timm.create_model(name, num_classes=0)
        block, cfg = model.blocks[0], model.pretrained_cfg
        records[name] = dict(
            image_size=model.patch_embed.img_size[0],
            patch_size=model.patch_embed.patch_size[0],
            width=model.embed_dim, depth=len(model.blocks), heads=block.attn.num_heads,
            mlp_width=block.mlp.fc1.out_features,
            layer_scale=hasattr(block.ls1, "gamma"), eps=model.norm.eps,
            pooling=model.global_pool, mean=cfg["mean"], std=cfg["std"],
            interpolation=cfg["interpolation"], tag=cfg["tag"], tensors=len(model.state_dict()),
            parameters=sum(p.numel() for p in model.parameters()),
        )  # fmt: skip
    lines = [f"{json.dumps(name)}: {json.dumps(record)}" for name, record in records.items()]
    (OUT / "registry.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    shutil.rmtree(OUT, ignore_errors=True)
    (OUT / "refused").mkdir(parents=True)
    timm_files()
    dinov2()
    hugging_face()
    mae_and_moco()
    google()
    refused()
    registry()
    save_file(expected, OUT / "expected.safetensors")

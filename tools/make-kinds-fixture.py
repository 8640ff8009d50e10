#!/usr/bin/env python3
"""Writes what shows how checkpoints are told apart:

    fixtures/backbones/kinds.json    the names and shapes of small models of many kinds, as their
                                     libraries write them to files and, where that differs, hold them
                                     in memory
    fixtures/backbones/described/    folders of transformers and timm with a config.json that says
                                     what tensors do not show, and expected.safetensors: the features
                                     that these libraries compute of the images of
                                     make-backbone-fixture.py

    python3 -m venv /tmp/weights-venv
    /tmp/weights-venv/bin/pip install torch torchvision timm transformers safetensors
    /tmp/weights-venv/bin/python tools/make-kinds-fixture.py

Run from the root of the repository. Made with PyTorch 2.15.0, torchvision 0.29.2, timm 1.0.31,
transformers 5.24.0.
"""

import json
import pathlib
import shutil
import tempfile

import timm
import torch
import torchvision
import transformers as t
from safetensors import safe_open
from safetensors.torch import save_file
from timm.models._hub import save_for_hf
from tiny_models import images, randomize

OUT = pathlib.Path("fixtures/backbones/kinds.json")
DESCRIBED = pathlib.Path("fixtures/backbones/described")
kinds = {}


def keep(name, shapes):
    shapes = {k: list(v) for k, v in sorted(shapes.items())}
    if shapes not in kinds.values():
        kinds[name] = shapes


def of_timm():
    vit = dict(img_size=16, patch_size=4, embed_dim=16, depth=1, num_heads=2, num_classes=3)
    hybrid = {k: v for k, v in vit.items() if k != "patch_size"}
    for name, args in [
        ("vit_base_patch16_224", vit), ("vit_base_patch16_224_miil", vit),
        ("deit3_small_patch16_224", vit), ("deit_base_distilled_patch16_224", vit),
        ("vit_base_patch16_clip_224", vit), ("vit_base_patch16_siglip_224", vit),
        ("vit_base_patch14_reg4_dinov2", vit), ("vit_medium_patch16_gap_240", vit),
        ("vit_huge_patch14_gap_224", vit), ("vit_relpos_small_patch16_224", vit),
        ("vit_srelpos_small_patch16_224", vit), ("vit_base_patch16_rope_224", vit),
        ("vit_small_patch16_rope_mixed_224", vit), ("vit_base_patch16_rope_reg1_gap_256", vit),
        ("vit_small_patch16_dinov3", vit), ("eva02_tiny_patch14_224", vit),
        ("eva_giant_patch14_224", vit), ("beit_base_patch16_224", vit),
        ("beitv2_base_patch16_224", vit), ("samvit_base_patch16", vit),
        ("vit_base_patch16_xp_224", vit), ("vit_base_r50_s16_224", hybrid | dict(img_size=32)),
        ("swin_tiny_patch4_window7_224", dict(img_size=32, window_size=4, embed_dim=8, depths=(1, 1), num_heads=(1, 2))),
        ("convnext_femto", dict(dims=(4,) * 4, depths=(1,) * 4)), ("resnet18", {}),
    ]:  # fmt: skip
        try:
            model = timm.create_model(name, **args)
        except Exception as error:
            print(f"left out {name}: {error}")
            continue
        keep(f"timm {name}", {k: v.shape for k, v in model.state_dict().items()})


def of_transformers():
    less = dict(hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32, image_size=16, patch_size=4)  # fmt: skip
    text = dict(hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32, vocab_size=9)  # fmt: skip
    nomlp = {k: v for k, v in less.items() if k != "intermediate_size"}
    both = lambda config: config(text_config=text, vision_config=less)
    stages = dict(embed_dim=8, depths=[1, 1], num_heads=[1, 2], image_size=16, patch_size=4, window_size=2)  # fmt: skip
    for name, make in [
        ("ViTModel", lambda: t.ViTModel(t.ViTConfig(**less))),
        ("ViTModel without biases", lambda: t.ViTModel(t.ViTConfig(**less, qkv_bias=False))),
        ("ViTMSNModel", lambda: t.ViTMSNModel(t.ViTMSNConfig(**less))),
        ("ViTMAEForPreTraining", lambda: t.ViTMAEForPreTraining(t.ViTMAEConfig(**less, decoder_hidden_size=16, decoder_num_hidden_layers=1, decoder_num_attention_heads=2, decoder_intermediate_size=32))),
        ("Dinov2Model", lambda: t.Dinov2Model(t.Dinov2Config(**nomlp))),
        ("DeiTModel", lambda: t.DeiTModel(t.DeiTConfig(**less))),
        ("CLIPModel", lambda: t.CLIPModel(both(t.CLIPConfig))),
        ("CLIPVisionModel", lambda: t.CLIPVisionModel(t.CLIPVisionConfig(**less))),
        ("SiglipModel", lambda: t.SiglipModel(both(t.SiglipConfig))),
        ("SiglipVisionModel", lambda: t.SiglipVisionModel(t.SiglipVisionConfig(**less))),
        ("SiglipVisionModel without head", lambda: t.SiglipVisionModel(t.SiglipVisionConfig(**less, vision_use_head=False))),
        ("BeitModel", lambda: t.BeitModel(t.BeitConfig(**less))),
        ("BeitModel with relative biases", lambda: t.BeitModel(t.BeitConfig(**less, use_relative_position_bias=True))),
        ("BeitModel with shared biases", lambda: t.BeitModel(t.BeitConfig(**less, use_shared_relative_position_bias=True))),
        ("Data2VecVisionModel", lambda: t.Data2VecVisionModel(t.Data2VecVisionConfig(**less, use_relative_position_bias=True))),
        ("Dinov2WithRegistersModel", lambda: t.Dinov2WithRegistersModel(t.Dinov2WithRegistersConfig(**nomlp))),
        ("Dinov2Model giant", lambda: t.Dinov2Model(t.Dinov2Config(**nomlp, use_swiglu_ffn=True))),
        ("DINOv3ViTModel", lambda: t.DINOv3ViTModel(t.DINOv3ViTConfig(**less))),
        ("IJepaModel", lambda: t.IJepaModel(t.IJepaConfig(**less))),
        ("SwinModel", lambda: t.SwinModel(t.SwinConfig(**stages))),
        ("ConvNextModel", lambda: t.ConvNextModel(t.ConvNextConfig(hidden_sizes=[4] * 4, depths=[1] * 4))),
        ("ResNetModel", lambda: t.ResNetModel(t.ResNetConfig(embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1]))),
    ]:  # fmt: skip
        try:
            model = make()
        except Exception as error:
            print(f"left out {name}: {error}")
            continue
        with tempfile.TemporaryDirectory() as folder:
            model.save_pretrained(folder)
            with safe_open(f"{folder}/model.safetensors", "pt") as file:
                keep(f"transformers {name}", {k: file.get_slice(k).get_shape() for k in file.keys()})
        keep(f"transformers {name} in memory", {k: v.shape for k, v in model.state_dict().items()})


def of_torchvision():
    model = torchvision.models.VisionTransformer(16, 4, 1, 2, 16, 32, num_classes=3)
    keep("torchvision VisionTransformer", {k: v.shape for k, v in model.state_dict().items()})


def of_open_clip():
    """The names of open_clip's and OpenAI's CLIP (ViT), which needs no package to be known."""
    d, m = 16, 64
    block = {
        "ln_1.weight": [d], "ln_1.bias": [d], "attn.in_proj_weight": [3 * d, d],
        "attn.in_proj_bias": [3 * d], "attn.out_proj.weight": [d, d], "attn.out_proj.bias": [d],
        "ln_2.weight": [d], "ln_2.bias": [d], "mlp.c_fc.weight": [m, d], "mlp.c_fc.bias": [m],
        "mlp.c_proj.weight": [d, m], "mlp.c_proj.bias": [d],
    }  # fmt: skip
    names = {
        "positional_embedding": [8, d], "text_projection": [d, d], "logit_scale": [],
        "token_embedding.weight": [9, d], "ln_final.weight": [d], "ln_final.bias": [d],
        "visual.class_embedding": [d], "visual.positional_embedding": [17, d],
        "visual.proj": [d, d], "visual.conv1.weight": [d, 3, 4, 4],
        "visual.ln_pre.weight": [d], "visual.ln_pre.bias": [d],
        "visual.ln_post.weight": [d], "visual.ln_post.bias": [d],
    }  # fmt: skip
    for tower in ["", "visual."]:
        names |= {f"{tower}transformer.resblocks.0.{k}": v for k, v in block.items()}
    keep("open_clip CLIP", names)


@torch.no_grad()
def described():
    shutil.rmtree(DESCRIBED, ignore_errors=True)
    DESCRIBED.mkdir()
    expected = {}
    tiny = dict(hidden_size=8, num_hidden_layers=2, intermediate_size=16, image_size=12, patch_size=4)  # fmt: skip
    for seed, (name, more) in enumerate([
        ("heads", dict(num_attention_heads=4)),
        ("eps", dict(num_attention_heads=2, layer_norm_eps=1e-2)),
        ("no_bias", dict(num_attention_heads=2, qkv_bias=False)),
    ]):  # fmt: skip
        model = randomize(t.ViTModel(t.ViTConfig(**tiny, **more)), seed)
        model.save_pretrained(DESCRIBED / name)
        expected[name] = model(images(12)).last_hidden_state[:, 0]
    t.ViTImageProcessor(
        image_mean=[0.485, 0.456, 0.406], image_std=[0.229, 0.224, 0.225], resample=3,
        size=dict(height=12, width=12),
    ).save_pretrained(DESCRIBED / "heads")  # fmt: skip
    model = randomize(t.ViTMAEModel(t.ViTMAEConfig(**tiny, num_attention_heads=2, mask_ratio=0.0, layer_norm_eps=1e-6)), 3)  # fmt: skip
    model.save_pretrained(DESCRIBED / "mae")
    model.layernorm = torch.nn.Identity()
    mean = model(images(12), noise=torch.arange(9).repeat(2, 1).float()).last_hidden_state
    expected["mae"] = torch.nn.functional.layer_norm(mean[:, 1:].mean(1), (8,), eps=1e-6)
    # timm: a name, changes to it, pixels.
    args = dict(img_size=12, patch_size=4, embed_dim=8, depth=2, num_heads=4, mlp_ratio=2)
    model = randomize(timm.create_model("vit_base_patch16_224", num_classes=0, **args), 4)
    save_for_hf(model, DESCRIBED / "timm", model_args=args, safe_serialization=True)
    expected["timm"] = model.forward_head(model.forward_features(images(12)), pre_logits=True)
    expected = {name: values.float().contiguous() for name, values in expected.items()}
    save_file(expected, DESCRIBED / "expected.safetensors")


if __name__ == "__main__":
    torch.set_num_threads(1)
    described()
    of_timm()
    of_transformers()
    of_torchvision()
    of_open_clip()
    lines = [f"{json.dumps(name)}: {json.dumps(shapes)}" for name, shapes in kinds.items()]
    OUT.write_text("{\n" + ",\n".join(lines) + "\n}\n")

"""The other side of bench-step: the same training step in PyTorch, on command.

    bench_step_peer.py BACKBONE.npz INPUTS.safetensors THREADS VARIANT [DTYPE]

Written from the method's definition: a frozen vision transformer (Dosovitskiy et al., ICLR 2021)
with prompts in every block (VPT-Deep, Jia et al., ECCV 2022). Arguments and protocol are those of
the engine's example `bench_step`. Variants, the same function of the inputs:

    published       prompts stand among the tokens, after CLS: they get queries, attention outputs
                    and MLP rows like all others, and are replaced before the next block
    shortcut        prompts are keys and values only, computed once for the batch; the last block
                    computes nothing but CLS
    ...-sdpa        either, with PyTorch's fused attention in place of matrix products and softmax

DTYPE is f32 (the default), bf16-autocast (the forward pass under `torch.autocast`), or bf16 (the same,
with the frozen matrices kept in bf16, so that they are not converted every time).
"""
import contextlib
import sys
import time

import numpy
import safetensors.torch
import torch
from torch.nn import functional as F

import bench_step_swin

EPS = 1e-6
DTYPES = ["f32", "bf16-autocast", "bf16"]
LEARNED = ["prompts", "weight", "bias"]
VARIANTS = [f"{base}{end}" for base in ("published", "shortcut") for end in ("", "-sdpa")]


class Block:
    """The frozen weights of one block, as `F.linear` and `F.layer_norm` want them."""

    def __init__(self, arrays, index):
        def linear(name, inputs):
            kernel, bias = (arrays[f"{prefix}{name}/{part}"] for part in ("kernel", "bias"))
            return kernel.reshape(inputs, -1).T.contiguous(), bias.reshape(-1).contiguous()

        def norm(name):
            return arrays[f"{prefix}{name}/scale"], arrays[f"{prefix}{name}/bias"]

        prefix = f"Transformer/encoderblock_{index}/"
        attention = "MultiHeadDotProductAttention_1"
        width, self.heads, _ = arrays[f"{prefix}{attention}/query/kernel"].shape
        parts = [linear(f"{attention}/{part}", width) for part in ("query", "key", "value")]
        self.qkv = tuple(torch.cat(both) for both in zip(*parts))
        self.query = tuple(part[:width] for part in self.qkv)
        self.kv = tuple(part[width:] for part in self.qkv)
        self.out = linear(f"{attention}/out", width)
        self.fc1 = linear("MlpBlock_3/Dense_0", width)
        self.fc2 = linear("MlpBlock_3/Dense_1", self.fc1[0].shape[0])
        self.norm1, self.norm2 = norm("LayerNorm_0"), norm("LayerNorm_2")

    def to_bf16(self):
        """Keeps the matrices, and the biases that come with them, in bf16."""
        for name in ("qkv", "query", "kv", "out", "fc1", "fc2"):
            setattr(self, name, tuple(part.bfloat16() for part in getattr(self, name)))

    def split(self, x):
        """[B, rows, d] to [B, heads, rows, d / heads]."""
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)

    def attend(self, sdpa, query, key, value):
        """Attention and its output map: [B, rows, d] of queries, keys and values."""
        query, key, value = (self.split(x) for x in (query, key, value))
        if sdpa:
            mixed = F.scaled_dot_product_attention(query, key, value)
        else:
            query = query * query.shape[-1] ** -0.5
            mixed = (query @ key.transpose(-2, -1)).softmax(-1) @ value
        return F.linear(mixed.transpose(1, 2).flatten(2), *self.out)

    def mlp(self, x):
        return F.linear(F.gelu(F.linear(layer_norm(x, self.norm2), *self.fc1)), *self.fc2)

    def published(self, x, sdpa):
        """All rows alike: [B, 1 + n + patches, d]."""
        qkv = F.linear(layer_norm(x, self.norm1), *self.qkv)
        x = x + self.attend(sdpa, *qkv.chunk(3, -1))
        return x + self.mlp(x)

    def shortcut(self, x, prompts, sdpa, cls_only):
        """Tokens [B, N, d], and prompts [n, d] as keys and values."""
        normed = layer_norm(x, self.norm1)
        prompts_kv = F.linear(layer_norm(prompts, self.norm1), *self.kv).expand(len(x), -1, -1)
        if cls_only:
            x = x[:, :1]
            query, kv = F.linear(normed[:, :1], *self.query), F.linear(normed, *self.kv)
        else:
            query, kv = F.linear(normed, *self.qkv).tensor_split([x.shape[-1]], -1)
        key, value = torch.cat([prompts_kv, kv], 1).chunk(2, -1)
        x = x + self.attend(sdpa, query, key, value)
        return x + self.mlp(x)


class Model:
    """A plain backbone, the inputs, and what learns: prompts and head."""

    def __init__(self, backbone, inputs, variant, dtype):
        arrays = {name: torch.from_numpy(a) for name, a in numpy.load(backbone).items()}
        self.autocast = dtype != "f32"
        self.is_published, self.sdpa = variant.startswith("published"), variant.endswith("-sdpa")
        inputs = safetensors.torch.load_file(inputs)
        self.images, self.labels = inputs["images"], inputs["labels"]
        self.learned = {name: inputs[name].requires_grad_() for name in LEARNED}
        self.read(arrays, dtype)

    def read(self, arrays, dtype):
        depth = len({name.split("/")[1] for name in arrays if "/encoderblock_" in name})
        self.blocks = [Block(arrays, index) for index in range(depth)]
        self.patch = arrays["embedding/kernel"].permute(3, 2, 0, 1).contiguous()
        self.patch_bias = arrays["embedding/bias"]
        self.cls = arrays["cls"]
        self.position = arrays["Transformer/posembed_input/pos_embedding"]
        self.norm = tuple(arrays[f"Transformer/encoder_norm/{p}"] for p in ("scale", "bias"))
        if dtype == "bf16":
            for block in self.blocks:
                block.to_bf16()

    def embed(self):
        patches = F.conv2d(self.images, self.patch, self.patch_bias, stride=self.patch.shape[-1])
        patches = patches.flatten(2).transpose(1, 2)
        return torch.cat([self.cls.expand(len(patches), -1, -1), patches], 1) + self.position

    def logits(self):
        cast = torch.autocast("cpu", torch.bfloat16) if self.autocast else contextlib.nullcontext()
        with cast:
            return self.forward().float()

    def forward(self):
        x = self.embed()
        prompts = self.learned["prompts"].unflatten(0, (len(self.blocks), -1))
        patches = x.shape[1] - 1
        for index, block in enumerate(self.blocks):
            if self.is_published:
                own = prompts[index].expand(len(x), -1, -1)
                x = block.published(torch.cat([x[:, :1], own, x[:, -patches:]], 1), self.sdpa)
            else:
                x = block.shortcut(x, prompts[index], self.sdpa, block is self.blocks[-1])
        features = layer_norm(x, self.norm)[:, 0]
        return F.linear(features, self.learned["weight"], self.learned["bias"])

    def step(self):
        for parameter in self.learned.values():
            parameter.grad = None
        logits = self.logits()
        F.cross_entropy(logits, self.labels).backward()
        gradients = {f"d_{name}": p.grad for name, p in self.learned.items()}
        return {"logits": logits.detach()} | gradients

    def eval(self):
        with torch.inference_mode():
            return {"logits": self.logits()}


class StagedModel(Model):
    """The same with a Swin transformer; published variants only."""

    def read(self, arrays, dtype):
        if not self.is_published or dtype == "bf16":
            sys.exit("networks in stages: expected a published variant in f32 or bf16-autocast")
        self.net = bench_step_swin.Swin(arrays, self.images.shape[-1], len(self.learned["prompts"]))

    def forward(self):
        features = self.net.features(self.images, self.learned["prompts"], self.sdpa)
        return F.linear(features, self.learned["weight"], self.learned["bias"])


def layer_norm(x, weights):
    return F.layer_norm(x, x.shape[-1:], *weights, EPS)


def status(field):
    """Bytes of a field of /proc/self/status."""
    with open("/proc/self/status") as lines:
        line = next(line for line in lines if line.startswith(f"{field}:"))
    return 1024 * int(line.split()[1])


def main():
    libraries = status("VmRSS")
    backbone, inputs, threads, variant, *dtype = sys.argv[1:]
    dtype = dtype[0] if dtype else "f32"
    if dtype not in DTYPES:
        sys.exit(f"dtype: expected one of {', '.join(DTYPES)}, got {dtype}")
    if variant not in VARIANTS:
        sys.exit(f"variant: expected one of {', '.join(VARIANTS)}, got {variant}")
    torch.set_num_threads(int(threads))
    is_staged = "patch_embed.norm.weight" in numpy.load(backbone)
    kind = StagedModel if is_staged else Model
    model, results = kind(backbone, inputs, variant, dtype), {}
    print("ready", flush=True)
    for line in sys.stdin:
        command, _, argument = line.rstrip("\n").partition(" ")
        if command in ("step", "eval"):
            start = time.perf_counter()
            results = getattr(model, command)()
            answer = f"{1e3 * (time.perf_counter() - start):.3f}"
        elif command == "dump":
            flat = {name: tensor.flatten().clone() for name, tensor in results.items()}
            safetensors.torch.save_file(flat, argument)
            answer = "ok"
        elif command == "peak":
            answer = status("VmHWM")
        elif command == "libraries":
            answer = libraries
        elif command == "quit":
            break
        else:
            sys.exit(f"unknown command {command}")
        print(answer, flush=True)


if __name__ == "__main__":
    main()

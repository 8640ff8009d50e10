"""A Swin transformer (Liu et al., ICCV 2021) with prompts in every block, for bench_step_peer.py.

Prompts stand in front of the tokens of every window, as in the published code: they are queries, keys
and values there, and become the mean of what the windows make of them.
"""
import torch
from torch.nn import functional as F

EPS = 1e-5
WINDOW = 7


def layer_norm(arrays, name, x):
    return F.layer_norm(x, x.shape[-1:], arrays[f"{name}.weight"], arrays[f"{name}.bias"], EPS)


def linear(arrays, name, x):
    return F.linear(x, arrays[f"{name}.weight"], arrays.get(f"{name}.bias"))


def cut(grid, window):
    """[B, R, R, d] to [B * windows, w * w, d]."""
    batch, side, _, width = grid.shape
    grid = grid.view(batch, side // window, window, side // window, window, width)
    return grid.transpose(2, 3).reshape(-1, window * window, width)


def join(windows, window, side):
    """The way back of `cut`."""
    width, count = windows.shape[-1], side // window
    grid = windows.view(-1, count, count, window, window, width)
    return grid.transpose(2, 3).reshape(-1, side, side, width)


def distances(window):
    """The row of a position table for each pair of tokens of a window."""
    row, column = torch.arange(window * window) // window, torch.arange(window * window) % window
    apart = [place[:, None] - place[None] + window - 1 for place in (row, column)]
    return apart[0] * (2 * window - 1) + apart[1]


def mask(side, window, shift):
    """What keeps parts of a rolled grid apart: [windows, w * w, w * w]."""
    place = torch.arange(side)
    band = (place >= side - window).int() + (place >= side - shift).int()
    regions = cut((3 * band[:, None] + band[None])[None, :, :, None], window)[..., 0]
    return -100.0 * (regions[:, :, None] != regions[:, None, :]).float()


class Block:
    """One block on a grid of `side` x `side` tokens, with `prompts` in every window."""

    def __init__(self, arrays, name, side, shifted, prompts):
        self.arrays, self.name, self.side = arrays, name, side
        self.window = min(side, WINDOW)
        self.shift = self.window // 2 if shifted and side > WINDOW else 0
        table = arrays[f"{name}.attn.relative_position_bias_table"]
        self.heads = table.shape[1]
        bias = table[distances(self.window)].permute(2, 0, 1)[None]
        if self.shift:
            bias = bias + mask(side, self.window, self.shift)[:, None]
        # Logits of prompts have none.
        self.bias = F.pad(bias, (prompts, 0, prompts, 0))

    def attention(self, x, sdpa):
        """Of [B * windows, n + w * w, d]."""
        rows, tokens, width = x.shape
        qkv = linear(self.arrays, f"{self.name}.attn.qkv", x)
        query, key, value = qkv.view(rows, tokens, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        if sdpa:
            shared = len(self.bias) == 1
            bias = self.bias if shared else self.bias.repeat(rows // len(self.bias), 1, 1, 1)
            mixed = F.scaled_dot_product_attention(query, key, value, bias)
        else:
            logits = (query * query.shape[-1] ** -0.5) @ key.transpose(-2, -1)
            logits = (logits.unflatten(0, (-1, len(self.bias))) + self.bias).flatten(0, 1)
            mixed = logits.softmax(-1) @ value
        return linear(self.arrays, f"{self.name}.attn.proj", mixed.transpose(1, 2).flatten(2))

    def __call__(self, x, prompts, sdpa):
        """Tokens [B, n + R * R, d], prompts first."""
        count, batch = len(prompts), len(x)
        x = torch.cat([prompts.expand(batch, -1, -1), x[:, x.shape[1] - self.side ** 2:]], 1)
        normed = layer_norm(self.arrays, f"{self.name}.norm1", x)
        grid = normed[:, count:].unflatten(1, (self.side, self.side))
        windows = cut(grid.roll((-self.shift, -self.shift), (1, 2)), self.window)
        repeat = len(windows) // batch
        own = normed[:, :count].repeat_interleave(repeat, 0)
        mixed = self.attention(torch.cat([own, windows], 1), sdpa)
        own = mixed[:, :count].unflatten(0, (batch, repeat)).mean(1)
        grid = join(mixed[:, count:], self.window, self.side).roll((self.shift, self.shift), (1, 2))
        x = x + torch.cat([own, grid.flatten(1, 2)], 1)
        normed = layer_norm(self.arrays, f"{self.name}.norm2", x)
        hidden = linear(self.arrays, f"{self.name}.mlp.fc1", normed)
        return x + linear(self.arrays, f"{self.name}.mlp.fc2", F.gelu(hidden))


def merge(arrays, name, x, side):
    """Tokens [B, n + R * R, d] to [B, R * R / 4, 2 d]; prompts are replaced next, and left out."""
    grid = x[:, x.shape[1] - side ** 2:].unflatten(1, (side, side))
    parts = [grid[:, row::2, column::2] for column in (0, 1) for row in (0, 1)]
    cells = torch.cat(parts, -1).flatten(1, 2)
    return linear(arrays, f"{name}.reduction", layer_norm(arrays, f"{name}.norm", cells))


class Swin:
    """The network, with so many values of prompts in all."""

    def __init__(self, arrays, side, values):
        self.arrays = arrays
        # "layers.S.blocks.B" of every block, in order.
        names = {name.rsplit(".attn.", 1)[0] for name in arrays if name.endswith("bias_table")}
        names = sorted(names, key=lambda name: [int(n) for n in name.split(".")[1::2]])
        widths = [len(arrays[f"{name}.norm1.weight"]) for name in names]
        self.prompts = values // sum(widths)
        grid = side // arrays["patch_embed.proj.weight"].shape[-1]
        self.stages = []
        for name in names:
            _, stage, _, index = name.split(".")
            stage, index = int(stage), int(index)
            if index == 0:
                self.stages.append([])
            block = Block(arrays, name, grid >> stage, index % 2 == 1, self.prompts)
            self.stages[stage].append(block)

    def features(self, images, prompts, sdpa):
        kernel, bias = (self.arrays[f"patch_embed.proj.{part}"] for part in ("weight", "bias"))
        x = F.conv2d(images, kernel, bias, stride=kernel.shape[-1]).flatten(2).transpose(1, 2)
        x = layer_norm(self.arrays, "patch_embed.norm", x)
        for index, blocks in enumerate(self.stages):
            for block in blocks:
                own, prompts = prompts.tensor_split([self.prompts * x.shape[-1]])
                x = block(x, own.view(self.prompts, -1), sdpa)
            if index + 1 < len(self.stages):
                x = merge(self.arrays, f"layers.{index}.downsample", x, blocks[0].side)
        return layer_norm(self.arrays, "norm", x).mean(1)

"""Inputs and weights of the small models that fixtures are made of."""

import re

import numpy as np
import torch


def images(side):
    i = np.arange(2 * 3 * side * side, dtype=np.int64)
    pixels = ((7919 * i) % 251) / 125.0 - 1.0
    return torch.from_numpy(pixels.astype(np.float32).reshape(2, 3, side, side))


def randomize(model, seed):
    """Weights that no part of the network can hide: nothing zero, nothing one."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, p in model.named_parameters():
            noise = torch.randn(p.shape, generator=generator)
            scale = re.search(r"(norm\w*\.weight|gamma\w*|lambda1)$", name)
            p.copy_(1 + 0.2 * noise if scale else 0.25 * noise)
    return model.eval()

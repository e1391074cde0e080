"""A stack of networks in PyTorch: batched matrix products, autograd, gradient descent. Prints seconds a program.

python torch_stack.py ROWS.npz LANES PROGRAMS
"""

import sys
import time
from itertools import pairwise

import numpy as np
import torch
from torch.nn import functional

lanes, programs = int(sys.argv[2]), int(sys.argv[3])
with np.load(sys.argv[1]) as file:
    recipe = {name: file[name] for name in file.files}
hidden, rates = [int(width) for width in recipe["hidden"]], [float(rate) for rate in recipe["dropout"]]
batch, epochs, rate = int(recipe["batch_size"]), int(recipe["epochs"]), float(recipe["learning_rate"])
parts = {
    part: tuple(torch.from_numpy(recipe[f"{part}_{what}"].astype(np.float32)) for what in ("features", "labels"))
    for part in ("train", "validation", "test")
}


def initial():
    widths = [parts["train"][0].shape[1], *hidden, 1]
    weights = []
    for a, b in pairwise(widths):
        limit = (6 / (a + b)) ** 0.5
        weights += [torch.empty(lanes, a, b).uniform_(-limit, limit), torch.zeros(lanes, 1, b)]
    return [own.requires_grad_() for own in weights]


def logits(weights, features, training):
    flow = features
    for layer, (kernel, bias) in enumerate(zip(weights[:-2:2], weights[1:-2:2], strict=True)):
        flow = functional.dropout(torch.relu(torch.baddbmm(bias, flow, kernel)), rates[layer], training)
    return torch.baddbmm(weights[-1], flow, weights[-2])[..., 0]


def epoch(weights, velocity):
    features, labels = parts["train"]
    order = torch.stack([torch.randperm(len(labels)) for _ in range(lanes)])
    total = torch.zeros(lanes)
    for rows in order.split(batch, dim=1):
        logit = logits(weights, features[rows], True)
        loss = functional.binary_cross_entropy_with_logits(logit, labels[rows], reduction="none")
        slopes = torch.autograd.grad(loss.mean(1).sum(), weights)
        with torch.no_grad():
            torch._foreach_mul_(velocity, 0.003)
            torch._foreach_add_(velocity, slopes, alpha=-rate)
            torch._foreach_add_(weights, velocity)
            total += loss.sum(1)
    with torch.no_grad():
        features, labels = parts["validation"]
        logit = logits(weights, features.expand(lanes, -1, -1), False)
        loss = functional.binary_cross_entropy_with_logits(logit, labels.expand(lanes, -1), reduction="none")
        return total, loss.mean(1), ((logit > 0) == (labels > 0.5)).float().mean(1)


def seconds():
    started = time.perf_counter()
    weights = initial()
    velocity = [torch.zeros_like(own) for own in weights]
    for _ in range(epochs):
        epoch(weights, velocity)
    with torch.no_grad():
        for features, _ in parts.values():
            torch.sigmoid(logits(weights, features.expand(lanes, -1, -1), False))
    return time.perf_counter() - started


if __name__ == "__main__":
    print(*[seconds() for _ in range(programs)])

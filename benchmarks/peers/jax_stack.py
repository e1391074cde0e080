"""A stack of networks in JAX: `vmap` over lanes, `scan` over steps, compiled. Prints seconds a program.

    python jax_stack.py ROWS.npz LANES PROGRAMS MASKS

MASKS: threefry2x32 or rbg draw the dropout masks with jax.random where they are needed; numpy draws them beforehand.
"""

import sys
import time
from functools import partial
from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np

lanes, programs, masks = int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
if masks != "numpy":
    jax.config.update("jax_default_prng_impl", masks)
with np.load(sys.argv[1]) as file:
    recipe = {name: file[name] for name in file.files}
hidden, rates = [int(width) for width in recipe["hidden"]], [float(rate) for rate in recipe["dropout"]]
batch, epochs, rate = int(recipe["batch_size"]), int(recipe["epochs"]), float(recipe["learning_rate"])
rows = {name: recipe[name].astype(np.float32) for name in recipe if "_" in name and not name.endswith(("rate", "size"))}
steps = -(-len(rows["train_labels"]) // batch)
generator = np.random.default_rng(0)


def initial():
    widths = [rows["train_features"].shape[1], *hidden, 1]
    limits = [(np.sqrt(6 / (a + b)), a, b) for a, b in pairwise(widths)]
    kernels = [generator.uniform(-limit, limit, (lanes, a, b)).astype(np.float32) for limit, a, b in limits]
    return [(jnp.asarray(kernel), jnp.zeros((lanes, kernel.shape[2]))) for kernel in kernels]


def logits(weights, features, kept=None):
    flow = features
    for layer, (kernel, bias) in enumerate(weights[:-1]):
        flow = jax.nn.relu(flow @ kernel + bias)
        if kept is not None:
            flow = jnp.where(kept[layer], flow / (1 - rates[layer]), 0)
    return (flow @ weights[-1][0] + weights[-1][1])[:, 0]


def cross_entropy(logit, label):
    return jnp.maximum(logit, 0) - logit * label + jnp.log1p(jnp.exp(-jnp.abs(logit)))


def objective(weights, features, labels, counted, kept):
    logit = logits(weights, features, kept)
    loss = cross_entropy(logit, labels) * counted
    hits = ((logit > 0) == (labels > 0.5)) * counted
    return loss.sum() / counted.sum(), (loss.sum(), hits.sum())


def drawn(key):
    keys = jax.random.split(key, len(hidden))
    return [
        jax.random.bernoulli(own, 1 - rate, (batch, width))
        for own, rate, width in zip(keys, rates, hidden, strict=True)
    ]


def step(train, state, given):
    weights, velocity = state
    order, counted, random = given
    kept = random if masks == "numpy" else drawn(random)
    slope, seen = jax.grad(objective, has_aux=True)(weights, train[0][order], train[1][order], counted, kept)
    velocity = jax.tree.map(lambda v, g: 0.003 * v - rate * g, velocity, slope)
    return (jax.tree.map(jnp.add, weights, velocity), velocity), seen


@jax.jit
@partial(jax.vmap, in_axes=(0, 0, None, 0, None, None))
def epoch(state, order, counted, random, train, validation):
    state, seen = jax.lax.scan(partial(step, train), state, (order, counted, random))
    logit = logits(state[0], validation[0])
    means = cross_entropy(logit, validation[1]).mean(), ((logit > 0) == (validation[1] > 0.5)).mean()
    return state, (jax.tree.map(jnp.sum, seen), means)


@jax.jit
@partial(jax.vmap, in_axes=(0, None))
def scores(weights, features):
    return jax.nn.sigmoid(logits(weights, features))


def randomness():
    order = np.zeros((lanes, steps * batch), np.int32)
    for own in order:
        own[: len(rows["train_labels"])] = generator.permutation(len(rows["train_labels"]))
    if masks != "numpy":
        seeds = generator.integers(0, 2**31, lanes)
        keys = jax.vmap(lambda seed: jax.random.split(jax.random.key(seed), steps))(seeds)
        return order.reshape(lanes, steps, batch), keys
    bits = [generator.integers(0, 2**16, (lanes, steps, batch, width), np.uint16) for width in hidden]
    return order.reshape(lanes, steps, batch), [
        own >= round(rate * 2**16) for own, rate in zip(bits, rates, strict=True)
    ]


def seconds():
    train, validation = ((rows[f"{part}_features"], rows[f"{part}_labels"]) for part in ("train", "validation"))
    train, validation = jax.tree.map(jnp.asarray, (train, validation))
    counted = (np.arange(steps * batch) < len(rows["train_labels"])).astype(np.float32).reshape(steps, batch)
    started = time.perf_counter()
    weights = initial()
    state = weights, jax.tree.map(jnp.zeros_like, weights)
    for _ in range(epochs):
        order, random = randomness()
        state, history = epoch(state, order, counted, random, train, validation)
        jax.tree.map(np.asarray, history)
    for part in ("train", "validation", "test"):
        np.asarray(scores(state[0], rows[f"{part}_features"]))
    return time.perf_counter() - started


if __name__ == "__main__":
    seconds()
    print("ready", flush=True)
    sys.stdin.readline()
    print(*[seconds() for _ in range(programs)])

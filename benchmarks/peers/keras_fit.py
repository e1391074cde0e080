"""What most people write: one model after another through `fit`. Prints seconds a model.

python keras_fit.py ROWS.npz MODELS [STEPS_PER_EXECUTION]
"""

import os
import sys
import time

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np


def model(recipe, steps_per_execution):
    layers = [keras.Input((recipe["train_features"].shape[1],))]
    for width, rate in zip(recipe["hidden"], recipe["dropout"], strict=True):
        layers += [keras.layers.Dense(int(width), "relu"), keras.layers.Dropout(float(rate))]
    own = keras.Sequential([*layers, keras.layers.Dense(1, "sigmoid")])
    optimizer = keras.optimizers.SGD(float(recipe["learning_rate"]), 0.003)
    own.compile(optimizer, "binary_crossentropy", metrics=["accuracy"], steps_per_execution=steps_per_execution)
    return own


def seconds(recipe, steps_per_execution):
    train, validation = ((recipe[f"{part}_features"], recipe[f"{part}_labels"]) for part in ("train", "validation"))
    started = time.perf_counter()
    own = model(recipe, steps_per_execution)
    epochs, batch = int(recipe["epochs"]), int(recipe["batch_size"])
    own.fit(*train, validation_data=validation, epochs=epochs, batch_size=batch, verbose=0)
    for part in ("train", "validation", "test"):
        own.predict(recipe[f"{part}_features"], verbose=0)
    return time.perf_counter() - started


if __name__ == "__main__":
    with np.load(sys.argv[1]) as file:
        rows = {name: file[name].astype(np.float32) if name.endswith("labels") else file[name] for name in file.files}
    every = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    print(*[seconds(rows, every) for _ in range(int(sys.argv[2]))])

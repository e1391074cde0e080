"""What a Hydra and MLflow user writes: every threshold a run of its own, autologged. Prints seconds a run.

python naive_sweep.py -m rows=ROWS.npz threshold=0.3,0.5,0.7
"""

import os
import time
from dataclasses import dataclass

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import hydra
import keras
import matplotlib as mpl
import mlflow
import numpy as np
from hydra.core.config_store import ConfigStore

mpl.use("agg")
from matplotlib import pyplot as plt


@dataclass
class Config:
    rows: str = "rows.npz"
    activation: str = "sigmoid"
    loss: str = "binary_crossentropy"
    threshold: float = 0.5


ConfigStore.instance().store("config", Config)


@hydra.main(version_base=None, config_name="config")
def main(config):
    started = time.perf_counter()
    mlflow.set_tracking_uri("sqlite:///mlflow.db")
    mlflow.tensorflow.autolog()
    with np.load(config.rows) as file:
        rows = {name: file[name] for name in file.files}
    with mlflow.start_run():
        mlflow.log_params(dict(config))
        model = keras.Sequential(
            [
                keras.Input((2,)),
                keras.layers.Dense(124, "relu"),
                keras.layers.Dropout(0.5),
                keras.layers.Dense(124, "relu"),
                keras.layers.Dropout(0.1),
                keras.layers.Dense(1, config.activation),
            ]
        )
        accuracy = keras.metrics.BinaryAccuracy(threshold=config.threshold)
        model.compile(keras.optimizers.SGD(0.1, 0.003), config.loss, metrics=[accuracy])
        validation = rows["validation_features"], rows["validation_labels"].astype("float32")
        train = rows["train_features"], rows["train_labels"].astype("float32")
        model.fit(*train, validation_data=validation, batch_size=32, epochs=50, verbose=0)
        scores = model.predict(rows["test_features"], verbose=0)[:, 0]
        mlflow.log_metric("test_accuracy", float(((scores > config.threshold) == rows["test_labels"]).mean()))
        figure, axes = plt.subplots()
        axes.hist([scores[rows["test_labels"] == label] for label in (False, True)], bins=20)
        mlflow.log_figure(figure, "histogram.png")
        plt.close(figure)
    print("seconds", time.perf_counter() - started, flush=True)


if __name__ == "__main__":
    main()

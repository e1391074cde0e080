"""What a stored model runs when it is loaded: raw rows -> score, probability, label, at the run's own operating point.

MLflow copies this file into the model, so it stands alone: nothing of `threshold_lab` is imported here or needed where
the model is used. Beside it lie `card.json` (what it decides by), `encoder.skops` and `network.keras`; none of them is
code.
"""

import json
from functools import partial
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
import skops.io
from numpy.typing import NDArray

_TYPES = ["numpy.dtype"]  # in the encoder, beside what skops trusts
_BATCH = 8192
_EXACT = 2**53
_TRUTHS = {"true": 1.0, "false": 0.0}
_MISSING = frozenset(("", "NA", "N/A", "n/a", "#N/A", "#N/A N/A", "#NA", "<NA>", "NaN", "nan", "-NaN", "-nan", "null"))
_MISSING |= {
    "NULL",
    "None",
    "1.#IND",
    "-1.#IND",
    "1.#QNAN",
    "-1.#QNAN",
}  # as in training, which reads what pandas reads
_RELATIVE, _ABSOLUTE = 1e-3, 1e-4  # of a score on another machine
_PLACE = "cpu:0"  # a GPU multiplies with the first 10 bits of a number's fraction, as TensorFlow has it from the start

Reals = NDArray[np.float64]
Card = dict[str, Any]


class ThresholdModel(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    """A binary classifier that carries its threshold.

    predict: a table of raw rows, (n, columns of the training table); others are ignored, missing values may be blank.
    Returns a table of n rows: `score`, what the network says, the larger the more positive; `probability` of the
    positive label, where the score stands for one; `label`, positive where score >= threshold. The parameter
    `threshold` is another cut for one call, in the unit of the score.
    """

    def load_context(self, context: Any) -> None:
        """Load the parts and compare scores and labels of the stored rows with what they were. Raises ValueError."""
        self.card = json.loads(Path(context.artifacts["card"]).read_text())
        self.encoder = skops.io.load(context.artifacts["encoder"], trusted=_TYPES)
        import keras  # noqa: PLC0415 - MLflow runs this file when it stores a model, too

        self.placed = partial(keras.device, _PLACE)
        with self.placed():
            network = keras.models.load_model(context.artifacts["network"], compile=False, safe_mode=True)
        network.layers[-1].activation = keras.activations.linear  # scores are made of logits in float64
        self.network, self.activation = network, keras.activations.get(self.card["activation"])
        self._check_itself()

    def predict(self, context: Any, model_input: pd.DataFrame, params: Card | None = None) -> pd.DataFrame:  # noqa: ARG002
        """Score raw rows and cut them."""
        asked = (params or {}).get("threshold")
        threshold = float(self.card["threshold"] if asked is None else asked)
        if np.isnan(threshold):
            raise ValueError("threshold is NaN, which cuts nothing; give a number in the unit of the score")
        rows = pd.DataFrame(model_input)
        score = self.score(rows)
        probability = _probability(score, self.card["score"])
        labels = np.where(score >= threshold, self.card["positive"], self.card["negative"])
        found = {"score": score, "probability": probability, "label": labels.astype(object)}
        return pd.DataFrame({name: own for name, own in found.items() if own is not None}, index=rows.index)

    def score(self, rows: pd.DataFrame) -> Reals:
        """Return the score of raw rows, (n,) float64."""
        columns = self._columns(rows)  # first: a table of other columns, which MLflow leaves out, has no rows either
        if columns.empty:
            return np.empty(0)
        features = np.asarray(self.encoder.transform(columns), np.float32)
        batches = [features[start : start + _BATCH] for start in range(0, len(features), _BATCH)]
        with self.placed():
            logits = [np.asarray(self.network(own, training=False)) for own in batches]
            outputs = self.activation(np.concatenate(logits).astype(np.float64))
        return np.asarray(outputs, np.float64)[:, -1]

    def _columns(self, rows: pd.DataFrame) -> pd.DataFrame:
        """The columns of the training table, numbers as float64 and text as it was then. Raises ValueError."""
        numbers, texts = self.card["numbers"], self.card["texts"]
        if missing := [name for name in (*numbers, *texts) if name not in rows]:
            raise ValueError(f"column {missing[0]!r} is missing; the model needs {', '.join((*numbers, *texts))}")
        columns = {name: _numbers(rows[name]) for name in numbers} | {name: _words(rows[name]) for name in texts}
        return pd.DataFrame(columns, index=rows.index)

    def _check_itself(self) -> None:
        own = self.card["check"]
        found = self.score(pd.DataFrame(own["rows"]))
        if not np.allclose(found, own["scores"], rtol=_RELATIVE, atol=_ABSOLUTE):
            worst = int(np.argmax(np.abs(found - own["scores"])))
            raise ValueError(
                f"the model does not say what it said when it was stored: row {worst} of its own check scores "
                f"{found[worst]:.6g}, stored is {own['scores'][worst]:.6g}; its files or its libraries changed"
            )
        labels = self.predict(None, pd.DataFrame(own["rows"]))["label"]
        decided = np.abs(found - self.card["threshold"]) > _ABSOLUTE + _RELATIVE * np.abs(found)
        if strange := [row for row in np.flatnonzero(decided) if labels[row] != own["labels"][row]]:
            raise ValueError(
                f"the model does not decide as it did when it was stored: row {strange[0]} of its own check is "
                f"{labels[strange[0]]!r}, stored is {own['labels'][strange[0]]!r}; its card was changed"
            )


def _probability(score: Reals, claim: str) -> Reals | None:
    """P(positive) by what the score stands for; None where it stands for none."""
    if claim == "probability":
        return score
    if claim == "logit":
        return np.exp(-np.logaddexp(0, -score))
    return (score + 1) / 2 if claim.startswith("expected target") else None


def _present(column: pd.Series) -> pd.Series:
    """A column with NaN for whatever stands for a missing value, as in training."""
    own = column.astype(object)
    return own.where(own.notna() & ~own.map(lambda value: str(value).strip() in _MISSING), np.nan)


def _numbers(column: pd.Series) -> pd.Series:
    column = _present(column)
    words = column.map(lambda value: _TRUTHS.get(str(value).strip().lower(), value))
    found = pd.to_numeric(words, errors="coerce").astype(np.float64)
    strange = (found.isna() & column.notna()) | np.isinf(found)
    if strange.any():
        row = int(strange.to_numpy().argmax())
        raise ValueError(f"row {row}, column {column.name!r}: {str(column.iloc[row])!r} is not a finite number")
    return found


def _words(column: pd.Series) -> pd.Series:
    column = _present(column)
    return column.map(_word, na_action="ignore").where(column.notna(), np.nan)


def _word(value: object) -> str:
    """The text of a value as in training: 1, 1.0, "1" and "01" are the same, and True and "true"."""
    text = str(value).strip()
    if text.lower() in _TRUTHS:
        return text.capitalize()
    try:
        number = float(text.replace("_", "?"))  # Python, and no file, parts digits by underscores
    except ValueError:
        return text
    if not np.isfinite(number):
        return text
    return str(int(number)) if number.is_integer() and abs(number) < _EXACT else repr(number)


mlflow.models.set_model(ThresholdModel())

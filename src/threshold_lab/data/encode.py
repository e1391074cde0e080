"""Raw columns -> float32 features, fitted on the training rows alone, by scikit-learn's transformers.

Numbers: missing ones become the median, with an indicator column; then mean 0 and standard deviation 1, unless they
are to stay as they are.
Text: one column a value seen in training; missing is a value of its own; values not seen are all zeros.
"""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from threshold_lab.errors import DataError

MISSING = "(missing)"
_MOST_TEXTS = 100


def encoder_of(columns: pd.DataFrame, categorical: tuple[str, ...], *, standardise: bool = True) -> Any:
    """Return the transformer fitted on these rows. Raises DataError on a column that cannot be a feature."""
    numeric = [str(name) for name in columns if name not in categorical]
    _require_usable(columns, numeric, categorical)
    scaler = StandardScaler() if standardise else "passthrough"
    numbers = Pipeline([("impute", SimpleImputer(strategy="median", add_indicator=True)), ("scale", scaler)])
    texts = Pipeline(
        [
            ("impute", SimpleImputer(missing_values=np.nan, strategy="constant", fill_value=MISSING)),
            ("one_hot", OneHotEncoder(handle_unknown="ignore", sparse_output=False)),
        ]
    )
    encoder = ColumnTransformer(
        [("numbers", numbers, numeric), ("texts", texts, list(categorical))], verbose_feature_names_out=False
    )
    return encoder.fit(columns)


def feature_matrix(encoder: Any, columns: pd.DataFrame) -> NDArray[np.float32]:
    """Encode rows: (n, d) float32. Raises DataError where a value overflows."""
    with np.errstate(over="ignore"):
        features = np.ascontiguousarray(encoder.transform(columns), np.float32)
    if not np.isfinite(features).all():
        column = encoder.get_feature_names_out()[int(np.argmin(np.isfinite(features).all(axis=0)))]
        raise DataError(f"column {column!r} has values too large for float32; rescale it, or drop it with data.drop")
    return features


def _require_usable(columns: pd.DataFrame, numeric: list[str], categorical: tuple[str, ...]) -> None:
    if not columns.shape[1]:
        raise DataError("no feature column is left; name fewer columns in data.drop, or more in data.features")
    if empty := [name for name in numeric if columns[name].isna().all()]:
        raise DataError(f"column {empty[0]!r} has no value in the training rows; drop it with data.drop=[{empty[0]}]")
    for name in categorical:
        texts, rows = columns[name].nunique(), len(columns)
        if texts > _MOST_TEXTS and texts > rows / 2:
            raise DataError(
                f"column {name!r} has {texts} different texts in {rows} training rows, so it names rows instead of "
                f"describing them; drop it with data.drop=[{name}]"
            )

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

from threshold_lab.errors import DataError, short

MISSING = "(missing)"
MOST_VALUES = 10**9
"""Numbers in the features of the training part: 8 GB before they are float32."""


def encoder_of(columns: pd.DataFrame, categorical: tuple[str, ...], *, standardise: bool = True) -> Any:
    """Return the transformer fitted on these rows. Raises DataError where its features would not fit into memory."""
    numeric = [str(name) for name in columns if name not in categorical]
    _require_room(columns, categorical)
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
    """Encode rows: (n, d) float32, not finite where a value overflows."""
    with np.errstate(over="ignore"):
        return np.ascontiguousarray(encoder.transform(columns), np.float32)


def _require_room(columns: pd.DataFrame, texts: tuple[str, ...]) -> None:
    """Raise DataError where the features would be more than a machine holds: each different text is a column."""
    different = {name: columns[name].nunique() for name in texts}
    features = columns.shape[1] - len(texts) + sum(different.values())
    if features * len(columns) > MOST_VALUES:
        widest = max(different, key=lambda name: different[name], default="")
        told = f"; {short(widest)} alone has {different[widest]} different texts" if widest else ""
        raise DataError(
            f"{len(columns)} training rows of {features} features are {features * len(columns):.2g} numbers, more than "
            f"the {MOST_VALUES:.2g} that are held in memory{told}; drop columns with data.drop, or take fewer rows"
        )

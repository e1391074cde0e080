"""A raw table, as a source hands it on."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Table:
    """Raw columns (n rows), labels bool (n,), and the words for the two labels.

    part: "train", "validation" or "test" of each row, (n,), where the source says it. categorical: the columns
    that are text, or are to be treated as such.
    """

    columns: pd.DataFrame
    labels: NDArray[np.bool_]
    positive: str
    negative: str
    part: NDArray[np.str_] | None = None
    categorical: tuple[str, ...] = ()

"""The sources of data. A new one is a function and a row of SOURCES here, and its fields in `spec`."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from threshold_lab.data.csv import read_csv
from threshold_lab.data.table import Table
from threshold_lab.errors import DataError, unknown
from threshold_lab.spec import BreastCancer, Circles, Classification, Moons


def breast_cancer(spec: BreastCancer) -> Table:
    """Wisconsin breast cancer, doi:10.24432/C5DW2B: 569 rows, 30 features.

    Labels as scikit-learn codes them: 1, positive, is benign (357 rows).
    """
    from sklearn.datasets import load_breast_cancer  # noqa: PLC0415 - only when asked for: it costs a second

    bunch = load_breast_cancer(as_frame=True)
    names = list(map(str, spec.features or bunch.data.columns))
    if problems := [unknown("feature", name, bunch.data.columns) for name in names if name not in bunch.data]:
        raise DataError("data.features: " + "\n".join(problems))
    return Table(bunch.data[names], bunch.target.to_numpy() == 1, "benign", "malignant")


def moons(spec: Moons) -> Table:
    """Two interleaved half circles."""
    from sklearn.datasets import make_moons  # noqa: PLC0415

    return _points(*make_moons(spec.rows, noise=spec.noise, random_state=spec.seed))


def circles(spec: Circles) -> Table:
    """A circle within a circle; the inner one is positive."""
    from sklearn.datasets import make_circles  # noqa: PLC0415

    return _points(*make_circles(spec.rows, noise=spec.noise, factor=spec.factor, random_state=spec.seed))


def classification(spec: Classification) -> Table:
    """Clusters of normal points, some at the corners of a cube for either class."""
    from sklearn.datasets import make_classification  # noqa: PLC0415

    points, labels = make_classification(
        spec.rows,
        spec.features,
        n_informative=spec.features,
        n_redundant=0,
        n_clusters_per_class=spec.clusters,
        weights=[1 - spec.positives],
        flip_y=spec.noise,
        class_sep=spec.separation,
        random_state=spec.seed,
    )
    return Table(pd.DataFrame(points, columns=[f"x{own}" for own in range(spec.features)]), labels == 1, "1", "0")


def _points(points: NDArray[np.float64], labels: NDArray[np.int64]) -> Table:
    return Table(pd.DataFrame(points, columns=["x", "y"]), labels == 1, "1", "0")


SOURCES: dict[str, Callable[[Any], Table]] = {
    "breast_cancer": breast_cancer,
    "moons": moons,
    "circles": circles,
    "classification": classification,
    "csv": read_csv,
}

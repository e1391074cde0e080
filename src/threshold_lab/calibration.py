"""Whether a probability keeps its word, and what makes it: the reliability curve, and recalibration.

A recalibration maps logits to logits, so that what a float64 probability would round together stays apart. It is
fitted on the validation part and judged on the test part. Temperature and Platt keep the order of the logits, and so
every rank and every partition; isotonic regression may tie what was apart.
"""

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from threshold_lab.counts import Flags, Reals
from threshold_lab.errors import DataError
from threshold_lab.heads import sigmoid
from threshold_lab.scoring import probability_metrics

_FINITE = 700.0  # beyond it, exp overflows

Map = Callable[[Reals], Reals]
"""Logits (n,) -> logits (n,), of which `heads.sigmoid` makes probabilities."""


@dataclass(frozen=True, eq=False)
class Reliability:
    """What scores claim and what is found, in bins that hold rows, (b,): rows, mean probability, share of positives."""

    rows: NDArray[np.int64]
    claimed: Reals
    found: Reals


def reliability(probabilities: Reals, labels: Flags, bins: int = 10) -> Reliability:
    """Return the reliability curve of probabilities (n,) in bins of as many rows each; rows of one score share a bin.

    Source: Bröcker and Smith 2007, doi:10.1175/WAF993.1.
    """
    places = np.searchsorted(np.sort(probabilities), probabilities, "left") * bins // len(probabilities)
    rows, claimed, found = (np.bincount(places, own, bins) for own in (np.ones(len(places)), probabilities, labels))
    held = rows > 0
    return Reliability(rows[held].astype(np.int64), claimed[held] / rows[held], found[held] / rows[held])


# ---- recalibration


def temperature(logits: Reals, labels: Flags) -> Map:
    """Fit one slope, without intercept, to the logit. Source: Guo et al. 2017, https://proceedings.mlr.press/v70/guo17a.html."""
    slope = _logistic(logits, labels, intercept=False)[0]
    return lambda own: slope * own


def platt(logits: Reals, labels: Flags) -> Map:
    """Fit slope and intercept to the logit. Source: Platt 1999, Advances in Large Margin Classifiers, pages 61-74."""
    slope, intercept = _logistic(logits, labels, intercept=True)
    return lambda own: slope * own + intercept


def isotonic(logits: Reals, labels: Flags) -> Map:
    """Fit the best map that never falls. Source: Zadrozny and Elkan 2002, doi:10.1145/775047.775151."""
    own = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(_finite(logits), labels.astype(np.float64))
    return lambda logits: _logit_of(own.predict(_finite(logits)))


JUDGED = ("brier", "brier_reliability", "log_loss", "ece_width", "ece_mass")
CALIBRATION = ("seed", "recalibration", *JUDGED)
"""Columns of `table`: metrics of `scoring`, smaller is better."""

RECALIBRATIONS: Mapping[str, Callable[[Reals, Flags], Map]] = {
    "temperature": temperature,
    "platt": platt,
    "isotonic": isotonic,
}


def recalibrated(name: str, logits: Reals, labels: Flags) -> Map:
    """Fit a recalibration by name on rows of the validation part: logits (n,), labels (n,).

    Raises DataError on rows of one class, and where the fit would turn the order of the scores round.
    """
    if labels.all() or not labels.any():
        raise DataError(f"{name} needs rows of both classes to be fitted on; the rows hold one")
    return RECALIBRATIONS[name](logits, labels)


def table(logits: Mapping[str, Reals], labels: Mapping[str, Flags], seeds: Sequence[int]) -> pd.DataFrame:
    """Return what each recalibration comes to on the test part, a row a seed and recalibration: columns CALIBRATION.

    logits (r, n) and labels (n,) by part; fitted on "validation", each network its own. "none" takes the sigmoid of
    the logit as it is. Blank where a network cannot be recalibrated.
    """
    rows = [
        {"seed": seed, "recalibration": name}
        | _judged(name, logits["validation"][index], logits["test"][index], labels)
        for index, seed in enumerate(seeds)
        for name in ("none", *RECALIBRATIONS)
    ]
    return pd.DataFrame(rows, columns=list(CALIBRATION))


def _judged(name: str, validation: Reals, test: Reals, labels: Mapping[str, Flags]) -> dict[str, float]:
    try:
        own = recalibrated(name, validation, labels["validation"])(test) if name in RECALIBRATIONS else test
    except DataError:
        return {}
    found = probability_metrics(sigmoid(own)[None], labels["test"])
    return {metric: float(found[metric][0]) for metric in JUDGED}


def _logistic(logits: Reals, labels: Flags, *, intercept: bool) -> tuple[float, float]:
    """Slope and intercept of the largest likelihood, no penalty. Raises DataError where the slope is not above 0."""
    own = _finite(logits)
    center, spread = (float(own.mean()) if intercept else 0.0), float(own.std()) or 1.0
    model = LogisticRegression(C=np.inf, fit_intercept=intercept, solver="newton-cholesky", tol=1e-6)
    with warnings.catch_warnings():  # where a cut parts the classes, no slope is the best, and any large one will do
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit((own[:, None] - center) / spread, labels)
    slope = float(model.coef_[0, 0]) / spread
    if slope <= 0:
        raise DataError(
            f"the higher the logit, the fewer rows are positive (slope {slope:.3g}): recalibrated, the scores would be "
            f"turned round; look for swapped labels, or leave this network as it is"
        )
    return slope, float(model.intercept_[0]) - slope * center if intercept else 0.0


def _logit_of(probabilities: Reals) -> Reals:
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(probabilities) - np.log1p(-probabilities), np.float64)


def _finite(logits: Reals) -> Reals:
    return np.clip(logits, -_FINITE, _FINITE)

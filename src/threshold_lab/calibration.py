"""Whether a probability keeps its word, and what makes it: the reliability curve, and recalibration.

A recalibration maps logits to logits, so that what a float64 probability would round together stays apart. It is
fitted on the validation part and judged on the test part. Temperature and Platt keep the order of the logits, and so
every rank and every partition; isotonic regression may tie what was apart.
"""

import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn import config_context
from sklearn.exceptions import ConvergenceWarning
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from threshold_lab.counts import Flags, Reals
from threshold_lab.errors import DataError
from threshold_lab.heads import sigmoid
from threshold_lab.records import Scores
from threshold_lab.scoring import binned, of_equal_mass, probability_metrics

_FINITE = 700.0  # beyond it, exp overflows
_FREE = 1e12  # of a penalty: none; liblinear, the quickest on few rows, knows no infinity

Map = Callable[[Reals], Reals]
"""Logits (n,) -> logits (n,), of which `heads.sigmoid` makes probabilities."""


class Reliability(NamedTuple):
    """What scores claim and what is found, in bins that hold rows, (b,): rows, mean probability, share of positives."""

    bin: NDArray[np.intp]
    rows: NDArray[np.int64]
    claimed: Reals
    found: Reals


def reliability(probabilities: Reals, labels: Flags) -> Reliability:
    """Return the reliability curve of probabilities (n,), in the bins of equal mass of `scoring`.

    Source: Bröcker and Smith 2007, doi:10.1175/WAF993.1.
    """
    p = probabilities[None]
    rows, claimed, found = (own[0] for own in binned(p, labels, of_equal_mass(p)))
    held = np.flatnonzero(rows)
    return Reliability(held, rows[held].astype(np.int64), claimed[held] / rows[held], found[held] / rows[held])


CURVES = ("recalibration", "seed", *Reliability._fields)
"""Columns of `curves`."""


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


def on_test(validation: Scores, test: Scores, *, probability: bool, centred: bool = True) -> dict[str, Reals]:
    """Return the probabilities of the test part by recalibration, each fitted on the validation part: (r, n) each.

    "none" is what `predict` returns, clipped to [0, 1], where that claims to be a probability, else the sigmoid of the
    logit. NaN for a network that cannot be recalibrated, and under "temperature" unless `centred`: a slope alone keeps
    a logit of 0 at P = 1/2, which is wrong of a network whose logit of 0 means something else.
    """
    as_it_is = np.clip(test.scores, 0, 1) if probability else sigmoid(test.logits)
    with config_context(assume_finite=True, skip_parameter_validation=True):
        found = {name: _all_on_test(name, validation, test) for name in RECALIBRATIONS}
    return {"none": as_it_is} | found | ({} if centred else {"temperature": np.full(as_it_is.shape, np.nan)})


def _all_on_test(name: str, validation: Scores, test: Scores) -> Reals:
    found = np.full(test.logits.shape, np.nan)
    for own, fitted_on, logits in zip(found, validation.logits, test.logits, strict=True):
        with suppress(DataError):
            own[:] = sigmoid(recalibrated(name, fitted_on, validation.labels)(logits))
    return found


def table(probabilities: Mapping[str, Reals], labels: Flags, seeds: Sequence[int]) -> pd.DataFrame:
    """Return what each recalibration of `on_test` comes to, a row a seed and recalibration: columns CALIBRATION."""
    blocks = [
        pd.DataFrame({"seed": list(seeds), "recalibration": name} | _judged(own, labels))
        for name, own in probabilities.items()
    ]
    return pd.concat(blocks, ignore_index=True)


def _judged(probabilities: Reals, labels: Flags) -> dict[str, Reals]:
    """Every metric of JUDGED, (r,) each."""
    held = ~np.isnan(probabilities[:, 0])
    judged, found = probability_metrics(probabilities[held], labels), {}
    for name in JUDGED:
        found[name] = np.full(len(held), np.nan)
        found[name][held] = judged[name]
    return found


def curves(probabilities: Mapping[str, Reals], labels: Flags, seeds: Sequence[int]) -> pd.DataFrame:
    """Return the reliability curves of each recalibration of `on_test`, a row a seed and bin: columns CURVES."""
    found = {
        (name, seed): reliability(p, labels)
        for name, own in probabilities.items()
        for seed, p in zip(seeds, own, strict=True)
        if not np.isnan(p[0])
    }
    bins = [len(own.bin) for own in found.values()]
    keys = {name: np.repeat(own, bins) for name, own in zip(CURVES, zip(*found, strict=True), strict=False)}
    columns = (np.concatenate(own) for own in zip(*found.values(), strict=True))
    return pd.DataFrame(keys | dict(zip(Reliability._fields, columns, strict=True)))


def _logistic(logits: Reals, labels: Flags, *, intercept: bool) -> tuple[float, float]:
    """Slope and intercept of the largest likelihood, no penalty. Raises DataError where the slope is not above 0."""
    own = _finite(logits)
    center, spread = (float(own.mean()) if intercept else 0.0), float(own.std()) or 1.0
    model = LogisticRegression(C=_FREE, fit_intercept=intercept, solver="liblinear", tol=1e-8)
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

"""Whether an output is the probability that it looks like."""

import numpy as np

from threshold_lab.calibration import reliability
from threshold_lab.claims.answer import Cell, Measured, Picture, Series
from threshold_lab.claims.measuring import CONFIDENCE, About, Found, Tolerance, mean_of, share, span, surely, with_rows
from threshold_lab.claims.rules import at_most
from threshold_lab.claims.trial import Trial, Trials, cases
from threshold_lab.counts import Reals
from threshold_lab.influence import calibration_error as influence_on_error
from threshold_lab.scoring import calibration_error, of_equal_mass
from threshold_lab.uncertainty import by_influence

_DRAWS = 200
"""Of labels as they would be if every probability were right."""

_DRAWN = "moons"
"""The data whose reliability is drawn; of all where that is not among them, the first."""


def output_is_probability(trials: Trials, tolerance: Tolerance) -> Found:
    """Measure by how much outputs miss the share of positives, beyond what right probabilities would by chance."""
    known = cases(trials)
    measured: dict[str, list[Measured]] = {own.spec.loss: [] for own in trials}
    for name, trials_ in known.items():
        for own in trials_:
            measured[own.spec.loss].append(_error(name, own, tolerance["error"]))
    words = [
        f"{loss} by {span([one.value for one in own])} (a probability on {share([one.holds is True for one in own])})"
        for loss, own in measured.items()
    ]
    drawn = known.get(_DRAWN, next(iter(known.values())))
    return Found(
        measured=tuple(one for own in measured.values() for one in own),
        says=(
            f"A sigmoid's output misses the share of positives, beyond what chance would, after training on "
            f"{'; on '.join(words)}."
        ),
        table=tuple(_judged(name, own) for name, trials_ in known.items() for own in trials_),
        picture=Picture(
            kind="lines",
            title=f"Of the rows that get this output, how many are positive ({next(iter(cases(drawn)))})",
            x="output of the network",
            y="share of positives",
            series=(*(_curve(own) for own in drawn), Series(name="a probability", x=(0.0, 1.0), y=(0.0, 1.0))),
        ),
    )


def _error(name: str, own: Trial, limit: float) -> Measured:
    p, labels = np.clip(own.tested.scores, 0, 1), own.tested.labels
    excess = calibration_error(p, labels, mass=True) - by_chance(p, own.spec.seed)
    moved = influence_on_error(of_equal_mass, p, labels).mean(axis=0)
    value, sure = with_rows(excess, by_influence(moved, labels, CONFIDENCE))
    statistic = f"calibration error beyond chance, {own.spec.loss}"
    about = About(name, statistic, f"at most {limit:g}", len(p))
    return surely(about, value, sure, holds=at_most(sure, limit))


def by_chance(p: Reals, seed: int) -> Reals:
    """Return the calibration error that probabilities (r, n) would show on as many rows if all were right, (r,).

    The mean over draws of labels from the probabilities themselves, in the bins of equal mass of `scoring`.
    Source: Bröcker and Smith 2007, doi:10.1175/WAF993.1, on resampling for consistency.
    """
    generator, bins = np.random.default_rng(seed), of_equal_mass(p)
    return np.array([_drawn(one, own, generator) for one, own in zip(p, bins, strict=True)])


def _drawn(p: Reals, bins: np.ndarray, generator: np.random.Generator) -> float:
    drawn = generator.random((_DRAWS, len(p))) < p
    member = np.eye(bins.max() + 1)[bins]
    return float(np.abs((drawn - p) @ member).sum(axis=1).mean() / len(p))


def _judged(name: str, own: Trial) -> dict[str, Cell]:
    p, labels = np.clip(own.tested.scores, 0, 1), own.tested.labels
    error = calibration_error(p, labels, mass=True)
    return {
        "data": name,
        "loss": own.spec.loss,
        "calibration error": mean_of(error)[0],
        "of which by chance": mean_of(by_chance(p, own.spec.seed))[0],
        "Brier score": float(np.mean(np.square(p - labels))),
        "ROC AUC": float(own.of("roc_auc").mean()),
    }


def _curve(own: Trial) -> Series:
    """The reliability curve of all networks of a trial together."""
    p, labels = np.clip(own.tested.scores, 0, 1), own.tested.labels
    found = reliability(p.ravel(), np.tile(labels, len(p)))
    return Series(name=own.spec.loss, x=tuple(found.claimed.tolist()), y=tuple(found.found.tolist()))

"""Whether anything is learnt through a threshold as the output activation."""

from collections.abc import Mapping

from threshold_lab.claims.answer import Measured, Picture, Series
from threshold_lab.claims.measuring import About, Found, Tolerance, exactly, mean_of, over, span, surely
from threshold_lab.claims.rules import above
from threshold_lab.claims.trial import Trial, Trials, cases, the
from threshold_lab.uncertainty import Interval


def step_in_training(trials: Trials, tolerance: Tolerance) -> Found:
    """See whether anything is learnt through a step, and through a sigmoid from the same weights."""
    measured: list[Measured] = []
    rows, learnt = [], []
    bars: dict[str, list[tuple[float, Interval]]] = {"before": [], "sigmoid": [], "step": []}
    for name, own in cases(trials).items():
        step, sigmoid = (the(own, activation=activation) for activation in ("step", "sigmoid"))
        measured += _of_step(name, step, tolerance)
        learnt.append(mean_of(sigmoid.of("after") - sigmoid.of("before")))
        rows += [_learnt(name, activation, one) for activation, one in (("step", step), ("sigmoid", sigmoid))]
        for key, values in (
            ("before", step.of("before")),
            ("sigmoid", sigmoid.of("after")),
            ("step", step.of("after")),
        ):
            bars[key].append(mean_of(values))
    refusals = {own.words["refusal"][0] for own in trials} - {""}
    moved = [own.value for own in measured if "weight" in own.statistic]
    return Found(
        measured=tuple(measured),
        says=(
            f"Through a step the largest change of a weight is {span(moved, '.3g')} and accuracy stays within "
            f"{max(abs(own.value) for own in measured if 'gained' in own.statistic):.3g} of where it began; a sigmoid "
            f"from the same weights gains {span([mean for mean, _ in learnt])}"
            + (f". Written as a comparison, Keras refuses it: {min(refusals)!r}" if refusals else ".")
        ),
        table=tuple(rows),
        picture=_before_and_after(list(cases(trials)), bars),
        invalid="" if all(low > tolerance["gained"] for _, (low, _) in learnt) else "the sigmoid did not learn either",
    )


def _of_step(name: str, step: Trial, tolerance: Tolerance) -> list[Measured]:
    moved, (gained, sure) = float(step.of("moved").max()), mean_of(step.of("after") - step.of("before"))
    seeds = step.spec.seeds
    largest = About(name, "largest change of a weight", over(tolerance, "moved"), seeds)
    better = About(name, "accuracy gained in training", over(tolerance, "gained"), seeds)
    return [
        exactly(largest, moved, holds=above((moved, moved), tolerance["moved"])),
        surely(better, gained, sure, holds=above(sure, tolerance["gained"])),
    ]


def _learnt(name: str, activation: str, own: Trial) -> dict[str, str | float | None]:
    return {
        "data": name,
        "activation": activation,
        "accuracy before": float(own.of("before").mean()),
        "accuracy after": float(own.of("after").mean()),
        "largest change of a weight": float(own.of("moved").max()),
        "Keras on the same by a comparison": own.words["refusal"][0],
    }


def _before_and_after(names: list[str], bars: Mapping[str, list[tuple[float, Interval]]]) -> Picture:
    words = {"before": "before training", "sigmoid": "after, through a sigmoid", "step": "after, through a step"}
    return Picture(
        kind="bars",
        title="Accuracy before training and after, through a sigmoid and through a step",
        x="data",
        y="accuracy on the test part",
        series=tuple(
            Series(
                name=words[key],
                x=tuple(names),
                y=tuple(mean for mean, _ in own),
                low=tuple(low for _, (low, _) in own),
                high=tuple(high for _, (_, high) in own),
            )
            for key, own in bars.items()
        ),
    )

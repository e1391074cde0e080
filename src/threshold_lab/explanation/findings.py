"""What can be found in a model: how bad it is, what happens, and the one line that mends it."""

from dataclasses import asdict, dataclass
from typing import Any

ERROR, CAUTION, NOTE = "error", "caution", "note"


@dataclass(frozen=True)
class Kind:
    """A finding before it is found in a model.

    severity: `error` (what is asked for cannot come out), `caution` (a number is not what it looks like), `note`.
    text: what happens; empty where `heads` says it. mend: a line of Python on `model`; empty where nothing is wrong.
    """

    severity: str
    text: str = ""
    mend: str = ""


@dataclass(frozen=True)
class Finding:
    """What was found in a model."""

    id: str
    severity: str
    text: str
    mend: str

    def as_json(self) -> dict[str, str]:
        """Return it as JSON has it."""
        return asdict(self)


def compiled(loss: str = "model.loss", metrics: str = '["accuracy"]') -> str:
    """Return the line that compiles a model anew."""
    return f"model.compile(optimizer=model.optimizer, loss={loss}, metrics={metrics})"


def parted(y: Any) -> str:
    """Return the line that makes labels 0 and 1, parted in the middle."""
    return _PARTED.format(middle=(float(y.min()) + float(y.max())) / 2)


AT_ZERO = "[keras.metrics.BinaryAccuracy(threshold=0.0)]"
_CUTS_LOGITS = "metric {metric!r} cuts logits at {threshold:g}, which is P = {probability:.3f}; P = 1/2 is at logit 0"
_CUTS_MARGINS = "metric {metric!r} cuts margins at {threshold:g}; a margin changes sides at 0"
_THRESHOLDS = compiled(metrics="[keras.metrics.{resolved}({cut}=0.0)]")
_PARTED = "y = (y > {middle:g}).astype('float32')"
_FITTING, _LINEAR = "{fitting}", "{linear}"
_PROPER = "{end}" + compiled("keras.losses.{proper}()")

FINDINGS = {
    # ---- activation and loss
    "one_unit_softmax": Kind(ERROR, mend=_FITTING),
    "two_independent_sigmoids": Kind(ERROR, mend=compiled("keras.losses.CategoricalCrossentropy()")),
    "from_logits_missing": Kind(ERROR, mend=compiled("{loss}", "{metrics}")),
    "from_logits_twice": Kind(ERROR, mend="{end}" + compiled("{loss}")),
    "logit_is_confined": Kind(ERROR, mend=_LINEAR),
    "dead_gradients": Kind(CAUTION, mend=_FITTING),
    "not_a_probability": Kind(CAUTION, mend=_FITTING),
    "not_calibrated": Kind(NOTE, mend=_PROPER),
    "margin_never_negative": Kind(ERROR, mend=_LINEAR),
    "logarithm_of_negative": Kind(ERROR, mend="{exponential}"),
    "step_has_no_gradient": Kind(
        ERROR,
        "a step has no gradient, so no weight is ever moved by fit; train a sigmoid and cut its output afterwards",
        _FITTING,
    ),
    "one_unit_of_many": Kind(
        ERROR,
        "the loss compares units with each other, and there is one: it says the same of every row, or nothing of the "
        "negative ones",
        _PROPER,
    ),
    "units_do_not_sum_to_one": Kind(
        CAUTION,
        "each of the two units goes from 0 to 1 on its own; they are no probabilities of two classes that exclude "
        "each other",
        "{softmax}",
    ),
    "logits_not_found": Kind(
        NOTE,
        "a layer after the sigmoid, or its dtype, hides its logits, so the loss is computed from outputs cut to "
        "[1e-7, 1 - 1e-7]: rows that are wrong and very sure get no gradient; end the model with the sigmoid itself, "
        "in float32",
    ),
    "label_smoothing": Kind(
        NOTE,
        "labels are smoothed by {smoothing:g}: an output of {low:.3g} stands for P = 0 and {high:.3g} for P = 1, so "
        "outputs are no calibrated probabilities",
        compiled("{loss}", "{metrics}"),
    ),
    "brier_score": Kind(
        NOTE,
        "the mean squared error of a probability is the Brier score: a proper loss for classes, too; its gradient is "
        "small where the sigmoid is sure and wrong",
    ),
    "regression": Kind(
        NOTE, "nothing here speaks of classes: the model is a regression, and its output an estimate of y"
    ),
    "many_classes": Kind(NOTE, "more than two units are more than two classes; explain judges classifiers of two"),
    "many_outputs": Kind(
        NOTE,
        "several units, each with a target of its own; explain judges a single one, and classifiers of two classes",
    ),
    "activation_unknown": Kind(
        NOTE, "the output activation is none that is known here, so nothing is said of what the output stands for"
    ),
    "loss_unknown": Kind(NOTE, "the loss is none of Keras's, so nothing is said of what it asks of the output"),
    "not_compiled": Kind(
        ERROR,
        "the model has no loss, so nothing says what its output stands for, and fit cannot train it",
        'model.compile(optimizer="sgd", loss="binary_crossentropy", metrics=["accuracy"])',
    ),
    # ---- metrics
    "accuracy_on_logits": Kind(CAUTION, _CUTS_LOGITS, compiled(metrics=AT_ZERO)),
    "threshold_on_logits": Kind(CAUTION, _CUTS_LOGITS, _THRESHOLDS),
    "accuracy_on_margins": Kind(CAUTION, _CUTS_MARGINS, compiled(metrics=AT_ZERO)),
    "threshold_on_margins": Kind(CAUTION, _CUTS_MARGINS, _THRESHOLDS),
    "threshold_not_natural": Kind(
        NOTE,
        "metric {metric!r} cuts at {threshold:g}, and P = 1/2 is at {half:g}; that metric alone cuts there, neither "
        "fit nor predict does",
    ),
    "f1_without_threshold": Kind(
        ERROR,
        "metric {metric!r} has no threshold: of a single column it calls every row positive whose output is not 0; "
        "where no output is 0, that is the same number 2p/(1 + p), p the share of positives, whatever the model does",
        compiled(metrics="[keras.metrics.{resolved}({beta}threshold=0.5)]"),
    ),
    "f1_on_logits": Kind(
        CAUTION,
        "metric {metric!r} cuts logits at {threshold:g}, which is P = {probability:.3f}, and takes no threshold of 0; "
        "end the model with a sigmoid",
        "{end}" + compiled("keras.losses.{proper}()", "[keras.metrics.{resolved}({beta}threshold=0.5)]"),
    ),
    "accuracy_of_equality": Kind(
        ERROR,
        "metric {metric!r} counts outputs that equal the label to the last digit, and cuts nothing",
        compiled(metrics='["accuracy"]'),
    ),
    "argmax_of_one_unit": Kind(
        ERROR,
        "metric {metric!r} takes the largest of several columns, and there is one: it calls every row class 0",
        compiled(metrics='["accuracy"]'),
    ),
    "accuracy_per_unit": Kind(
        NOTE,
        "metric {metric!r} cuts each of the two columns by itself and counts both, where 'accuracy' takes the larger",
    ),
    "auc_on_logits": Kind(
        ERROR,
        "metric {metric!r} looks at cuts from 0 to 1 only, and the output goes beyond: what lies outside is one tie",
        compiled(metrics="[keras.metrics.AUC(from_logits=True)]"),
    ),
    "auc_from_logits_twice": Kind(
        CAUTION,
        "metric {metric!r} takes the sigmoid of what is a probability already, and squeezes all of it between 0.5 and "
        "0.731, where it has a quarter of its cuts",
        compiled(metrics="[keras.metrics.AUC()]"),
    ),
    "crossentropy_of_logits": Kind(
        ERROR,
        "metric {metric!r} takes logits for probabilities and cuts them to [0, 1]",
        compiled(metrics="[keras.metrics.BinaryCrossentropy(from_logits=True)]"),
    ),
    # ---- labels
    "labels_never_match": Kind(
        ERROR,
        "metric {metric!r} calls rows 0 or 1, so it counts no row labelled {label:g} as right",
        _PARTED,
    ),
    "labels_out_of_range": Kind(ERROR, mend="{mend}"),
    "labels_do_not_fit": Kind(
        ERROR,
        "labels of shape {labels} do not fit an output of shape {outputs}: {reason}",
        "{mend}",
    ),
    "accuracy_of_regression": Kind(
        CAUTION,
        "the labels take {values} values, and metric {metric!r} counts those that are exactly 0 or 1",
        compiled(metrics='["mean_absolute_error"]'),
    ),
    "one_class": Kind(NOTE, "all rows have one label, so nothing can be said of how well classes are told apart"),
    # ---- what is seen on data
    "nothing_trainable": Kind(NOTE, "no weight is trainable, so fit moves none", "model.trainable = True"),
    "constant_output": Kind(
        CAUTION, "predict returns the same number, {value:.6g}, for every row: no threshold parts them"
    ),
    "saturated": Kind(
        CAUTION,
        "{share:.0%} of the outputs are exactly 0 or 1: they tie, and no threshold and no ROC curve parts them; the "
        "logit still would",
    ),
    "no_better_than_majority": Kind(
        CAUTION,
        "Keras's accuracy, {keras:.3f}, is not above that of always saying the more frequent label, {majority:.3f}; "
        "at the tuned threshold {threshold:.4g} it is {tuned:.3f}",
        "{mend}",
    ),
    "loss_differs": Kind(
        NOTE,
        "evaluate reports a loss of {evaluated:.4f}, and the same loss of what predict returns is {recomputed:.4f}: "
        "evaluate computes it from something else than the outputs",
    ),
}
"""By id, in the order they are told in."""


def found(id_: str, text: str = "", /, **values: object) -> Finding:
    """Return a finding, its words filled in. text: that of `heads`, where the table leaves it to them."""
    own = FINDINGS[id_]
    return Finding(id_, own.severity, text or own.text.format(**values), own.mend.format(**values))


def ordered(findings: list[Finding]) -> list[Finding]:
    """Return distinct findings, errors first, then cautions, then notes; within them as the table has them."""
    rank = {own: place for place, own in enumerate((ERROR, CAUTION, NOTE))}
    places = {id_: place for place, id_ in enumerate(FINDINGS)}
    return sorted(dict.fromkeys(findings), key=lambda own: (rank[own.severity], places[own.id]))

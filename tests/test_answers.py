"""What is stored of a claim."""

import pytest

from threshold_lab.claims.answer import LARGEST, Answer, Measured, Picture, Series, read, written
from threshold_lab.errors import StoreError

ANSWER = Answer(
    number=1,
    name="threshold_in_training",
    quote="I assume it's done implicitly in the back-end",
    claim="Keras uses a threshold while it trains.",
    verdict="refuted",
    says="Trained with metrics that cut at .1, .5 and .9, the weights are the same to the bit.",
    method="Three fits from the same seed; refuted where all hashes are equal.",
    measured=(Measured(data="moons", statistic="different weights", value=0, limit="0", holds=False),),
    table=({"threshold": 0.1, "accuracy": 0.8, "weights": "ab12"},),
    picture=Picture(
        kind="bars", title="Accuracy", x="threshold", y="share", series=(Series(name="moons", x=("0.1",), y=(0.8,)),)
    ),
    command="threshold-lab claims threshold_in_training",
    environment={"keras": "3.15.1", "backend": "tensorflow"},
)


def test_an_answer_survives_its_file_and_a_file_of_another_form_is_refused():
    content = written(ANSWER)
    assert read(content) == ANSWER
    assert written(read(content)) == content
    for wrong in (b"{}", content.replace(b'"refuted"', b'"true"'), content.replace(b'"value": 0', b'"value": NaN')):
        with pytest.raises(StoreError, match="not as it was written"):
            read(wrong)
    with pytest.raises(StoreError, match="at most"):
        read(b" " * (LARGEST + 1))

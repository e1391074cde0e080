"""A store with a sweep and answers, and one whose every word is hostile: what a report is made of."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from conftest import SMALL, lab_here, once, trained
from test_answers import ANSWER

from threshold_lab.app.hydra_door import composed
from threshold_lab.app.task import PLACES
from threshold_lab.claims.answer import Measured, Picture, Series
from threshold_lab.claims.kept import keep as keep_answer
from threshold_lab.report.written import report
from threshold_lab.spec import run_spec
from threshold_lab.tracking import Runs

WORDS = ["activation=sigmoid,linear", "loss=binary_crossentropy,mse"]
HOSTILE = (
    """</script><script>window.hacked=1</script>"'><img src=x onerror="window.hacked=2"> | `b` [l](x) {{777*777}} $x$"""
)
GAIN = Measured(
    data="moons", statistic="gain", value=0.012345, low=-0.0021, high=0.0268, confidence=0.95, limit="0", holds=None
)
ANSWERS = [
    ANSWER,
    replace(
        ANSWER,
        number=9,
        name="tuned_cut",
        verdict="not decided",
        claim="A tuned cut gains nothing.",
        measured=(GAIN,),
        picture=Picture(
            kind="points",
            title="Gain",
            x="data",
            y="gain",
            mark=0.0,
            series=(Series(name="gain", x=("moons", "circles"), y=(0.1, 0.2), low=(0.0, 0.1), high=(0.2, 0.3)),),
        ),
    ),
]


def keep(answers, folder: Path) -> None:
    runs = Runs(folder)
    for own in answers:
        keep_answer(runs, own, own.name)


def specs(*words: str):
    configs = composed("threshold=0.5", *words)
    return [run_spec({key: value for key, value in own.items() if key not in PLACES}) for own in configs]


QUESTION = (*WORDS, *SMALL)
"""Words of the sweep that the page is about."""


def a_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small sweep and two answers, which no test changes."""
    return once(tmp_path_factory, "reported", partial(_make, tmp_path_factory))


def _make(folders: pytest.TempPathFactory, place: Path) -> None:
    lab_here("sweep", *WORDS, "threshold=0.5,youden", *SMALL, folder=trained(folders, place)).check_returncode()
    keep(ANSWERS, place / "mlruns")


def files_of(folder: Path) -> dict[str, bytes]:
    """What is reported of a folder's store."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        return report(Path("mlruns"), specs(*QUESTION))


def hostile_files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of a store whose every word is hostile, and that holds no sweep."""
    series = (Series(name=HOSTILE, x=(HOSTILE, "b\n# c"), y=(1.0, 2.0)),)
    own = replace(
        ANSWER,
        quote=HOSTILE,
        claim=HOSTILE,
        says=f"# {HOSTILE}\n\n# x",
        method=HOSTILE,
        command=HOSTILE,
        environment={HOSTILE: HOSTILE},
        measured=(replace(ANSWER.measured[0], data=HOSTILE, statistic=HOSTILE, limit=HOSTILE),),
        table=({HOSTILE: HOSTILE, "b": 1.5},),
        picture=Picture(kind="bars", title=HOSTILE, x=HOSTILE, y=HOSTILE, series=series),
        runs=(HOSTILE,),
    )
    folder = tmp_path_factory.mktemp("hostile")
    keep([own], folder)
    return report(folder, specs())

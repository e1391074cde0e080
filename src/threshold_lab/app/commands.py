"""The commands of threshold-lab, each of which imports what it needs when it is called."""

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import click

from threshold_lab.app.findings import claims, report, reproduce
from threshold_lab.errors import LabError

HYDRA_WORDS = {"ignore_unknown_options": True, "allow_interspersed_args": False, "help_option_names": []}
COMPLETION = ("-sc", "--shell-completion")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="threshold-lab")
def cli() -> None:
    """Find out what activation, loss and threshold of a Keras binary classifier each decide.

    \b
    threshold-lab sweep                                  the question's sweep: 80 jobs, 160 networks
    threshold-lab sweep activation=sigmoid,tanh threshold=0.3,0.5,youden data=moons
    threshold-lab run activation=linear loss=mse data=csv data.path=my.csv data.target=churned
    threshold-lab ui                                     look at the runs
    threshold-lab decide scores.csv --score p --label y --rule youden
    threshold-lab explain model.keras                    what a model of your own really does

    Tab completion: eval "$(threshold-lab -sc install=bash)" (or zsh, fish).
    """


@cli.command(context_settings=HYDRA_WORDS, add_help_option=False)
@click.argument("words", nargs=-1, type=click.UNPROCESSED)
def sweep(words: Sequence[str]) -> None:
    """Run every combination of KEY=VALUE,VALUE ... (sweep --help lists the keys)."""
    mode = [] if _asks_only(words) else ["--multirun"]
    _hydra([*mode, *words], "threshold-lab sweep")


@cli.command(context_settings=HYDRA_WORDS, add_help_option=False)
@click.argument("words", nargs=-1, type=click.UNPROCESSED)
def run(words: Sequence[str]) -> None:
    """Run one job: KEY=VALUE ... (run --help lists the keys)."""
    _hydra(list(words), "threshold-lab run")


@cli.command()
@click.option("--store", default="mlruns", show_default=True, help="Folder of the runs.")
@click.option("--port", default=5000, type=click.IntRange(1, 65535), show_default=True, help="Port on this machine.")
def ui(store: str, port: int) -> None:
    """Open MLflow's own pages on the runs, on this machine only."""
    from threshold_lab.app.server import serve  # noqa: PLC0415 - MLflow costs seconds, and --help none

    serve(Path(store), port)


@cli.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("more_settings", nargs=-1, metavar="")
@click.option("--score", required=True, help="Column of the scores: the larger, the more positive.")
@click.option("--label", required=True, help="Column of the labels, of two values.")
@click.option("--positive", help="Which of the two is positive.")
@click.option("--rule", default="youden", show_default=True, help="A rule (sweep --help lists them) or a number.")
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE ...", help="The rule's: cost.fp=1 cost.fn=5.")
@click.option("--unit", type=click.Choice(["probability", "logit", "margin"]), help="What a score stands for.")
@click.option("--json", "as_json", is_flag=True, help="For a program to read.")
def decide(as_json: bool, settings: Sequence[str], more_settings: Sequence[str], **question: Any) -> None:
    """Choose where the scores of a CSV file are cut, and say how sure that is and how good."""
    from threshold_lab.app.decide import Question, answer, say  # noqa: PLC0415

    path = question.pop("file")
    say(answer(Question(path, settings=(*settings, *more_settings), **question)), as_json=as_json)


@cli.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.option("--data", type=click.Path(path_type=Path), help="CSV file of rows, as the model's fit takes them.")
@click.option("--target", metavar="COLUMN", help="Of the labels.")
@click.option("--positive", metavar="LABEL", help="Which label is 1, where labels are words.")
@click.option("--drop", multiple=True, metavar="COLUMN", help="A column that is no feature.")
@click.option("--delimiter", default=",", show_default=True, help="Between columns.")
@click.option("--header/--no-header", default=True, help="Without, columns count from 0, -1 is the last.")
@click.option("--json", "as_json", is_flag=True, help="For a program to read.")
def explain(as_json: bool, **question: Any) -> None:
    """Say what the activation, the loss and the metrics of any compiled Keras model (MODEL.keras) really do.

    The file is checked before Keras opens it: one that holds code, or names layers that may, is refused.
    """
    from threshold_lab.app.explain import Question, answer, say  # noqa: PLC0415

    say(answer(Question(**question)), as_json=as_json)


@cli.command()
@click.option("--activation", help="Of the output layer; without, all.")
@click.option("--loss", help="Trained on; without, all.")
@click.option("--low", type=click.Choice(["0", "-1"]), default="0", show_default=True, help="The negative label.")
@click.option("--json", "as_json", is_flag=True, help="For a program to read.")
def contracts(activation: str | None, loss: str | None, low: str, as_json: bool) -> None:
    """Say what activation and loss come to in Keras: what is asked, returned and cut, and what goes wrong."""
    from threshold_lab.app.contracts import asked, say  # noqa: PLC0415

    say(asked(activation, loss, int(low)), as_json=as_json)


@cli.command()
@click.argument("first")
@click.argument("second")
@click.option("--metric", default="accuracy", show_default=True, help="A column of seeds.csv.")
@click.option("--margin", default=0.01, show_default=True, help="A difference too small to matter.")
@click.option("--confidence", default=0.95, show_default=True, help="Of the intervals and the tests.")
@click.option("--power", default=0.8, show_default=True, help="Of the tests, for the seeds they need.")
@click.option("--store", default="mlruns", show_default=True, help="Folder of the runs.")
@click.option("--json", "as_json", is_flag=True, help="For a program to read.")
def compare(first: str, second: str, metric: str, store: str, as_json: bool, **asked: float) -> None:
    """Compare a metric of two runs, by their ids, seed by seed on the test part."""
    from threshold_lab.app.compare import answer, say  # noqa: PLC0415
    from threshold_lab.comparison import Asked  # noqa: PLC0415

    say(answer((first, second), metric, Asked(**asked), store), as_json=as_json)


for finding in (reproduce, claims, report):
    cli.add_command(finding)


@cli.command()
@click.argument("run_id")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--store", default="mlruns", show_default=True, help="Folder of the runs.")
def export(run_id: str, folder: Path, store: str) -> None:
    """Write the model of a run, which takes raw rows and carries its threshold, into a folder."""
    from threshold_lab.app.export import export as write  # noqa: PLC0415

    write(run_id, folder, Path(store))


@cli.command()
@click.option("--store", default="mlruns", show_default=True, help="Folder of the runs.")
@click.option("--json", "as_json", is_flag=True, help="For a program to read.")
def status(store: str, as_json: bool) -> None:
    """Say what the last sweep planned, finished and failed."""
    from threshold_lab.report import status as status_of  # noqa: PLC0415

    found = status_of(Path(store))
    if as_json:
        click.echo(json.dumps(found))
    else:
        click.echo("  ".join(f"{name} {value}" for name, value in found.items()))


@cli.command()
@click.option("--store", default="mlruns", show_default=True, help="Folder of the runs.")
@click.option("--repair", is_flag=True, help="Put right what can be, without training; nothing is deleted.")
@click.option("--json", "as_json", is_flag=True, help="For a program to read.")
def verify(store: str, repair: bool, as_json: bool) -> NoReturn:
    """Check that runs, fits and plans are whole and as they were written: exit code 1 where they are not."""
    from threshold_lab.app.verify import answer, say  # noqa: PLC0415

    found = answer(Path(store), repair=repair, quiet=as_json)
    say(found, as_json=as_json)
    sys.exit(bool(found.left.damages))


def main() -> NoReturn:
    """Run the command line: exit code 0, 1 where jobs failed, 2 for what the user can mend, 128 + N after signal N."""
    try:
        if sys.argv[1:2] and sys.argv[1].split("=")[0] in COMPLETION:
            _complete(sys.argv[1:])
        cli(standalone_mode=False)
    except LabError as error:
        _end(f"Error: {error}", 2)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except (KeyboardInterrupt, click.Abort) as stop:
        from threshold_lab.app.interrupt import exit_code  # noqa: PLC0415

        _end(str(stop) or "Stopped.", exit_code(stop))
    sys.exit(0)


def _hydra(words: list[str], program: str) -> None:
    from threshold_lab.app.hydra_door import run_hydra  # noqa: PLC0415

    if not run_hydra(words, program=program):
        sys.exit(1)


def _asks_only(words: Sequence[str]) -> bool:
    """Whether the words ask Hydra for help, a configuration or completion instead of a run."""
    asking = {"--help", "-h", "--hydra-help", "--cfg", "-c", "--info", "-i", "--multirun", "-m", *COMPLETION}
    return any(word.split("=")[0] in asking for word in words)


def _complete(words: list[str]) -> NoReturn:
    """Answer the shell: commands for the first word, Hydra's own completion for what follows."""
    line = os.environ.get("COMP_LINE", "")
    typed = line.split()[1:]
    if "query" in words[-1]:
        if len(typed) == 0 or (len(typed) == 1 and not line.endswith(" ")):
            click.echo(" ".join(cli.commands))
            sys.exit(0)
        os.environ["COMP_LINE"] = line.replace(f" {typed[0]}", "", 1)
    _hydra(words, "threshold-lab")
    sys.exit(0)


def _end(message: str, code: int) -> NoReturn:
    click.echo(message, err=True)
    sys.exit(code)

"""threshold-lab reproduce, claims and report: what was found, again; what the question says; all of it on a page."""

import difflib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import click

GROUPS = ("published", "reported")


@click.command()
@click.argument("what", nargs=-1, metavar="RUN_ID ... | published[=NAME] | reported")
@click.option("--sweep", "sweep_name", metavar="ID", help="All jobs of a sweep, by its name or its run's id.")
@click.option("--data", "folders", multiple=True, type=click.Path(path_type=Path), help="Folder of data files.")
@click.option("--workers", type=click.IntRange(1), help="Processes; one a core if not given.")
@click.option("--full", is_flag=True, help="Of what is reported all, not the quick profile.")
@click.option("--at-commit", is_flag=True, help="With the code of the run's commit, checked out beside this one.")
@click.option("--store", default="mlruns", show_default=True, help="Folder of the runs.")
@click.option("--json", "as_json", is_flag=True, help="For a program to read.")
def reproduce(what: Sequence[str], as_json: bool, full: bool, **asked: Any) -> NoReturn:
    """Train the networks of runs again, from nothing stored, and compare: to the bit on the same kind of machine.

    published: what others found, all of conf/published or published=NAME,NAME. reported: the tables in reported/.
    """
    group, _, names = what[0].partition("=") if len(what) == 1 else ("", "", "")
    if group in GROUPS and (asked["sweep_name"] or asked["at_commit"]):
        raise click.UsageError(f"--sweep and --at-commit are for runs by their ids, not for {group!r}")
    if full and group != "reported":
        raise click.UsageError("--full is for 'reported' alone, whose quick profile leaves studies out")
    for word in what:
        _refuse(word, alone=len(what) == 1)
    if group == "published":
        _published(names, as_json, **asked)
    if group == "reported":
        _reported(as_json, full, **asked)
    from threshold_lab.app.reproduce import Question, answer, say  # noqa: PLC0415

    question = Question(tuple(what), **asked)
    found = answer(question, quiet=as_json)
    say(found, question, as_json=as_json)
    sys.exit(max(own.exit_code for own in found))


def _refuse(word: str, *, alone: bool) -> None:
    """Refuse a word that means something else than a run id, and says it wrongly."""
    group, names, _ = word.partition("=")
    if group in GROUPS and not alone:
        raise click.UsageError(f"{group!r} is asked for alone, not with other words")
    if group == "reported" and names:
        raise click.UsageError("'reported' takes no names: it is all that is reported, or its quick profile")
    if group not in GROUPS and (near := difflib.get_close_matches(group[:60], GROUPS, n=1)):
        raise click.UsageError(f"{group[:60]!r} is no run id; did you mean {near[0]!r}?")


def _published(names: str, as_json: bool, **asked: Any) -> NoReturn:
    from threshold_lab.app.published import EXIT_CODES, answer, say  # noqa: PLC0415
    from threshold_lab.sweep import Place  # noqa: PLC0415

    found = answer(names, Place(Path(asked["store"]), asked["workers"]), asked["folders"], quiet=as_json)
    say(found, as_json=as_json)
    sys.exit(max(EXIT_CODES.get(own.verdict, 0) for own in found))


def _reported(as_json: bool, full: bool, **asked: Any) -> NoReturn:
    from threshold_lab.app.reported import again, keep, say  # noqa: PLC0415

    found = again(asked["workers"], asked["folders"], full=full, quiet=as_json)
    folder = keep(found)
    say(found, as_json=as_json)
    click.echo(f"Kept in {folder}", err=True)
    sys.exit(not found.reproduced)


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME ...]")
@click.option("--data", "folders", multiple=True, type=click.Path(path_type=Path), help="Folder of data files.")
@click.option("--workers", type=click.IntRange(1), help="Processes; one a core if not given.")
@click.option("--store", default="mlruns", show_default=True, help="Folder of the runs.")
@click.option("--json", "as_json", is_flag=True, help="For a program to read.")
def claims(names: Sequence[str], folders: Sequence[Path], workers: int | None, store: str, as_json: bool) -> None:
    """Test what the question says, sentence by sentence: all of conf/claims, or those named. Runs what is missing."""
    from threshold_lab.app.claims import answer, say  # noqa: PLC0415
    from threshold_lab.sweep import Place  # noqa: PLC0415

    found = answer(names, Place(Path(store), workers), folders, quiet=as_json)
    say(found, as_json=as_json)
    sys.exit(bool(found.failed))


@click.command()
@click.option("--freeze", is_flag=True, help="Write reported/ instead, running what is missing.")
@click.option("--out", default="report", show_default=True, type=click.Path(path_type=Path), help="Folder of the page.")
@click.option("--sweep", "sweep_name", default="", metavar="ID", help="Of another sweep, by its name or its run's id.")
@click.option("--data", "folders", multiple=True, type=click.Path(path_type=Path), help="Folder of data files, frozen.")
@click.option("--workers", type=click.IntRange(1), help="Processes, frozen; one a core if not given.")
@click.option("--store", default="mlruns", show_default=True, help="Folder of the runs.")
def report(freeze: bool, store: str, workers: int | None, folders: Sequence[Path], **asked: Any) -> None:
    """Write the page of the question's answer, and the same as Markdown, from the runs in the store.

    --freeze: write down what this project claims, a table a study.
    """
    if not freeze and (workers or folders):
        raise click.UsageError("--data and --workers are of --freeze alone: a page is read from the store, not trained")
    from threshold_lab.app import report as pages  # noqa: PLC0415

    for path in pages.freeze(Path(store), workers, folders) if freeze else pages.written(Path(store), **asked):
        click.echo(path)

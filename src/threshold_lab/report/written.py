"""A store -> the files of a report: a page, the same as Markdown with its pictures, and the picture of the README."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from threshold_lab.errors import StoreError
from threshold_lab.report.compared import comparison, glance
from threshold_lab.report.found import found
from threshold_lab.report.markdown import PICTURES, markdown
from threshold_lab.report.page import page
from threshold_lab.report.source import source
from threshold_lab.report.view import View, view
from threshold_lab.spec import RunSpec
from threshold_lab.tracking import Runs, own_database

PAGE, TEXT, GLANCE = "index.html", "report.md", "answer.png"


def report(folder: Path, question: Sequence[RunSpec], sweep: str = "") -> dict[str, bytes]:
    """Return the files of a report on the runs of a folder, by name: the same of the same store, to the byte.

    question, sweep: as `found` takes them. Raises StoreError, also where there is nothing to tell.
    """
    database = own_database(folder)
    if database is not None and not database.exists():
        raise StoreError(f"no runs in {folder.resolve()}; make them with: threshold-lab sweep, threshold-lab claims")
    own = found(Runs(folder), question, sweep)
    told = view(own, None if own.sweep is None else comparison(own.sweep))
    origin = source(own, folder)
    texts = {PAGE: page(told, own.sweep, origin), TEXT: markdown(told, own.sweep, origin)}
    files = {name: text.encode() for name, text in texts.items()} | _pictures(told)
    return files | ({} if own.sweep is None else {GLANCE: glance(own.sweep)})


def _pictures(told: View) -> dict[str, bytes]:
    drawn = [own.picture for own in told.claims]
    drawn += [told.comparison.picture] if told.comparison else []
    return {f"{PICTURES}/{own.name}.svg": own.as_file() for own in drawn}


def write(files: Mapping[str, bytes], folder: Path) -> list[Path]:
    """Write the files of a report into a folder, and return their paths. Raises StoreError where that cannot be."""
    paths = [folder / name for name in files]
    try:
        for path, content in zip(paths, files.values(), strict=True):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    except OSError as error:
        raise StoreError(
            f"{folder} cannot be written: {error.strerror}; make it writable, free space there, or name another folder "
            f"with --out FOLDER"
        ) from None
    return paths

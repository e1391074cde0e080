"""threshold-lab explain: a model file, and rows -> what its activation, loss and metrics really do."""

import json
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.text import Text

from threshold_lab import worker
from threshold_lab.app.screen import console
from threshold_lab.data.rows import Rows, read_rows
from threshold_lab.errors import ConfigError, DataError, ModelError
from threshold_lab.explanation.answer import Explanation
from threshold_lab.explanation.archive import checked
from threshold_lab.explanation.words import paragraphs
from threshold_lab.spec import Csv

_OPTIONS = {
    "data.target": "--target",
    "data.drop": "--drop",
    "data.positive=": "--positive ",
    "data.delimiter and data.header": "--delimiter and --no-header",
    "data.delimiter": "--delimiter",
    "data.path=": "--data ",
}
_STYLES = {"broken:": "bold red", "caution:": "bold yellow", "note:": "bold cyan"}
_DIED = (
    "the process that opened it died; if the system ended it for want of memory, the model is too large for this one"
)


@dataclass(frozen=True)
class Question:
    """What is asked: the model's file, and the file of rows with its columns."""

    model: Path
    data: Path | None
    target: str | None
    positive: str | None
    drop: Sequence[str]
    delimiter: str
    header: bool


def answer(question: Question) -> Explanation:
    """Return what the model does. Raises ModelError, DataError and ConfigError."""
    content = checked(question.model)
    with _in_options():
        rows = _rows(question)
        with tempfile.TemporaryDirectory(prefix="threshold-lab-") as folder:
            path = Path(folder, "model.keras")
            path.write_bytes(content)
            return _in_a_process(path, str(question.model), rows)


def _rows(own: Question) -> Rows | None:
    if own.data is None:
        if own.target or own.drop or own.positive:
            raise ConfigError("--target, --drop and --positive are about rows: name their file with --data FILE")
        return None
    if own.target is None:
        raise ConfigError(f"{own.data}: which column is the label? Name it with --target COLUMN")
    spec = {"path": str(own.data), "target": _column(own.target, own.header), "positive": own.positive}
    drop = tuple(_column(name, own.header) for name in own.drop)
    return read_rows(Csv(**spec, drop=drop, delimiter=own.delimiter, header=own.header))  # type: ignore[arg-type]


def _column(name: str, header: bool) -> str | int:
    return int(name) if not header and name.lstrip("-").isdigit() else name


@contextmanager
def _in_options() -> Iterator[None]:
    """Tell errors of a file in the words of this command."""
    try:
        yield
    except DataError as error:
        words = str(error)
        for key, option in _OPTIONS.items():
            words = words.replace(key, option)
        raise DataError(words) from None


def _in_a_process(path: Path, name: str, rows: Rows | None) -> Explanation:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context, initializer=worker.prepare) as pool:
        try:
            return _waited(pool.submit(worker.explain, path, name, rows))
        except BrokenProcessPool:
            raise ModelError(f"{name}: {_DIED}") from None
        except KeyboardInterrupt:
            for process in multiprocessing.active_children():
                process.terminate()
            raise


def _waited(answer: "Future[Explanation]") -> Explanation:
    """Say what is waited for: TensorFlow takes many seconds to start, and the model a few."""
    own, begun = Console(stderr=True, highlight=False), time.monotonic()
    if not own.is_terminal:
        own.print("Starting TensorFlow, which takes some seconds, and opening the model ...")
        return answer.result()
    with own.status("Starting TensorFlow and opening the model ...") as status:
        while not wait([answer], timeout=0.2).done:
            status.update(f"Starting TensorFlow and opening the model, {time.monotonic() - begun:.0f} s ...")
    return answer.result()


def say(found: Explanation, *, as_json: bool) -> None:
    """Print an explanation, for a program or for a person."""
    if as_json:
        json.dump(found, sys.stdout)
        print()
        return
    for number, (title, lines) in enumerate(paragraphs(found)):
        console.print(Text(("\n" if number else "") + title, "bold"))
        for line in lines:
            console.print(_styled(line), soft_wrap=line.startswith("    "))


def _styled(line: str) -> Text:
    """The severity in its colour; a line to paste as it is."""
    if line.startswith("    "):
        return Text(line, "green")
    first = line.split(" ", 1)[0]
    text = Text(line)
    text.stylize(_STYLES.get(first, ""), 0, len(first))
    return text

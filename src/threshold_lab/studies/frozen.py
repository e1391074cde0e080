"""What is reported, as files: a table a study, the environment it was made in, pictures, and all of it in Markdown."""

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from threshold_lab import figures
from threshold_lab.errors import StoreError, short
from threshold_lab.figures import Interval
from threshold_lab.overview import overviews
from threshold_lab.provenance import provenance
from threshold_lab.recording import Origin
from threshold_lab.reproduce.verdict import decisive
from threshold_lab.studies.published import Finding
from threshold_lab.studies.results import Result
from threshold_lab.studies.rows import Row
from threshold_lab.studies.told import markdown
from threshold_lab.tracking import Records

ENVIRONMENT = "environment.json"
_PICTURES = ("curves.png", "histograms.png", "heat_map_accuracy.png")
_CUTS = {"theirs": "here, their way", "natural": "natural cut", "tuned": "tuned cut"}


@dataclass(frozen=True, eq=False)
class Frozen:
    """What is to be written. tables: by study. found: what became of published numbers. pictures: by file name."""

    tables: Mapping[str, Sequence[Row]]
    found: Sequence[Finding]
    pictures: Mapping[str, bytes]

    def write(self, folder: Path) -> list[Path]:
        """Write everything, and return the paths."""
        (folder / "pictures").mkdir(parents=True, exist_ok=True)
        present = json.dumps(decisive(asdict(provenance())), indent=1, sort_keys=True) + "\n"
        files = {ENVIRONMENT: present.encode(), "README.md": markdown(self.tables, self.found).encode()}
        files |= {f"pictures/{name}": content for name, content in self.pictures.items()}
        for name, content in files.items():
            (folder / name).write_bytes(content)
        tables = [write_table(folder / f"{name}.csv", list(map(asdict, rows))) for name, rows in self.tables.items()]
        return [*tables, *(folder / name for name in files)]


def pictures_of(study: str, results: Sequence[Result], runs: Records) -> dict[str, bytes]:
    """Return the pictures of all networks of a study, by file name."""
    stored = {own.job.key: own.run for own in results}
    jobs = [replace(own.job, study="") for own in results]  # one that another study asked for too is drawn beside them
    drawn = overviews(jobs, stored, runs, Origin("", "", provenance(), {}))
    return {f"{study}_{name}": record.files[name] for record, _ in drawn for name in _PICTURES}


def picture_of(found: Sequence[Finding]) -> bytes:
    """Draw published numbers beside where one more of ours would lie, by how scores are cut."""
    groups = {
        own.name: [Interval(_CUTS[rule], ours.mean, ours.low, ours.high) for rule, ours in own.ours.items()]
        for own in found
    }
    title = "Published numbers, and where one more repetition of the recipe would lie here (95 %)"
    return figures.png(figures.intervals(groups, {own.name: own.published for own in found}, title=title))


def write_table(path: Path, rows: Sequence[Mapping[str, object]]) -> Path:
    """Write a table with all digits."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return path


def read_table(path: Path) -> list[Row]:
    """Return the rows of a table that was written. Raises StoreError where it is not there, or is not one."""
    kinds: dict[str, Any] = {own.name: own.type for own in fields(Row)}
    try:
        found = csv.DictReader(content(path).splitlines())
        rows = [Row(**{name: kinds[name](value) for name, value in own.items()}) for own in found]
        if not rows:
            raise ValueError("it has no rows")
        return rows
    except (csv.Error, KeyError, ValueError, TypeError) as error:
        raise StoreError(
            f"{path} is not as it was written ({short(str(error), 200)}); bring it back from its commit"
        ) from None


def environment(folder: Path) -> dict[str, Any]:
    """Return what tables were made with. Raises StoreError where that is not there, or is not as it was written."""
    try:
        return dict(json.loads(content(folder / ENVIRONMENT)))
    except (ValueError, TypeError, RecursionError) as error:
        raise StoreError(
            f"{folder / ENVIRONMENT} is not as it was written ({short(str(error), 200)}); bring it back"
        ) from None


def content(path: Path) -> str:
    """Return the text of a file of what is reported. Raises StoreError where it is not there."""
    try:
        return path.read_text()
    except OSError:
        raise StoreError(
            f"{path} is not there: give the command at the top of the checkout, or make it with "
            f"threshold-lab report --freeze"
        ) from None

"""The lab's own database as it is, read without MLflow: quickly, without writing a byte, and also where it is damaged.

MLflow offers no call for most of this. The tables are its own; a test holds what is read here against what it says.
"""

import contextlib
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from threshold_lab.errors import StoreError, short
from threshold_lab.tracking.entities import StoredRun
from threshold_lab.tracking.home import ARTIFACTS
from threshold_lab.tracking.names import CELL, KEY
from threshold_lab.tracking.triggers import triggers_of

_CHUNK, _LONGEST = 500, 256  # ids asked for at once; bytes of a name in a folder
_SECONDS = 20.0  # as long as MLflow waits for whoever writes

_RUNS = """SELECT r.run_uuid, e.name, r.name, r.status, r.lifecycle_stage, r.deleted_time, r.start_time, r.end_time,
    r.artifact_uri, e.lifecycle_stage
    FROM runs r LEFT JOIN experiments e ON e.experiment_id = r.experiment_id ORDER BY r.start_time"""
_DATA = """SELECT d.name, d.digest, d.dataset_source_type, d.dataset_source, d.dataset_profile, t.name, t.value
    FROM inputs i LEFT JOIN datasets d ON d.dataset_uuid = i.source_id
    LEFT JOIN input_tags t ON t.input_uuid = i.input_uuid
    WHERE i.destination_type = 'RUN' AND i.destination_id = ? AND i.source_type = 'DATASET'"""


@dataclass(frozen=True, eq=False)
class RunRows:
    """All that is stored of a run beside its files.

    put_away: deleted on MLflow's pages, or superseded: in MLflow's trash. place: its artifacts' folder, below the one
    of all artifacts; None where its address has another form. metrics: the last value of each, and series all of them
    by step. data: each data set's name, digest, kind, source, profile, and its tag's name and value. ended: in
    milliseconds. problems: what MLflow never leaves. elsewhere: told by a server, which keeps files where it likes.
    """

    run_id: str
    experiment: str
    name: str
    status: str
    put_away: bool
    place: Path | None
    tags: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    series: Mapping[str, Mapping[int, float]] = field(default_factory=dict)
    data: Sequence[tuple[Any, ...]] = ()
    ended: int = 0
    problems: Sequence[str] = ()
    elsewhere: bool = False


class Database:
    """A database that is only read. Its methods raise StoreError where it cannot be."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextlib.contextmanager
    def opened(self) -> Iterator[sqlite3.Connection]:
        """Have a connection that writes nothing."""
        try:
            connection = sqlite3.connect(f"{self.path.resolve().as_uri()}?mode=ro", uri=True, timeout=_SECONDS)
            with contextlib.closing(connection):
                connection.text_factory = lambda content: content.decode("utf-8", "replace")
                yield connection
        except sqlite3.Error as error:
            raise StoreError(f"{self.path} cannot be read: {error}; threshold-lab verify says more") from None

    def of_cells(self, cells: Iterable[str]) -> list[StoredRun]:
        """Return the runs of cells that are not put away, the newest first."""
        wanted = set(cells)
        with self.opened() as connection:
            tagged = connection.execute(
                "SELECT t.run_uuid, t.value, r.status FROM tags t JOIN runs r ON r.run_uuid = t.run_uuid "
                "WHERE t.key = ? AND r.lifecycle_stage = 'active' ORDER BY r.start_time DESC, r.run_uuid",
                (CELL,),
            )
            status = {run_id: status for run_id, cell, status in tagged if cell in wanted}
            tags = _by_run(connection, "SELECT run_uuid, key, value FROM tags", list(status))
            metrics = _by_run(
                connection,
                "SELECT run_uuid, key, CASE is_nan WHEN 1 THEN 'nan' ELSE value END FROM latest_metrics",
                list(status),
            )
        return [
            StoredRun(
                run_id,
                tags[run_id].get(KEY, ""),
                own,
                tags[run_id],
                {name: _number(run_id, name, value) for name, value in metrics[run_id].items()},
            )
            for run_id, own in status.items()
        ]

    def problems(self) -> list[str]:
        """Return what SQLite itself finds wrong: pages, indexes, and rows of a run that is gone."""
        with self.opened() as connection:
            found = [str(own) for (own,) in connection.execute("PRAGMA integrity_check(20)") if own != "ok"]
            lost = {
                f"{table} has rows of a row of {parent} that is gone"
                for table, _, parent, _ in connection.execute("PRAGMA foreign_key_check")
                if table != "runs"
            }
            triggers = [f"trigger {own} on what holds runs; MLflow makes none there" for own in triggers_of(connection)]
            pending = connection.execute("SELECT count(*) FROM logged_models WHERE status = 1").fetchone()[0]
        return [
            *found,
            *sorted(lost),
            *triggers,
            *([f"{pending} logged models are pending; the lab logs none"] if pending else []),
        ]

    def gone(self) -> list[str]:
        """Return the ids of runs that have rows and are none themselves."""
        with self.opened() as connection:
            found = connection.execute(
                "SELECT run_uuid FROM tags UNION SELECT run_uuid FROM params UNION SELECT run_uuid FROM latest_metrics "
                "UNION SELECT run_uuid FROM metrics EXCEPT SELECT run_uuid FROM runs"
            )
            return [str(own) for (own,) in found]

    def count(self) -> int:
        """Return the number of runs, those put away among them."""
        with self.opened() as connection:
            return int(connection.execute("SELECT count(*) FROM runs").fetchone()[0])

    def runs(self) -> Iterator[RunRows]:
        """Yield every run, the oldest first."""
        with self.opened() as connection:
            for row in connection.execute(_RUNS).fetchall():
                yield _rows(connection, row)

    def run(self, run_id: str) -> RunRows | None:
        """Return a run; None where there is none."""
        with self.opened() as connection:
            row = connection.execute(_RUNS.replace("ORDER", "WHERE r.run_uuid = ? ORDER"), (run_id,)).fetchone()
            return _rows(connection, row) if row else None


def _by_run(connection: sqlite3.Connection, words: str, run_ids: Sequence[str]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for start in range(0, len(run_ids), _CHUNK):
        own = run_ids[start : start + _CHUNK]
        for run_id, key, value in connection.execute(f"{words} WHERE run_uuid IN ({','.join('?' * len(own))})", own):
            found[run_id][key] = value
    return found


def _number(run_id: str, name: str, value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        raise StoreError(
            f"run {run_id}: metric {name} is {short(value)}, which is no number; threshold-lab verify --repair"
        ) from None


def _rows(connection: sqlite3.Connection, row: tuple[Any, ...]) -> RunRows:
    run_id, experiment, name, status, stage, deleted, started, ended, address, above = row

    def pairs(words: str) -> dict[str, str]:
        return {str(key): str(value) for key, value in connection.execute(f"{words} WHERE run_uuid = ?", (run_id,))}

    words = "SELECT key, value, step, is_nan FROM {} WHERE run_uuid = ? ORDER BY timestamp, rowid"
    every, problems = _logged(connection.execute(words.format("metrics"), (run_id,)))
    last, strange = _logged(connection.execute(words.format("latest_metrics"), (run_id,)))
    return RunRows(
        run_id=run_id,
        experiment=str(experiment),
        name=str(name),
        status=str(status),
        put_away=stage == "deleted",
        place=_place(str(address)),
        tags=pairs("SELECT key, value FROM tags"),
        params=pairs("SELECT key, value FROM params"),
        metrics={key: own[max(own)] for key, own in last.items()},
        series=every,
        data=sorted(connection.execute(_DATA, (run_id,)).fetchall(), key=repr),
        ended=ended if isinstance(ended, int) else 0,
        problems=[
            *dict.fromkeys([*problems, *strange]),
            *_strange((experiment, above), status, (stage, deleted), (started, ended)),
            *_steps(last, every),
        ],
    )


def _logged(rows: Iterable[tuple[Any, ...]]) -> tuple[dict[str, dict[int, float]], list[str]]:
    """Each metric by step, and what MLflow never leaves of one: two values at a step, or one that is no number."""
    found: dict[str, dict[int, float]] = defaultdict(dict)
    problems = []
    for key, value, step, is_nan in rows:
        if not isinstance(value, float) or not isinstance(step, int):
            problems.append(f"metric {key} is {short(value)} at step {short(step)}, which is no number")
            continue
        if step in found[str(key)]:
            problems.append(f"metric {key} has two values at step {step}")
        found[str(key)][step] = float("nan") if is_nan else value
    return found, problems


def _strange(above: tuple[Any, ...], status: object, away: tuple[Any, ...], times: tuple[Any, ...]) -> list[str]:
    """What MLflow never leaves of a run's own row.

    above: name and stage of its experiment. away: its own stage, and when it was put away. times: start and end.
    """
    (experiment, experiment_stage), (stage, deleted), (started, ended) = above, away, times
    found = [] if experiment is not None else ["its experiment is gone"]
    if stage == "active" and experiment_stage == "deleted":
        found.append("its experiment is put away, and it is not")
    if stage == "deleted" and deleted is None:
        found.append("it is put away, and nobody did that: the time is missing")
    if stage != "deleted" and deleted is not None:
        found.append("it has a time of being put away, and is not")
    over = status in ("FINISHED", "FAILED")
    if not isinstance(started, int) or (over and (not isinstance(ended, int) or ended < started)):
        found.append("it ended before it began, or has no time")
    return found


def _steps(last: Mapping[str, Mapping[int, float]], series: Mapping[str, Mapping[int, float]]) -> list[str]:
    other = [name for name, own in series.items() if [*last.get(name, ())] != [max(own)]]
    return [f"metric {name}: its last step is another" for name in other]


def _place(address: str) -> Path | None:
    """Where artifacts are, below the folder of all artifacts, wherever the store was when they were written."""
    *_, above, experiment, run_id, last = ["", "", "", *unquote(address).rstrip("/").split("/")]
    inside = (above, last) == (ARTIFACTS, "artifacts") and is_plain(experiment) and is_plain(run_id)
    return Path(experiment, run_id, last) if inside else None


def is_plain(name: str) -> bool:
    """Whether a name is that of something in a folder, and leads nowhere else."""
    return name not in ("", ".", "..") and not set(name) & {"/", "\0"} and len(name.encode()) < _LONGEST

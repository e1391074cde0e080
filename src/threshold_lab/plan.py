"""Jobs -> the distinct lanes they need -> programs of lanes that train side by side."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import chain
from math import isqrt
from typing import Any

from threshold_lab import heads, thresholds
from threshold_lab.errors import ConfigError, gather
from threshold_lab.heads import Contract
from threshold_lab.shapes import Shape
from threshold_lab.spec import Lane, RunSpec, Training, digest, placeless

MOST_NETWORKS = 1_000_000
"""Of a sweep: each is a file of its own."""


@dataclass(frozen=True, eq=False)
class Job:
    """One configuration on its data: one MLflow run. Two of one key are equal.

    Hashes: `data` of its splits' content, `engine` of the code that trains, `decisions` of the code that decides,
    `files` of those that hold its data, empty where none do. study: what it was asked for, which is no part of what it
    is; empty where for itself.
    """

    spec: RunSpec
    data: str
    engine: str
    decisions: str = ""
    study: str = ""
    files: str = ""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Job) and other.key == self.key

    def __hash__(self) -> int:
        return hash(self.key)

    @cached_property
    def key(self) -> str:
        """What the job is: see `key_of`. Same key = same run."""
        return key_of(self.spec, self.data, self.engine, self.decisions, self.files)

    @cached_property
    def cell(self) -> str:
        """What jobs share that differ in their threshold only: all their lanes."""
        return digest([lane.key for lane in self.lanes])

    @cached_property
    def lanes(self) -> tuple[Lane, ...]:
        """One network a seed; the first is exported as a Keras model."""
        training = self.spec.training
        return tuple(Lane(training, seed, self.data, self.engine) for seed in self.spec.all_seeds)


def key_of(spec: RunSpec, data: str, engine: str, decisions: str, files: str) -> str:
    """Return what a job is: the specification, the data's content, the code; of files their names and their content,
    wherever they lie.
    """
    return digest(placeless(spec), data, engine, decisions, *([files] if files else []))


@dataclass(frozen=True)
class Program:
    """Lanes of one shape that train side by side, and the keys of those to be exported."""

    lanes: tuple[Lane, ...]
    exported: frozenset[str] = field(default_factory=frozenset)


def check(specs: Sequence[RunSpec]) -> None:
    """Refuse, all at once, every name that no table holds, before any data are read. Raises ConfigError."""
    _require_few(specs)
    checks: list[Callable[[RunSpec], object]] = [
        lambda spec: heads.check(spec.training),
        lambda spec: thresholds.check(spec.threshold),
        lambda spec: thresholds.require_meaning(spec.threshold, spec.rule, heads.head_of(spec.training).scale),
    ]
    gather(partial(one, spec) for spec in specs for one in checks)


def contracts(trainings: Iterable[Training]) -> list[Contract]:
    """Return the contract of each distinct activation, loss and targets, in their order."""
    return list(dict.fromkeys(map(heads.contract_for, trainings)))


def require_ok(specs: Iterable[RunSpec]) -> None:
    """Refuse, all at once, every pair that wants caution. Raises ConfigError."""
    gather(partial(_require_ok, own) for own in contracts(spec.training for spec in specs))


def _require_ok(own: Contract) -> None:
    if own.troubles:
        raise ConfigError(
            f"strict=true: activation={own.activation} loss={own.loss}{own.coding} wants caution: "
            f"{'; '.join(f'{trouble.id}: {trouble.text}' for trouble in own.troubles)}; "
            f"leave it out, or say strict=false"
        )


def check_names(config: Mapping[str, Any]) -> None:
    """Refuse names that no table holds in a configuration, be the rest of it right or not. Raises ConfigError."""
    activation, loss, threshold = (config.get(own) for own in ("activation", "loss", "threshold"))
    checks: list[Callable[[], object]] = []
    if isinstance(activation, str) and isinstance(loss, str):
        checks.append(partial(heads.head, activation, loss))
    if isinstance(threshold, str):
        checks.append(partial(thresholds.check, threshold))
    gather(checks)


def _require_few(specs: Sequence[RunSpec]) -> None:
    if (networks := sum(spec.seeds for spec in specs)) > MOST_NETWORKS:
        raise ConfigError(
            f"{len(specs):,} jobs of {networks:,} networks in all are asked for; {MOST_NETWORKS:,} are the most of one "
            f"sweep; take fewer seeds, or several sweeps"
        )


def cells(jobs: Iterable[Job]) -> list[tuple[Job, ...]]:
    """Group jobs by the networks they share, in the order of their first."""
    grouped: dict[str, list[Job]] = {}
    for job in jobs:
        grouped.setdefault(job.cell, []).append(job)
    return [tuple(group) for group in grouped.values()]


class Waiting:
    """Cells of jobs, each until the last of its missing lanes is there."""

    def __init__(self, cells: Sequence[tuple[Job, ...]], missing: Iterable[Lane]) -> None:
        absent = {lane.key for lane in missing}
        self._cells = cells
        self._left = [len(absent & {lane.key for lane in jobs[0].lanes}) for jobs in cells]
        self._needed_by: dict[str, list[int]] = {key: [] for key in absent}
        for number, jobs in enumerate(cells):
            for key in absent & {lane.key for lane in jobs[0].lanes}:
                self._needed_by[key].append(number)

    def complete(self) -> list[tuple[Job, ...]]:
        """Return the cells that miss nothing."""
        return [jobs for jobs, left in zip(self._cells, self._left, strict=True) if not left]

    def arrived(self, lanes: Iterable[Lane]) -> list[tuple[Job, ...]]:
        """Take note of lanes; return the cells of which one was the last."""
        completed = []
        for number in (number for lane in lanes for number in self._needed_by.pop(lane.key, [])):
            self._left[number] -= 1
            if not self._left[number]:
                completed.append(self._cells[number])
        return completed


def programs(lanes: Iterable[Lane], sizes: Mapping[str, tuple[int, int]], exported: frozenset[str]) -> list[Program]:
    """Pack distinct lanes into programs: those of one shape, the longest trainings first, then in their order.

    sizes: rows and features of the training part by the data's content hash.
    """
    shapes: dict[Shape, list[Lane]] = {}
    for lane in dict.fromkeys(lanes):
        shapes.setdefault(Shape.of(lane.training, sizes[lane.data]), []).append(lane)
    packed = [own for shape, same in shapes.items() for own in _packed(same, shape.lanes)]
    return [Program(own, exported & {lane.key for lane in own}) for own in packed]


def _packed(lanes: list[Lane], most: int) -> list[tuple[Lane, ...]]:
    """A program goes on until its last lane is done, so lanes of as many epochs go together."""
    epochs: dict[int, list[Lane]] = {}
    for lane in sorted(lanes, key=lambda lane: -lane.training.epochs):
        epochs.setdefault(lane.training.epochs, []).append(lane)
    ordered = [lane for own in epochs.values() for lane in _tiled(own, isqrt(most))]
    return [tuple(ordered[start : start + most]) for start in range(0, len(ordered), most)]


def _tiled(lanes: list[Lane], side: int) -> Iterator[Lane]:
    """A few trainings at a time, the lanes of one seed side by side, which draw the same batches and masks.

    Not all trainings at once, or the first would be complete, and recorded, only with the last.
    """
    trainings: dict[tuple[Training, str], list[Lane]] = {}
    for lane in lanes:
        trainings.setdefault((lane.training, lane.data), []).append(lane)
    rows = list(trainings.values())
    for start in range(0, len(rows), side):
        yield from sorted(chain.from_iterable(rows[start : start + side]), key=lambda lane: lane.seed)

"""Fits on disk: each whole and in its place, and those that runs were recorded from."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from threshold_lab.arrays import arrays_in
from threshold_lab.errors import StoreError
from threshold_lab.records import HISTORY, PARTS
from threshold_lab.sealing import sha256
from threshold_lab.signing import is_signed, require_whole
from threshold_lab.spec import Lane
from threshold_lab.store import MODEL
from threshold_lab.verify.damage import FIT, STRAY, Damage

_DIGITS = set("0123456789abcdef")


@dataclass(eq=False)
class Fits:
    """The fits of a store. needed: by key, a lane of a finished run and that run's id."""

    folder: Path
    needed: dict[str, tuple[Lane, str]] = field(default_factory=dict)
    named: set[str] = field(default_factory=set)
    old: int = 0
    unnamed: int = 0

    def need(self, lanes: Iterable[Lane], run_id: str) -> None:
        """Take note of the lanes of a finished run."""
        for lane in lanes:
            self.needed.setdefault(lane.key, (lane, run_id))

    def paths(self) -> list[Path]:
        """Return all that is below the folder, but for folders that hold something."""
        return [path for path in sorted(self.folder.rglob("*")) if path.is_symlink() or not _is_full(path)]

    def damages(self, paths: Iterable[Path]) -> Iterator[Damage]:
        """Yield what is wrong with each of some files."""
        for path in paths:
            place = f"{self.folder.name}/{path.relative_to(self.folder).as_posix()}"
            if not self._is_in_place(path):
                yield Damage(STRAY, place, "is no fit of a lane")
            elif path.suffix == ".npz":
                yield from self._of(path, place)
            elif not path.with_suffix(".npz").exists() and path.stem not in self.needed:
                yield Damage(STRAY, place, f"is the model of a fit that is not there, {self._place(path.stem)}")

    def missing(self) -> Iterator[Damage]:
        """Yield the fits that a finished run was recorded from and that are gone."""
        for key, (_, run_id) in self.needed.items():
            if not self._path(key).exists():
                problem = (
                    f"is gone; run {run_id}, which was recorded from it, needs it no longer, a new threshold would"
                )
                yield Damage(FIT, self._place(key), problem, run_id)

    def differing(self, lanes: Iterable[Lane], weights: bytes, network: str, run_id: str) -> Iterator[Damage]:
        """Yield the fits of a cell that are whole, and not those whose weights its run holds.

        network: the hash of its model, empty where it has none.
        """
        try:
            stored = arrays_in(weights)
        except StoreError:
            return
        for number, lane in enumerate(lanes):
            path = self._path(lane.key)
            arrays = _opened(path) if self._is_in_place(path) else None
            place = self._place(lane.key)
            if arrays is not None and not _same(arrays, stored, lane.seed):
                yield Damage(FIT, place, f"is whole, and holds other weights than run {run_id} recorded", run_id)
            elif arrays is not None and number == 0 and network and _model_hash(arrays) not in ("", network):
                yield Damage(FIT, place, f"is whole, and holds another model than run {run_id} recorded", run_id)

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key}.npz"

    def _place(self, key: str) -> str:
        """Where a fit is, as it is named to a person."""
        return self._path(key).relative_to(self.folder.parent).as_posix()

    def _is_in_place(self, path: Path) -> bool:
        """Whether a file is where a fit of its name is."""
        key = path.stem
        right = path.suffix in (".npz", ".keras") and len(key) == 64 and set(key) <= _DIGITS
        return right and path.is_file() and not path.is_symlink() and path.parent == self.folder / key[:2]

    def _of(self, path: Path, place: str) -> Iterator[Damage]:
        content = path.read_bytes()
        if not content:
            yield Damage(FIT, place, "is empty", self._run(path.stem))
            return
        self.old += not is_signed(content)
        self.unnamed += path.stem not in self.named and path.stem not in self.needed
        try:
            require_whole(path.stem, content)
            arrays = arrays_in(content)
        except StoreError as error:
            yield Damage(FIT, place, str(error), self._run(path.stem))
            return
        if problem := _strange(arrays, finite=path.stem in self.needed):
            yield Damage(FIT, place, problem, self._run(path.stem))
        if problem := _model(path, arrays):
            yield Damage(FIT, f"{place.removesuffix(path.suffix)}.keras", problem, self._run(path.stem))

    def _run(self, key: str) -> str:
        return self.needed[key][1] if key in self.needed else ""


def _is_full(path: Path) -> bool:
    return path.is_dir() and any(path.iterdir())


def _opened(path: Path) -> dict[str, Any] | None:
    try:
        content = path.read_bytes()
        require_whole(path.stem, content)
        return arrays_in(content)
    except (OSError, StoreError):
        return None


def _strange(arrays: Mapping[str, Any], *, finite: bool) -> str:
    """Say what is not of a fit's form, of its own shapes or, in the fit of a finished run, not finite."""
    layers = [arrays[name] for name in (f"weights/{number}" for number in range(len(arrays))) if name in arrays]
    series = [arrays.get(f"history/{name}") for name in HISTORY]
    logits = [arrays.get(f"logits/{name}") for name in PARTS]
    if not layers or len(layers) % 2 or any(own is None for own in (*series, *logits)):
        return "it lacks weights, history or logits"
    inside = [own.shape[0] for own in layers[2::2]]
    pairs = zip(layers[::2], layers[1::2], strict=True)
    if any(kernel.ndim != 2 or bias.shape != kernel.shape[1:] for kernel, bias in pairs):
        return "its kernels and biases do not fit each other"
    if inside != [own.shape[0] for own in layers[1:-2:2]] or len({own.shape for own in series if own is not None}) != 1:
        return "its layers or its epochs do not fit each other"
    if any(own is None or own.ndim != 2 or own.shape[1] != layers[-1].size for own in logits):
        return "its logits are not those of its last layer"
    if finite and not all(bool(np.isfinite(own).all()) for own in (*layers, *logits) if own is not None):
        return "it is not finite, and a run was recorded from it"
    return ""


def _model(path: Path, arrays: Mapping[str, Any]) -> str:
    model = path.with_suffix(".keras")
    if not (told := _model_hash(arrays)):
        return ""
    if not model.is_file():
        return "is gone; the fit was saved with it"
    return "" if sha256(model.read_bytes()) == told else "is not as it was saved"


def _model_hash(arrays: Mapping[str, Any]) -> str:
    return bytes(arrays[MODEL]).hex() if MODEL in arrays else ""


def _same(arrays: Mapping[str, Any], stored: Mapping[str, Any], seed: int) -> bool:
    layers = sum(name.startswith("weights/") for name in arrays)
    for index in range(layers):
        own = stored.get(f"seed_{seed}/layer_{index // 2}/{('kernel', 'bias')[index % 2]}")
        if own is None or own.tobytes() != arrays[f"weights/{index}"].tobytes():
            return False
    return True

"""Disks that are full: small file systems in the place of folders, or files that may not grow."""

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from faulty.ground import Ground
from faulty.tally import Tally


@contextmanager
def disk(folder: Path, kilobytes: int) -> Iterator[None]:
    """Have a small file system in the place of a folder. Raises CalledProcessError where that is not permitted."""
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", folder], check=True, capture_output=True
    )
    try:
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


def remount(folder: Path, option: str) -> None:
    """Change the file system in the place of a folder: size=N, ro, rw."""
    subprocess.run(["mount", "-o", f"remount,{option}", folder], check=True)


def may_mount(folder: Path) -> bool:
    """Whether this process may make a file system."""
    try:
        with disk(folder, 100):
            return os.geteuid() == 0
    except (OSError, subprocess.CalledProcessError):
        return False


def disk_full(ground: Ground, tally: Tally, sizes: Sequence[float]) -> list[str]:
    """Sweep on disks that hold shares of what is needed, then on one that holds all. Returns what was said."""
    needed = sum(path.stat().st_blocks for path in ground.control.rglob("*")) / 2
    had = sum(path.stat().st_blocks for path in (ground.control / "fits").rglob("*")) / 2
    had += (ground.folder / "empty.db").stat().st_size / 1024 + 100
    told = []
    for size in sizes:
        case = ground.case(trained=False, database=False)
        with disk(case.folder, int(had + size * (needed - had))):
            case.store.mkdir()
            case.tmp.mkdir()
            subprocess.run(["cp", "-r", ground.control / "fits", case.store], check=True)
            subprocess.run(["cp", ground.folder / "empty.db", case.store / "mlflow.db"], check=True)
            said = case.sweep()
            told.append(said.error or "")
            if said.code not in (0, 2):
                tally.wrong.append(f"disk full at {size}: code {said.code}")
            tally.after_fault(case, f"disk full at {size}")
            remount(case.folder, "size=64m")
            tally.after_recovery(case, f"disk full at {size}")
        case.drop()
    return told


def files_full(ground: Ground, tally: Tally, limits: Sequence[int]) -> list[str]:
    """Sweep where no file may be longer than so many bytes, then without a limit. Returns what was said."""
    told = []
    for limit in limits:
        case = ground.case()
        said = case.sweep(file_limit=limit)
        told.append(said.error or "")
        if said.code != 2:
            tally.not_reached.append(f"files of {limit} bytes: code {said.code}")
        tally.after_fault(case, f"files of {limit} bytes")
        tally.after_recovery(case, f"files of {limit} bytes")
        case.drop()
    return told

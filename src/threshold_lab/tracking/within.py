"""Files of a run that lie in the lab's own folder: read where they are, and never out of it by a link or an address."""

import re
from pathlib import Path
from urllib.parse import urlparse
from urllib.request import url2pathname

from threshold_lab.errors import StoreError, short

_ID = re.compile(r"[0-9a-f]{32}")


def own_folder(uri: str, artifacts: Path) -> Path:
    """Return the folder an artifact address names. Raises StoreError where that is not one below `artifacts`."""
    parsed = urlparse(uri)
    place = Path(url2pathname(parsed.path))
    if parsed.scheme != "file" or parsed.netloc or not place.resolve().is_relative_to(artifacts.resolve()):
        raise StoreError(f"a run's files are said to be at {short(uri, 200)}, which is not below {artifacts}: not read")
    return place


def own_file(place: Path, name: str) -> Path:
    """Return a file or folder of a run. Raises OSError where there is none, StoreError on a link or no plain file."""
    path, inside = place / name, place.resolve()
    path.stat()
    for own in (path, *(path.rglob("*") if path.is_dir() else ())):
        plain = own.resolve().is_relative_to(inside) and (own.is_file() or own.is_dir())
        if own.is_symlink() or not plain:
            raise StoreError(f"{own} is a link, a device or out of its run's folder, and is not read")
    return path


def is_run_id(text: str) -> bool:
    """Whether a text is an id as MLflow gives them, and so leads nowhere as the name of a folder."""
    return _ID.fullmatch(text) is not None


def require_run_id(text: str) -> None:
    """Refuse what is no id of a run. Raises StoreError."""
    if not is_run_id(text):
        raise StoreError(f"{short(text)} is no run id: that is 32 hexadecimal digits, as MLflow's pages show it")

"""One run: its rows in the database and its files, against what was sealed when it was recorded."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from threshold_lab.reproduce.again import VERDICT_TAG
from threshold_lab.sealing import HASHES, NUMBERS, sha256
from threshold_lab.sealing import ROWS as RECORD
from threshold_lab.seals import changed_files, changed_numbers, changed_seal, seal_again
from threshold_lab.tracking import (
    ADDED,
    ALONE,
    DRIVER,
    FILES_HASH,
    REASON,
    RUN_ID,
    SUPERSEDED,
    profile_of,
)
from threshold_lab.verify.damage import DEAD, FILE, ROWS, STRAY, Damage
from threshold_lab.verify.held import Held, mapping

NOTE, NAME = "mlflow.note.content", "mlflow.runName"
_LONGEST_TAG, _LONGEST_PARAM = 8000, 6000  # of what MLflow keeps
_REPRODUCTIONS = "reproductions/"
_SLIDER, _PUBLISHED = "slider.html", "published.json"


def damages(own: Held) -> Iterator[Damage]:
    """Yield what is wrong with a run that is not put away."""
    run_id, rows = own.rows.run_id, own.rows
    for name in own.strays:
        yield Damage(STRAY, f"{own.place}/{name}", "is no file, and the lab writes nothing else there", run_id)
    for problem in rows.problems:
        yield Damage(ROWS, f"run {run_id}", problem, run_id)
    if rows.status == "KILLED" or (rows.status in ("RUNNING", "SCHEDULED") and not _is_whole(own)):
        yield Damage(DEAD, f"run {run_id}", f"is {rows.status}, and no process records it", run_id)
        return
    if SUPERSEDED in rows.tags and any(damages_of_files(own)):
        yield Damage(DEAD, f"run {run_id}", "was being put away, and that was cut off", run_id)
        return
    if own.is_sealed or (own.is_job and rows.status == "FINISHED"):
        yield from damages_of_files(own)
        yield from (Damage(ROWS, f"run {run_id}", problem, run_id) for problem in _rows(own))


def remarks(own: Held) -> Iterator[str]:
    """Yield what a person may have changed on MLflow's pages, and what was recorded before it was sealed."""
    run_id, record = own.rows.run_id, own.record
    if not own.is_sealed and not (own.is_job and own.rows.status == "FINISHED"):
        yield f"run {run_id} was recorded before such runs were sealed: it is not checked"
    elif own.hashes and RECORD not in own.hashes:
        yield f"run {run_id} was recorded before rows were sealed: of these only its metrics are checked"
    if record and NOTE in own.rows.tags and own.rows.tags[NOTE] != note_of(own):
        yield f"run {run_id}: its description is another than was recorded, as if edited on MLflow's pages"
    if record and own.rows.name == own.rows.tags.get(NAME) != record["name"]:
        yield f"run {run_id}: it was renamed"


def _is_whole(own: Held) -> bool:
    """Whether a run lacks nothing but its end."""
    return own.record is not None and not any(damages_of_files(own)) and not any(_differences(own, own.record))


# ---- files


def damages_of_files(own: Held) -> Iterator[Damage]:
    """Yield what is wrong with the files of a run."""
    run_id, hashes, contents = own.rows.run_id, own.hashes, own.contents
    if not hashes:
        problem = "is damaged: it is no list of hashes" if HASHES in contents else "is gone"
        yield Damage(FILE, f"{own.place}/{HASHES}", problem, run_id)
        return
    added = {name.removeprefix(ADDED): value for name, value in own.rows.tags.items() if name.startswith(ADDED)}
    known = {name: each for name, each in hashes.items() if name != NUMBERS} | added
    for name, problem in changed_files({name: contents.get(name) for name in known}, known):
        yield Damage(FILE, f"{own.place}/{name}", problem, run_id)
    for name in sorted(set(contents) - set(known) - {HASHES}):
        yield Damage(STRAY, f"{own.place}/{name}", "is a file that was not recorded", run_id)
    if seal_is_at_fault(own):
        yield Damage(FILE, f"{own.place}/{HASHES}", "was changed", run_id)


def seal_is_at_fault(own: Held) -> bool:
    """Whether HASHES is not as its tag says, and it is not the tag that was changed."""
    return bool(changed_seal(own.contents.get(HASHES, b""), own.rows.tags)) and not tag_is_at_fault(own)


def tag_is_at_fault(own: Held) -> bool:
    """Whether all files and numbers are as HASHES says, so that its tag must be wrong where it says another hash."""
    sealed = {name: content for name, content in own.contents.items() if name in own.hashes}
    whole = seal_again(sealed, own.hashes) == own.contents.get(HASHES)
    return whole and not changed_numbers(own.rows.metrics, own.hashes)


# ---- rows


def _rows(own: Held) -> Iterator[str]:
    rows = own.rows
    if (found := changed_seal(own.contents.get(HASHES, b""), rows.tags)) and tag_is_at_fault(own):
        yield f"tag {FILES_HASH} is not as it was recorded: {found}"
    record = own.record
    if record is None:
        if own.hashes and (problem := changed_numbers(rows.metrics, own.hashes)):
            yield problem
        return
    yield from _differences(own, record)
    expected = "FAILED" if REASON in record["tags"] else "FINISHED"
    if rows.status != expected:
        yield f"its status is {rows.status}; it was recorded {expected}"
    yield from _later(own)


def _differences(own: Held, record: Mapping[str, Any]) -> Iterator[str]:
    """What the database has, against the record."""
    rows = own.rows
    tags = {name: value[:_LONGEST_TAG] for name, value in record["tags"].items()}
    yield from _unlike("tag", tags, {name: own for name, own in rows.tags.items() if name in tags})
    params = {name: value[:_LONGEST_PARAM] for name, value in record["params"].items()}
    yield from _unlike("param", params, rows.params)
    series = {name: {int(step): value for step, value in each.items()} for name, each in record["series"].items()}
    series |= {name: {0: value} for name, value in record["metrics"].items()}
    yield from _unlike("metric", {name: each[max(each)] for name, each in series.items()}, rows.metrics)
    for name, steps in series.items():
        yield from _unlike(f"metric {name} at step", steps, rows.series.get(name, {}))
    yield from (f"metric {name} was not recorded" for name in sorted(set(rows.series) - set(series)))
    data = [profile_of(record["data"], record["experiment"])] if record["data"] else []
    if list(map(_read, rows.data)) != list(map(_read, data)):
        yield "what is said of its data set is not as it was recorded"
    if record["description"] and NOTE not in rows.tags:
        yield f"tag {NOTE} is gone"
    if rows.name != rows.tags.get(NAME):
        yield f"its name is {rows.name[:60]!r}, its tag {NAME} {rows.tags.get(NAME, '')[:60]!r}"
    if rows.experiment != record["experiment"]:
        yield f"its experiment is {rows.experiment[:60]!r}; it was recorded in {record['experiment'][:60]!r}"
    if not rows.elsewhere and (rows.place is None or rows.place.parts[-2:] != (rows.run_id, "artifacts")):
        yield "the address of its artifacts is not where they are written"


def _read(data_set: Sequence[Any]) -> list[Any]:
    """What is said of a data set, its JSON read: the order of keys says nothing."""
    return [mapping(own.encode()) or own if isinstance(own, str) else own for own in data_set]


def _unlike(what: str, then: Mapping[Any, Any], now: Mapping[Any, Any]) -> Iterator[str]:
    for name in sorted(set(then) | set(now), key=str):
        if name not in now:
            yield f"{what} {name} is gone"
        elif name not in then:
            yield f"{what} {name} was not recorded"
        elif then[name] != now[name]:
            yield f"{what} {name} is {str(now[name])[:60]}; recorded was {str(then[name])[:60]}"


def note_of(own: Held) -> str:
    """Return the description as it was recorded."""
    return str((own.record or {})["description"]).replace(RUN_ID, own.rows.run_id)[:_LONGEST_TAG]


def _later(own: Held) -> Iterator[str]:
    """Tags that belong to files which were added later; and those of the lab's that belong to nothing."""
    yield from _unlike(
        "tag", later_tags(own), {name: own.rows.tags[name] for name in later_tags(own) if name in own.rows.tags}
    )
    yield from (f"tag {name} was not recorded" for name in strange_tags(own))


def strange_tags(own: Held) -> list[str]:
    """Return the tags that only the lab writes, and that it did not write here."""
    known = {*(own.record or {"tags": ()})["tags"], *later_tags(own), FILES_HASH, DRIVER}
    named = (name for name in own.rows.tags if name.startswith("lab.") and not name.startswith(ADDED))
    return [name for name in named if name not in known]


def tags_of_later_files(own: Held) -> dict[str, str]:
    """Return the tags of files that were added later, of a run that has lost all its rows: by the files as they are."""
    names = [name for name in own.contents if name in (_SLIDER, _PUBLISHED) or name.startswith(_REPRODUCTIONS)]
    added = {f"{ADDED}{name}": sha256(own.contents[name]) for name in names if name not in own.hashes}
    return added | later_tags(replace(own, rows=replace(own.rows, tags=added)))


def later_tags(own: Held) -> dict[str, str]:
    """Return the tags that go with files which were added later."""
    found = {ALONE: "true"} if f"{ADDED}{_SLIDER}" in own.rows.tags else {}
    if kept := [name for name in own.contents if name.startswith(_REPRODUCTIONS)]:
        last = mapping(own.contents[max(kept)])
        if {"verdict", "when"} <= set(last):
            found[VERDICT_TAG] = f"{last['verdict']}, {last['when']}"
    return found

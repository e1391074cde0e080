"""What experiments, jobs and cells are called."""

from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest
from conftest import spec

from threshold_lab.naming import Known, apart, experiment_of, head_name, known, name_of, study_of
from threshold_lab.plan import Job
from threshold_lab.spec.data import PATHS
from threshold_lab.tracking import is_plain

FILES = ("churn.csv", "a/b/train.csv", "/a/b/train.csv", "a b/t t.csv", "moons", "..csv", "...", "../a.csv", "a+b.csv")
FILES += ("x" * 300 + ".csv", "\x1b.csv", "a\nb.csv", "a\\nb.csv", "表" * 80 + "/" + "表" * 80 + ".csv")
ONE, OTHER = "1f3a9c2e" + "0" * 56, "0d5b7e41" + "0" * 56


def job(**changes: object) -> Job:
    return Job(spec(**changes), "data", "engine")


def test_an_experiment_is_a_data_set_and_a_study_which_is_no_part_of_what_a_job_is():
    alone, asked = job(), replace(job(), study="circles_bce")
    assert experiment_of(alone) == "moons"
    assert experiment_of(asked) == "moons circles_bce"
    assert (asked, asked.key) == (alone, alone.key)


def of_files(*paths: str, files: str = ONE, study: str = "") -> Job:
    named = {"path": paths[0]} if len(paths) == 1 else dict(zip(PATHS[1:], paths, strict=True))
    return replace(job(data={"source": "csv", "target": "y", **named}), files=files, study=study)


@pytest.mark.parametrize("path", FILES)
def test_two_files_share_an_experiment_where_name_and_content_are_the_same_wherever_they_are(path):
    own, other = experiment_of(of_files(path)), experiment_of(of_files(path, files=OTHER))
    assert own != other
    assert own == experiment_of(of_files(str(Path("another", "folder", Path(path).name))))
    assert all(is_plain(name) and len(quote(name)) <= 80 for name in (own, other))


def test_an_experiment_of_files_says_their_names_and_the_first_digits_of_their_hash():
    assert experiment_of(of_files("a/churn.csv")) == f"churn.csv {ONE[:8]}"
    assert experiment_of(of_files("a/sonar.csv", study="baseline")) == f"sonar.csv {ONE[:8]} baseline"
    assert experiment_of(of_files("a/t.csv", "a/v.csv", "b/t.csv")) == f"t.csv + v.csv + t.csv {ONE[:8]}"
    assert experiment_of(of_files("x" * 300 + ".csv")) == f"{'x' * 69} {ONE[:8]}"


@pytest.mark.parametrize("study", ["", "sonar_baseline"])
@pytest.mark.parametrize("path", FILES)
def test_a_study_is_told_from_the_experiment_that_it_is_part_of(path, study):
    own = of_files(path, study=study)
    assert study_of(experiment_of(own), replace(own, study="")) == study


def test_jobs_are_named_by_what_is_not_as_in_the_first_ones_of_their_experiment():
    first = Known().beside([job(epochs=2), job(epochs=2, threshold="f1")])
    assert first.varied == ()
    assert name_of(job(epochs=2), first) == "sigmoid binary_crossentropy 0.5"
    later = first.beside([job(epochs=3, seeds=4)])
    assert later.varied == ("epochs", "seeds")
    assert name_of(job(epochs=2), later) == "sigmoid binary_crossentropy 0.5"
    assert name_of(job(epochs=3, seeds=4), later) == "sigmoid binary_crossentropy 0.5 epochs=3 seeds=4"
    assert name_of(job(epochs=3)) == "sigmoid binary_crossentropy 0.5"


def test_jobs_of_a_first_sweep_that_differ_are_all_named_and_stay_so():
    swept = Known().beside([job(epochs=2), job(epochs=3)]).beside([job(epochs=2)])
    assert [name_of(job(epochs=own), swept)[-8:] for own in (2, 3)] == ["epochs=2", "epochs=3"]
    assert swept.varied == ("epochs",)


def test_what_only_another_optimizer_has_goes_without_saying_and_the_optimizer_does_not():
    own = job(optimizer={"name": "adam", "learning_rate": 0.1})
    known = Known().beside([job()]).beside([own])
    assert head_name(own, known) == "sigmoid binary_crossentropy optimizer.name=adam"


def test_networks_are_grouped_whatever_cuts_them():
    known = Known().beside([job()]).beside([job(rule={"cost": {"fp": 3.0}}, threshold="cost", epochs=9)])
    own = job(rule={"cost": {"fp": 3.0}}, threshold="cost", epochs=9)
    assert head_name(own, known) == "sigmoid binary_crossentropy epochs=9"
    assert "rule.cost.fp=3.0" in name_of(own, known)


def test_a_value_that_would_turn_a_line_or_move_a_cursor_is_told_as_it_is_escaped():
    first, other = (job(data={"source": "csv", "path": "a.csv", "target": own}) for own in ("y", "a\nb\x1b[31m"))
    assert name_of(other, Known().beside([first])).endswith("0.5 data.target=a\\nb\\x1b[31m")


def test_what_is_known_survives_its_tag_and_what_somebody_wrote_there_is_no_harm():
    columns = [f"column {number}" for number in range(300)]
    own = job(data={"source": "csv", "path": "a.csv", "target": "y", "drop": columns})
    found = Known().beside([own])
    assert known(found.text()) == found
    assert len(found.text()) < 5000
    assert name_of(own, found) == name_of(own)
    for words in ("", "{}", "[]", "null", '{"usual":[],"varied":1}', "[" * 99_000):
        assert known(words) == Known()


def test_names_of_long_values_are_short_and_no_two_alike():
    columns = [f"measurement {number}" for number in range(40)]
    table = {"source": "csv", "path": "a.csv", "target": "y"}
    first = job(data=table)
    own = [job(data=table | {"drop": columns[: 40 - less]}, epochs=epochs) for less in (0, 1) for epochs in (7, 8)]
    names = [name_of(each, Known().beside([first])) for each in own]
    assert len(set(names)) == 4
    assert max(map(len, names)) <= 120
    assert names[1].endswith(" epochs=8")


def test_cells_are_told_apart_by_their_files_and_not_by_where_these_are():
    table = {"source": "csv", "target": "y"}
    here, there, other = (
        replace(job(data=table | {"path": path}), files=files)
        for path, files in (("t.csv", ONE), ("/there/t.csv", ONE), ("there/t.csv", OTHER))
    )
    assert [set(own) for own in apart([here, there])] == [{"activation", "loss"}] * 2
    assert [own["data.content"] for own in apart([here, other])] == [ONE[:8], OTHER[:8]]
    named = replace(job(data=table | {"path": "u.csv"}), files=OTHER)
    assert [own["data.path"] for own in apart([here, named])] == ["t.csv", "u.csv"]
    assert "data.content" not in apart([here, named])[0]
    copied = replace(named, files=ONE)
    assert [own["data.path"] for own in apart([here, copied])] == ["t.csv", "u.csv"]
    assert [own["data.source"] for own in apart([job(), here])] == ["moons", "csv"]

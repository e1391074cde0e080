"""What is said of a run that was made again, from what differs and what has changed since."""

import json
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner
from conftest import SMALL, lab

from threshold_lab import provenance as recorded
from threshold_lab import reproduce as package
from threshold_lab import worker
from threshold_lab.app.commands import cli
from threshold_lab.app.reproduce import Question, say
from threshold_lab.provenance import provenance
from threshold_lab.reproduce import DIFFERS, IDENTICAL, WITHIN, Reproduction
from threshold_lab.reproduce.verdict import TOLERANCE, changes, verdict
from threshold_lab.tracking import Runs

CHECKOUT = Path(package.__file__).parents[3]
QUESTION = Question(("0" * 32,), None, (Path("own"),), None, at_commit=False, store="the runs")


def of(differences: list[str], damages: list[str], largest: dict[str, float], rows: int = 114, **environment):
    return verdict(differences, damages, environment=environment, largest=largest, rows=rows)


def test_bits_are_asked_for_only_where_nothing_has_changed_that_may_change_them():
    small, large = dict.fromkeys(TOLERANCE, 1e-9), dict.fromkeys(TOLERANCE, 1.0)
    assert of([], [], small) == (IDENTICAL, ())
    assert of(["w"], [], small) == (DIFFERS, ("w",))
    assert of(["w"], [], small, cpu=("A", "B")) == (WITHIN, ("w",))
    assert of(["w"], [], large, cpu=("A", "B")) == (DIFFERS, ("w",))
    assert of(["w"], [], {}, cpu=("A", "B")) == (DIFFERS, ("w",))
    assert of([], ["d"], small, cpu=("A", "B"))[0] == DIFFERS


@pytest.mark.parametrize(("rows", "most"), [(21, 1), (99, 1), (114, 1), (200, 2), (5000, 50)])
def test_elsewhere_one_row_of_a_test_part_may_be_cut_otherwise_and_of_many_rows_one_in_a_hundred(rows, most):
    for moved, expected in ((most, WITHIN), (most + 1, DIFFERS)):
        largest = {"probability": 0.01, "roc_auc": 0.0, "accuracy": 1 - (rows - moved) / rows}
        assert of(["w"], [], largest, rows, cpu=("A", "B"))[0] == expected


def test_a_change_of_machine_library_or_setting_is_told_and_of_cores_not():
    now = provenance()
    then = {**vars(now), "cpu": "another", "cores": 99, "settings": {**now.settings, "OMP_NUM_THREADS": "one"}}
    then["libraries"] = {**now.libraries, "keras": "1.0"}
    assert changes(vars(now), now) == {}
    assert changes(then, now) == {
        "libraries keras": ("1.0", now.libraries["keras"]),
        "cpu": ("another", now.cpu),
        "settings OMP_NUM_THREADS": ("one", now.settings.get("OMP_NUM_THREADS", "")),
    }


def test_threads_are_recorded_and_a_run_of_before_that_is_like_any_other():
    now = provenance()
    assert {int(each) for each in now.threads.values()} == {1}
    assert worker._ENVIRONMENT | now.threads == worker._ENVIRONMENT | {"matrices": "1"}
    assert changes({**vars(now), "threads": {**now.threads, "matrices": "4"}}, now) == {"threads matrices": ("4", "1")}
    assert changes({name: own for name, own in vars(now).items() if name != "threads"}, now) == {}


def test_code_that_no_commit_holds_counts_as_a_change_and_a_data_file_beside_does_not(tmp_path, monkeypatch):
    package = tmp_path / "src" / "threshold_lab"
    (tmp_path / "conf").mkdir()
    package.mkdir(parents=True)
    (package / "train.py").write_text("")
    as_somebody = ["git", "-c", "user.name=somebody", "-c", "user.email=somebody@example.org"]
    for words in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "--message", "all"]):
        subprocess.run([*as_somebody, *words], cwd=tmp_path, check=True)
    provenance()  # the hashes of the code that runs, which is not in that package
    monkeypatch.setattr(recorded, "PACKAGE", package)
    (tmp_path / "own.csv").write_text("x,y")
    assert (provenance().changed, provenance().untracked) == (False, "")
    for path in (package / "new.py", tmp_path / "conf" / "new.yaml"):
        path.write_text("")
        assert (provenance().changed, provenance().untracked) == (True, str(path.relative_to(tmp_path)))
        path.unlink()


def test_a_person_reads_what_differs_and_what_has_changed_since(capsys):
    since = {"engine": ("old", "new"), "cpu": ("AMD A", "AMD B"), "flags": ("avx avx2 fma", "avx avx2 amx")}
    found = Reproduction("0" * 32, DIFFERS, ("weights.npz kernel: up to 0.25",), since, {"weight": 0.25}, "c" * 40)
    say([found], QUESTION, as_json=False)
    said = capsys.readouterr().out
    changed = ("cpu: AMD A -> AMD B\n", "flags: -fma +amx\n", "commit cccccccccccc", "--at-commit")
    for words in ("differs", "kernel: up to 0.25", "weight 0.25", *changed):
        assert words in said


def test_of_an_identical_run_other_code_is_told_and_how_to_run_the_code_of_its_time(capsys):
    since = {"engine": ("old", "new"), "cpu": ("A", "B")}
    found = Reproduction("0" * 32, IDENTICAL, (), since, {}, "c" * 40, "sigmoid, mse")
    say([found], QUESTION, as_json=False)
    said = capsys.readouterr().out
    assert f"{'0' * 32}  sigmoid, mse  identical" in said
    assert "since then engine: old -> new" in said
    assert "cpu" not in said
    assert f"reproduce {'0' * 32} --at-commit --store 'the runs' --data own" in said


@pytest.mark.parametrize(
    "words", [["published", "--at-commit"], ["published=x", "--sweep", "a"], ["reported", "--sweep", "a"]]
)
def test_what_is_said_of_runs_alone_is_refused_of_studies(words):
    found = CliRunner().invoke(cli, ["reproduce", *words])
    assert found.exit_code == 2
    assert "--sweep and --at-commit are for runs by their ids" in found.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["reported=foo"], "'reported' takes no names"),
        (["published", "reported"], "'published' is asked for alone"),
        (["0" * 32, "reported"], "'reported' is asked for alone"),
        (["publishd"], "did you mean 'published'?"),
        (["report=foo"], "did you mean 'reported'?"),
        (["published", "--full"], "--full is for 'reported' alone"),
        (["0" * 32, "--full"], "--full is for 'reported' alone"),
    ],
)
def test_what_is_asked_for_wrongly_is_refused_before_anything_runs(words, said):
    found = CliRunner().invoke(cli, ["reproduce", *words])
    assert found.exit_code == 2
    assert said in found.output


@pytest.mark.slow  # a minute: two more starts of TensorFlow
@pytest.mark.skipif(not (CHECKOUT / ".git").exists(), reason="not a checkout")
def test_the_code_of_a_run_is_run_where_it_has_changed_since(tmp_path):
    """In a clone: a job, then a commit that changes how it is decided; its own commit gives what it gave."""
    clone, folder = tmp_path / "clone", tmp_path / "folder"
    folder.mkdir()
    subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", str(CHECKOUT), str(clone)], check=True)
    code = {"PYTHONPATH": str(clone / "src")}
    done = lab("run", *SMALL, folder=folder, **code)
    assert done.returncode == 0, done.stderr
    changed = clone / "src" / "threshold_lab" / "metrics.py"
    changed.write_text(changed.read_text() + "\n# another code\n")
    form = clone / "src" / "threshold_lab" / "spec" / "job.py"
    form.write_text(form.read_text().replace("    data: Data\n\n", "    data: Data\n    another: int = 0\n\n", 1))
    as_somebody = ["git", "-c", "user.name=somebody", "-c", "user.email=somebody@example.org"]
    subprocess.run([*as_somebody, "commit", "--quiet", "--all", "--message", "other"], cwd=clone, check=True)
    (plan,) = (folder / "mlruns" / "plans").glob("*.json")
    (run,) = (run for run in Runs(folder / "mlruns").of_sweep(plan.stem) if run.key)
    done = lab("reproduce", run.run_id, folder=folder, **code)
    assert "not as it was written" in done.stdout
    assert "--at-commit" in done.stdout
    done = lab("reproduce", run.run_id, "--at-commit", "--json", folder=folder, **code)
    (found,) = json.loads(done.stdout)["runs"]
    assert (found["verdict"], found["environment"]) == (IDENTICAL, {})
    listed = subprocess.run(["git", "worktree", "list"], cwd=clone, capture_output=True, text=True).stdout
    assert len(listed.splitlines()) == 1


def test_the_tolerance_is_above_what_was_measured():
    measured = json.loads((CHECKOUT / "reported" / "tolerances" / "largest.json").read_text())
    assert measured["configurations"] >= 50
    assert all(measured["largest"][name] < most for name, most in TOLERANCE.items())

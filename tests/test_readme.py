"""The README is short, opens with the question, and its commands run as printed."""

import re
import shlex
from pathlib import Path

import pytest
from conftest import lab, lab_here

README = (Path(__file__).parents[1] / "README.md").read_text()
COMMANDS = re.findall(r"^    threshold-lab ((?:sweep|run) .*)$", README, re.MULTILINE)


def test_the_readme_is_short_and_opens_with_the_question():
    lines = README.splitlines()
    assert len(lines) <= 120
    assert "Does\nKeras threshold?" in "\n".join(lines[:6])


def test_every_file_the_readme_names_is_there():
    named = re.findall(r"\]\((?!http)([^)]+)\)|`(conf/\S+?|src/\S+?)`", README)
    assert named
    for link, path in named:
        assert (Path(__file__).parents[1] / (link or path)).exists()


def test_decide_runs_as_printed(folder):
    (command,) = re.findall(r"^    threshold-lab (decide .*)$", README, re.MULTILINE)
    (folder / "scores.csv").write_text("p,y\n0.1,0\n0.4,1\n0.5,0\n0.9,1\n")
    done = lab(*shlex.split(command), folder=folder)
    assert done.returncode == 0, done.stderr
    assert "youden: positive (1) is a score of" in done.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_readme_runs_as_printed(command, folder):
    rows = "".join(f"{row},{row % 7},{'yes' if row % 3 else 'no'}\n" for row in range(60))
    (folder / "my.csv").write_text(f"customer_id,visits,churned\n{rows}")
    done = lab_here(*shlex.split(command), "epochs=1", "seeds=2", "executor.workers=1", folder=folder)
    assert done.returncode == 0, done.stderr
    assert "--help" in command or "recorded in sqlite:///" in done.stdout.replace("\n", "")

"""A configuration file of the user's own is plain YAML, or is refused by its name and row; nothing in it is run."""

import os
import signal

import pytest
from conftest import lab_here

from threshold_lab.app import hydra_door
from threshold_lab.app.config_files import FileConfigSource
from threshold_lab.errors import ConfigError

BOMB = "a0: &a0 [x, x]\n" + "".join(f"a{own + 1}: &a{own + 1} [*a{own}, *a{own}]\n" for own in range(27))
FILES = {
    "row 2: expected ',' or ']', but got ':'; a configuration file is YAML of KEY: VALUE": "l2: [1\nhidden: [4]\n",
    r"row 1: found character '\t' that cannot start any token": "\thidden: [4]\n",
    "row 2: found duplicate key hidden": "hidden: [4]\nhidden: [5]\n",
    "row 1: tag:yaml.org,2002:python/object/apply:os.system is a tag": "l2: !!python/object/apply:os.system [id]\n",
    "row 1: tag:yaml.org,2002:timestamp is a tag": "l2: !!timestamp x\n",
    "row 2: *a0 repeats another value; write ${KEY}": BOMB,
    "row 1: *a repeats another value": "a: &a [*a]\n",
    "row 1: does not begin with a key": "- 1\n- 2\n",
    "row 2: does not begin with a key": "\n'a: &a [1]'\n",
    "row 3: but found another document": "l2: 0.1\n\n---\nl2: 0.2\n",
    "is no UTF-8 text": b"hidden: [4\xe9]\n",
    "special characters are not allowed": "l2: \0\n",
    "row 1: holds more than 50 groups within each other": "l2: " + "[" * 5000 + "]" * 5000,
    "1,048,576 are the most": "l2: 0.1\n" + "#" * 2**20,
    "Exceeds the limit (4300 digits)": f"l2: {'9' * 5000}\n",
    "cannot be read: No such file or directory": None,
}

PLAIN = ["", "# nothing\n", "---\n", "\ufeffl2: 0.1\n", "a: ${b}\nc: []\n", "a: " + "[" * 49 + "]" * 49]


@pytest.mark.parametrize("words", FILES)
def test_a_file_that_is_no_configuration_is_told_by_its_name_and_row(words, tmp_path):
    path, content = tmp_path / "own.yaml", FILES[words]
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ConfigError) as caught:
        FileConfigSource("test", str(tmp_path)).load_config("own")
    assert str(caught.value).startswith(str(path))
    assert words in str(caught.value)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("content", PLAIN)
def test_a_file_of_plain_values_is_read_as_hydra_reads_it(content, tmp_path):
    (tmp_path / "own.yaml").write_text(content)
    theirs = next(own for own in FileConfigSource.__mro__[1:] if own.__name__ == "FileConfigSource")
    own, other = (kind("test", str(tmp_path)).load_config("own").config for kind in (FileConfigSource, theirs))
    assert own == other


def test_the_command_line_refuses_it_before_anything_is_written(folder):
    (folder / "network").mkdir()
    (folder / "network" / "bomb.yaml").write_text(BOMB)
    said = lab_here("run", "--config-dir", ".", "network=bomb", folder=folder)
    assert (said.returncode, said.stdout) == (2, "")
    assert said.stderr.startswith(f"Error: {folder}/network/bomb.yaml, row 2: *a0 repeats another value")
    assert [own.name for own in folder.iterdir()] == ["network"]


@pytest.fixture
def ctrl_c():
    """Ctrl-C as Python has it, which whoever started the tests in the background may have had ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("ctrl_c")
def test_a_signal_ends_at_once_what_has_not_begun_to_sweep(monkeypatch):
    before = [signal.getsignal(own) for own in (signal.SIGTERM, signal.SIGHUP)]
    composing: list[object] = []

    def compose(*_: object) -> None:
        composing.extend(signal.getsignal(own) for own in (signal.SIGTERM, signal.SIGHUP))
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(hydra_door, "_given", compose)
    with pytest.raises(KeyboardInterrupt):
        hydra_door.run_hydra([], program="threshold-lab run")
    assert composing == before

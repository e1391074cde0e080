"""A sweep that is stopped, or whose workers are, leaves what is finished."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import SMALL, lab_here, trained
from stored_runs import runs


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="the workers of a process are found in /proc")
def test_a_program_whose_workers_die_is_recorded_as_failed_and_the_others_finish(folder):
    words = ["sweep", "activation=sigmoid", "loss=mse", "batch_size=16,8", "threshold=0.5", *SMALL]
    driver = subprocess.Popen(
        [str(Path(sys.executable).with_name("threshold-lab")), *words],
        cwd=folder,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"TMPDIR": str(folder)},
    )
    killed: list[int] = []
    deadline = time.monotonic() + 120
    while len(killed) < 3 and driver.poll() is None and time.monotonic() < deadline:
        for worker in set(workers_of(driver.pid)) - set(killed):
            if list(folder.glob("threshold-lab-*/tmp*")):  # it has a program
                os.kill(worker, signal.SIGKILL)
                killed.append(worker)
        time.sleep(0.1)
    said, _ = driver.communicate(timeout=120)
    assert (driver.returncode, len(killed)) == (1, 3)
    assert "1 job failed: training failed: WorkerDiedError: the worker process died, 3 times" in said
    failed, finished = sorted(runs(folder), key=lambda run: run.info.status)
    assert (failed.info.status, finished.info.status) == ("FAILED", "FINISHED")
    assert "died, 3 times" in failed.data.tags["lab.reason"]


def workers_of(driver: int) -> list[int]:
    children = [int(own) for own in Path(f"/proc/{driver}/task/{driver}/children").read_text().split()]
    return [own for own in children if "spawn_main" in command_of(own)]


def command_of(process: int) -> str:
    try:
        return Path(f"/proc/{process}/cmdline").read_text()
    except FileNotFoundError:
        return ""


def test_ctrl_c_leaves_what_is_finished_and_the_same_line_goes_on(folder, tmp_path_factory):
    words = ["sweep", "activation=sigmoid,tanh", "loss=mse", *SMALL]
    trained(tmp_path_factory, folder)
    program = [str(Path(sys.executable).with_name("threshold-lab")), *words]
    own = {key: value for key, value in os.environ.items() if key != "MLFLOW_TRACKING_URI"}
    running = subprocess.Popen(
        program, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=own, start_new_session=True
    )
    deadline = time.monotonic() + 120
    while not list(folder.glob("mlruns/artifacts/*/*/artifacts/seeds.csv")) and time.monotonic() < deadline:
        time.sleep(0.02)
    os.killpg(running.pid, signal.SIGINT)
    _, said = running.communicate(timeout=60)
    assert running.returncode == 130, said
    assert "nothing finished is lost.\nThe same command goes on from there." in said
    assert "Traceback" not in said
    recorded = len(runs(folder))
    assert 0 < recorded < 20
    assert {run.info.status for run in runs(folder)} == {"FINISHED"}
    again = lab_here(*words, folder=folder)
    assert f"20 jobs, {recorded} recorded before" in again.stdout
    assert len(runs(folder, "attributes.status = 'FINISHED'")) == 20

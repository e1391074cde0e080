"""What somebody sees who opens MLflow's pages, in a real browser."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pandas as pd
import pytest
from browsers import NEEDED, a_browser
from conftest import SMALL, lab_here, trained
from mlflow import MlflowClient
from test_ui import free_port, until_it_answers

pytestmark = NEEDED
WITHIN = 60_000
WORDS = ["activation=sigmoid,linear", "loss=binary_crossentropy,mse", "threshold=0.1,0.5,youden"]


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A folder with a small sweep, and the address that `threshold-lab ui` prints."""
    folder, port = trained(tmp_path_factory, tmp_path_factory.mktemp("browsed")), free_port()
    done = lab_here("sweep", *WORDS, *SMALL, folder=folder)
    assert done.returncode == 0, done.stderr
    own = {key: value for key, value in os.environ.items() if key not in ("MLFLOW_TRACKING_URI", "DISPLAY")}
    program = [str(Path(sys.executable).with_name("threshold-lab")), "ui", "--port", str(port)]
    with subprocess.Popen(
        program, cwd=folder, stdout=subprocess.PIPE, env=own, text=True, start_new_session=True
    ) as ui:
        try:
            page, alone, summary = (ui.stdout.readline().strip().rpartition(": ")[2] for _ in range(3))
            until_it_answers(port)
            yield folder, page, alone, summary
        finally:
            os.killpg(ui.pid, signal.SIGINT)


browser = pytest.fixture(scope="module")(a_browser)


@pytest.fixture
def tab(browser):
    with browser.new_context(viewport={"width": 1900, "height": 1300}) as context:
        context.set_default_timeout(WITHIN)
        yield context.new_page()


def runs_of(folder: Path):
    client = MlflowClient(f"sqlite:///{folder / 'mlruns' / 'mlflow.db'}")
    (experiment,) = client.search_experiments(filter_string="name = 'moons'")
    found = client.search_runs(
        [experiment.experiment_id], "tags.`lab.key` LIKE '%'", order_by=["metrics.test_accuracy DESC"]
    )
    return experiment.experiment_id, found


def test_the_page_opens_on_the_comparison_with_charts_chosen_and_runs_grouped(served, tab):
    _, page, *_ = served
    tab.goto(page)
    tab.get_by_text("Comparison", exact=True).wait_for()
    for name in ("test_accuracy", "test_f1", "test_roc_auc", "test_rows_positive"):
        tab.get_by_text(name, exact=True).first.wait_for()
    tab.get_by_text("Group by: head").wait_for()
    for name in ("sigmoid mse", "linear binary_crossentropy"):
        tab.get_by_text(f"Group: {name}", exact=True).wait_for()
    tab.get_by_text("Sort: Created").wait_for()
    tab.get_by_text("12 matching runs").wait_for()


def test_the_comparison_is_a_link_away_from_whatever_page_the_experiment_opens_on(served, tab):
    folder, page, *_ = served
    tab.goto(f"{page.split('/#/')[0]}/#/experiments/{runs_of(folder)[0]}/overview/usage?workflowType=genai")
    with tab.context.expect_page() as opened:
        tab.get_by_role("link", name="The comparison").click()
    opened.value.get_by_text("Group by: head").wait_for()
    opened.value.get_by_text("12 matching runs").wait_for()
    opened.value.close()


def test_every_job_by_itself_has_a_line_through_what_it_was_made_of_and_came_to(served, tab):
    tab.goto(served[2])
    tab.get_by_text("12 matching runs").wait_for()
    tab.get_by_text("Parallel coordinates", exact=False).first.wait_for()
    for axis in ("activation", "loss", "cut", "test_f1", "test_accuracy"):
        tab.locator(".parcoords, svg").get_by_text(axis, exact=True).first.wait_for()
    for tick in ("at 0.5", "at youden"):  # numbers and names alike
        tab.locator(".parcoords, svg").get_by_text(tick, exact=True).first.wait_for()
    tab.get_by_text("test_recall vs. test_precision").wait_for()


def test_the_comparison_of_the_whole_sweep_is_a_page_of_its_own(served, tab):
    tab.goto(served[3])
    for name in ("curves.png", "heat_map_accuracy.png", "sliders", "table.csv"):
        tab.get_by_text(name, exact=True).first.wait_for()
    tab.locator("img[src^='blob:'], .image-outer-container img").first.wait_for()
    tab.get_by_text("Model registry", exact=True).first.wait_for()


def test_the_runs_table_lists_the_jobs_and_sorts_by_a_metric(served, tab):
    folder, page, *_ = served
    experiment, found = runs_of(folder)
    order = quote("metrics.`test_accuracy`", safe="")
    only_jobs = quote("tags.`lab.key` LIKE '%'", safe="")
    address = page.split("/#/")[0]
    tab.goto(
        f"{address}/#/experiments/{experiment}/runs?searchFilter={only_jobs}&orderByKey={order}&orderByAsc=false"
        f"&compareRunsMode=TABLE"
    )
    tab.get_by_text("12 matching runs").wait_for()
    names = [run.info.run_name for run in found]
    tab.get_by_role("link", name=names[0], exact=True).first.wait_for()
    links = tab.get_by_role("link").all_inner_texts()
    assert [own for own in links if own in names] == names


def test_a_run_shows_its_histogram_and_says_what_it_is(served, tab):
    folder, page, *_ = served
    experiment, found = runs_of(folder)
    address = page.split("/#/")[0]
    tab.goto(f"{address}/#/experiments/{experiment}/runs/{found[0].info.run_id}")
    tab.get_by_text("The score is ").first.wait_for()
    tab.goto(f"{address}/#/experiments/{experiment}/runs/{found[0].info.run_id}/artifacts/histogram.png")
    picture = tab.locator("img[src*='histogram'], img[src^='blob:'], .image-outer-container img").first
    picture.wait_for()
    assert picture.evaluate("own => own.naturalWidth") > 500


def test_two_runs_are_compared(served, tab):
    folder, page, *_ = served
    experiment, found = runs_of(folder)
    ids = quote(json.dumps([run.info.run_id for run in found[:2]]))
    address = page.split("/#/")[0]
    tab.goto(f"{address}/#/compare-runs?runs={ids}&experiments={quote(json.dumps([experiment]))}")
    for run in found[:2]:
        tab.get_by_text(run.info.run_name).first.wait_for()
    tab.get_by_text("Parallel Coordinates Plot").first.wait_for()


def moved(page, folder: Path):
    """Move the slider of a page of `sigmoid mse` to its end, where nothing is called positive."""
    _, found = runs_of(folder)
    client = MlflowClient(f"sqlite:///{folder / 'mlruns' / 'mlflow.db'}")
    one_of_it = next(run for run in found if run.info.run_name == "sigmoid mse 0.5")
    tidy = pd.read_csv(client.download_artifacts(one_of_it.info.run_id, "seeds.csv"), dtype={"rule": str})
    pooled = tidy[(tidy["part"] == "test") & (tidy["rule"] == "0.5")][["tp", "fp", "fn", "tn"]].sum()
    for name, rows in pooled.items():
        page.get_by_text(f"{name} {rows:.0f}", exact=True).wait_for()
    slider = page.locator("input[type=range]")
    slider.evaluate("own => { own.value = own.max; own.dispatchEvent(new Event('input')); }")
    page.get_by_text("tp 0", exact=True).wait_for()
    page.get_by_text(f"fn {pooled['tp'] + pooled['fn']:.0f}", exact=True).wait_for()


def test_the_slider_changes_the_counts_without_a_network(served, tab, tmp_path):
    folder, *_ = served
    client = MlflowClient(f"sqlite:///{folder / 'mlruns' / 'mlflow.db'}")
    (sweep,) = client.search_runs([runs_of(folder)[0]], "tags.`lab.kind` = 'sweep'")
    path = client.download_artifacts(sweep.info.run_id, "sliders/sigmoid mse.html", str(tmp_path))
    tab.context.set_offline(True)
    tab.goto(Path(path).as_uri())
    moved(tab, folder)
    tab.get_by_text("-", exact=True).wait_for()  # precision of nothing
    assert not tab.get_by_text("null", exact=False).count()


def test_the_slider_changes_the_counts_within_mlflows_page(served, tab):
    folder, _, _, summary = served
    tab.goto(summary)
    tab.get_by_text("sliders", exact=True).first.click()
    tab.get_by_text("sigmoid mse.html", exact=True).first.click()
    moved(tab.frame_locator("iframe"), folder)

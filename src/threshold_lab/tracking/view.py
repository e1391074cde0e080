"""How MLflow's own page of an experiment opens: which charts, which columns, grouped by what.

MLflow keeps a view that is shared as a tag of the experiment, in a form that is its own and not documented; it is
written here alone, and the browser's test notices when it is no longer understood.
"""

import json
from collections.abc import Sequence
from typing import Any

from threshold_lab.tracking.names import HEAD, KEY, KIND

GROUPED, ALONE = "threshold-lab", "threshold-lab-jobs"
"""Names of two views: jobs grouped by what trained them; and each by itself, with the parallel coordinates that MLflow
leaves out where runs are grouped."""

COLUMNS = ("test_accuracy", "test_f1", "test_roc_auc", "test_brier", "threshold", "majority")
TAGS = ("activation", "loss", "threshold", "contract")
_COMPARISON = {"uuid": "comparison", "name": "Comparison", "display": True, "isReordered": True}
_CHARTS = ("test_accuracy", "test_f1", "test_roc_auc", "test_brier")
_AS_IT_IS = {"lineSmoothness": 0, "useGlobalLineSmoothing": False}  # or MLflow draws other numbers than were logged
_OF_TRAINING = "workflowType=machine_learning"  # or the pages beside it are those for language models
_SUMMARY = "heat_map_accuracy.png"
_AGAINST_RECALL = ("test_precision", "test_specificity")
_LINES = ("test_rows_positive", "test_rows_negative", "val_loss")


_AXES = 4  # of leaves that a sweep may vary; more make parallel coordinates a thicket


def tags(varied: Sequence[str] = ()) -> dict[str, str]:
    """Return the tags of an experiment that hold the views, as MLflow keeps them; varied: parameters that differ."""
    bars: list[dict[str, Any]] = [{"type": "BAR", "metricKey": name, "runsCountToCompare": 100} for name in _CHARTS]
    lines = [{"type": "LINE", "metricKey": name, "selectedMetricKeys": [name], **_AS_IT_IS} for name in _LINES]
    scatters = [
        {"type": "SCATTER", "xaxis": _metric("test_recall"), "yaxis": _metric(name)} for name in _AGAINST_RECALL
    ]
    keys = [{"mode": "tag", "groupByData": HEAD}]
    views = {
        GROUPED: _state(_COMPARISON, [*bars, *lines], groupBy={"aggregateFunction": "average", "groupByKeys": keys}),
        ALONE: _state(
            {**_COMPARISON, "columns": 1, "cardHeight": 480}, [_parallel(varied), *scatters], runsHiddenMode="SHOWALL"
        ),
    }
    return {f"mlflow.sharedViewState.{name}": json.dumps(own) for name, own in views.items()}


def _parallel(varied: Sequence[str]) -> dict[str, Any]:
    return {
        "type": "PARALLEL",
        "selectedParams": ["activation", "loss", *varied[:_AXES], "cut"],
        "selectedMetrics": ["test_f1", "test_accuracy"],
        "showAllRuns": True,
    }


def _metric(name: str) -> dict[str, str]:
    return {"key": name, "type": "METRIC"}


def _state(section: dict[str, Any], charts: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """A view of jobs, the newest first."""
    own = {"metricSectionId": section["uuid"], "deleted": False, "isGenerated": False}
    return {
        "selectedColumns": [f"metrics.`{name}`" for name in COLUMNS] + [f"tags.`{name}`" for name in TAGS],
        "compareRunCharts": [
            {**chart, **own, "uuid": f"{section['uuid']}-{place}"} for place, chart in enumerate(charts)
        ],
        "compareRunSections": [section],
        "runsHiddenMode": "FIRST_20_RUNS",
        "hideEmptyCharts": True,
        "searchFilter": f"tags.`{KEY}` LIKE '%'",
        "orderByKey": "attributes.`Created`",  # by its other name, start_time, runs are folded below their sweep
        "orderByAsc": False,
        **more,
    }


def files(address: str, experiment: str, run_id: str) -> str:
    """Return the address of what the run of a sweep holds, the picture that sums it up before the eye."""
    return f"{address}/#/experiments/{experiment}/runs/{run_id}/artifacts/{_SUMMARY}?{_OF_TRAINING}"


def page(address: str, experiment: str, name: str) -> str:
    """Return the address of a view of an experiment's jobs."""
    return f"{address}/#/experiments/{experiment}/runs?viewStateShareKey={name}&compareRunsMode=CHART&{_OF_TRAINING}"


def links(experiment: str) -> str:
    """Return the views of an experiment's jobs as Markdown, to be followed from any of MLflow's pages."""
    words = {GROUPED: "The comparison", ALONE: "Every job by itself"}
    return " · ".join(f"[{told}]({page('.', experiment, name)})" for name, told in words.items())


def pages(client: Any, address: str, experiments: list[str]) -> list[str]:
    """Return the addresses of the views of the experiment recorded last, and of the run that sums up a sweep of it."""
    found = _newest(client, experiments, f"tags.`{KEY}` LIKE '%'")
    own = found.info.experiment_id if found else experiments[0]
    sums = _newest(client, [own], f"tags.`{KIND}` = 'sweep'")
    views = [page(address, own, name) for name in (GROUPED, ALONE)]
    return [*views, *([files(address, own, sums.info.run_id)] if sums else [])]


def _newest(client: Any, experiments: list[str], words: str) -> Any:
    found = client.search_runs(experiments, words, max_results=1, order_by=["attributes.end_time DESC"])
    return found[0] if found else None

"""How MLflow's own page of an experiment opens: which charts, which columns, grouped by what.

MLflow keeps a view that is shared as a tag of the experiment, in a form that is its own and not documented; it is
written here alone, and the browser's test notices when it is no longer understood.
"""

import json
from typing import Any

from threshold_lab.tracking.names import KEY

NAME = "threshold-lab"
TAG = f"mlflow.sharedViewState.{NAME}"

COLUMNS = ("test_accuracy", "test_f1", "test_roc_auc", "test_brier", "threshold", "majority")
GROUPS = ("activation", "loss")
TAGS = ("activation", "loss", "threshold", "contract")
_SECTION = "comparison"
_CHARTS = ("test_accuracy", "test_f1", "test_roc_auc", "test_brier")
_LINES = ("test_rows_positive", "test_rows_negative", "val_loss")


def state() -> str:
    """Return the view, as MLflow keeps it: jobs alone, the best first."""
    charts: list[dict[str, Any]] = [{"type": "BAR", "metricKey": name, "runsCountToCompare": 100} for name in _CHARTS]
    charts += [{"type": "LINE", "metricKey": name, "selectedMetricKeys": [name]} for name in _LINES]
    charts.append(
        {
            "type": "PARALLEL",
            "selectedParams": ["activation", "loss", "threshold"],
            "selectedMetrics": ["test_f1", "test_accuracy"],
            "showAllRuns": True,
        }
    )
    own = {"metricSectionId": _SECTION, "deleted": False, "isGenerated": False}
    return json.dumps(
        {
            "selectedColumns": [f"metrics.`{name}`" for name in COLUMNS] + [f"tags.`{name}`" for name in TAGS],
            "compareRunCharts": [{**chart, **own, "uuid": f"{_SECTION}-{place}"} for place, chart in enumerate(charts)],
            "compareRunSections": [{"uuid": _SECTION, "name": "Comparison", "display": True, "isReordered": True}],
            "groupBy": {
                "aggregateFunction": "average",
                "groupByKeys": [{"mode": "tag", "groupByData": name} for name in GROUPS],
            },
            "runsHiddenMode": "FIRST_20_RUNS",
            "hideEmptyCharts": True,
            "searchFilter": f"tags.`{KEY}` LIKE '%'",
            "orderByKey": "metrics.`test_accuracy`",
            "orderByAsc": False,
        }
    )


def page(address: str, experiment: str) -> str:
    """Return the address of the comparison of an experiment's jobs."""
    return f"{address}/#/experiments/{experiment}/runs?viewStateShareKey={NAME}&compareRunsMode=CHART"

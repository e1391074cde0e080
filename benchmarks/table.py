"""Results -> a table of every figure, its goal, and whether it is reached."""

from collections.abc import Mapping
from typing import Any

FIGURES = {
    "keras_fit_ratio": ("training, question's recipe, 160 lanes: plain Keras fit / ours, per model", ">=", 200),
    "jax_ratio": ("the best of the JAX figures / ours", ">=", 1.3),
    "torch_ratio": ("PyTorch / ours", ">=", 4),
    "sgemm_share": ("our GFLOP/s / NumPy's large sgemm on all cores", ">=", 0.40),
    "naive_sweep_ratio": ("whole sweep: a naive Hydra + autolog run x 1,600 results / ours", ">=", 500),
    "lane_scaling": ("cost a lane at 1,024 lanes / at 64, start-up left out", "<=", 1.05),
    "row_scaling": ("cost a row at 1,000,000 rows / at 10,000, 30 features", "<=", 1.1),
    "row_memory": ("memory for 1,000,000 rows / their float32 data", "<=", 2.5),
    "wide_ratio": ("3 layers of 256, 60 features: Keras / ours, per model", ">=", 12),
    "wide_1000_ratio": ("3 layers of 256, 1,000 features: Keras / ours, per model", ">=", 5),
    "cuts_ratio": ("all rules and metrics at every cut of 1,000,000 scores / scikit-learn's two curves", "<=", 1.0),
    "bootstrap_seconds": ("1,000 resamples of 100,000 scores, cut and metric of each, seconds on one core", "<=", 2),
    "bootstrap_ratio": ("a loop over scikit-learn / the same resamples", ">=", 50),
    "decisions_seconds": ("20 seeds x 80 jobs x 500 rows, everything a sweep decides, seconds", "<=", 2),
    "tracking_ms": (
        "everything tracked for a run, pictures and model included, in a sweep of 80, milliseconds",
        "<=",
        120,
    ),
    "tracking_scaling": ("the same in a store that holds 10,000 runs / in an empty one", "<=", 1.1),
    "browse_seconds": ("runs table and status of a sweep in a store of 10,000 runs, seconds", "<=", 2),
    "plan_seconds": ("10,000 jobs in one sweep: from the command's words until all are planned, seconds", "<=", 20),
    "record_scaling": ("the last 1,000 of 10,000 runs of a sweep / the first 1,000, processor time", "<=", 1.1),
    "sweep_memory_growth": (
        "memory of that sweep's driver after 10,000 runs / after 1,000, SQLite's cache of pages (16 MiB at most) in it",
        "<=",
        1.1,
    ),
    "big_csv_gb": ("1,000,000 rows of a CSV, 30 features, one job: most memory of all processes, GiB", "<=", 4),
    "serve_share": (
        "rows a second of the served model, batches of 10,000 / plain Keras predict on encoded rows",
        ">=",
        0.5,
    ),
}
"""What each key of the results is, and its goal on two cores."""


def table(results: Mapping[str, Any]) -> str:
    """Return the table in Markdown."""
    lines = ["| figure (key in results.json) | goal | measured | |", "|---|---|---|---|"]
    for key, (words, way, goal) in FIGURES.items():
        if (measured := results.get(key)) is None:
            continue
        reached = measured >= goal if way == ">=" else measured <= goal
        lines.append(f"| {words} (`{key}`) | {way} {goal} | {measured:.3g} | {'reached' if reached else 'missed'} |")
    machine = results["machine"]
    return "\n".join([*lines, "", f"On {machine['cores']} cores of {machine['processor']}.", ""])

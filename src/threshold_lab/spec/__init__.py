"""The configuration of a job: every field's meaning and check, its canonical form and its keys.

Values come from `conf/`, meaning is here. A `RunSpec` is frozen, and its canonical JSON is its identity.
"""

from threshold_lab.spec.canonical import canonical, digest, leaves
from threshold_lab.spec.check import rule_settings, run_spec
from threshold_lab.spec.data import TABS, BreastCancer, Circles, Classification, Csv, Data, Moons, SplitSpec, paths_of
from threshold_lab.spec.fields import Column, Label
from threshold_lab.spec.job import Lane, Network, RunSpec, Training, placeless
from threshold_lab.spec.optimizer import Adam, Optimizer, RmsProp, Sgd
from threshold_lab.spec.rule import Cost, RuleSettings
from threshold_lab.spec.study import Claim, File, Published, Study, study_spec

__all__ = [
    "TABS",
    "Adam",
    "BreastCancer",
    "Circles",
    "Claim",
    "Classification",
    "Column",
    "Cost",
    "Csv",
    "Data",
    "File",
    "Label",
    "Lane",
    "Moons",
    "Network",
    "Optimizer",
    "Published",
    "RmsProp",
    "RuleSettings",
    "RunSpec",
    "Sgd",
    "SplitSpec",
    "Study",
    "Training",
    "canonical",
    "digest",
    "leaves",
    "paths_of",
    "placeless",
    "rule_settings",
    "run_spec",
    "study_spec",
]

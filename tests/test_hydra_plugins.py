"""The launcher passes Hydra's own conformance suite; composing once per choice of groups changes nothing."""

import pytest
from hydra import version
from hydra._internal.callbacks import Callbacks
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.utils import create_config_search_path
from hydra.core.plugins import Plugins
from hydra.errors import ConfigCompositionException
from hydra.test_utils.launcher_common_tests import (
    BatchedSweeperTestSuite,
    IntegrationTestSuite,
    LauncherTestSuite,
)
from hydra.test_utils.test_utils import SweepTaskFunction
from hydra.types import HydraContext, RunMode
from omegaconf import OmegaConf, open_dict

from hydra_plugins.threshold_lab_launcher import BatchLauncher, Composer
from hydra_plugins.threshold_lab_sweeper import PlannedSweeper
from threshold_lab.app.hydra_door import configuration_folder

# Hydra's suite says nothing of a version, and so is warned of what a later one will do.
pytestmark = pytest.mark.filterwarnings("ignore:\nFuture Hydra versions:UserWarning")


@pytest.fixture(autouse=True)
def _says_nothing_of_a_version(hydra_restore_singletons):
    """Whatever base another test has set; what the suites expect is what Hydra does where none is named."""
    version.VersionBase.instance().version_base = version.Version("1.1")


def test_hydra_discovers_the_plugins():
    found = {plugin.__name__ for plugin in Plugins.instance().discover()}
    assert {BatchLauncher.__name__, PlannedSweeper.__name__} <= found


@pytest.mark.parametrize(("launcher_name", "overrides"), [("threshold_lab", [])])
class TestLauncher(LauncherTestSuite):
    """Hydra's conformance suite for launchers."""


@pytest.mark.parametrize(("launcher_name", "overrides"), [("threshold_lab", ["hydra/sweeper=threshold_lab"])])
class TestLauncherUnderOurSweeper(LauncherTestSuite):
    """The same, under the project's own sweeper."""


@pytest.mark.parametrize(
    ("launcher_name", "overrides"),
    [("threshold_lab", [])],
)
class TestLauncherOfATaskThatTakesBatches(LauncherTestSuite):
    """The same again, of a task handed all jobs at once."""

    @pytest.fixture(autouse=True)
    def _takes_batches(self, monkeypatch):
        together = lambda task, configs: [task(config) for config in configs]  # noqa: E731
        monkeypatch.setattr(SweepTaskFunction, "batch", together, raising=False)


@pytest.mark.parametrize(
    ("task_launcher_cfg", "extra_flags"),
    [({}, ["-m", "hydra/launcher=threshold_lab", "hydra.job.chdir=True"])],
)
@pytest.mark.filterwarnings("ignore::ResourceWarning")
class TestIntegration(IntegrationTestSuite):
    """Hydra's integration suite for launchers."""


@pytest.mark.parametrize(
    ("launcher_name", "overrides"),
    [("threshold_lab", ["hydra/sweeper=threshold_lab", "hydra.sweeper.max_batch_size=2"])],
)
class TestBatches(BatchedSweeperTestSuite):
    """Hydra's suite for sweepers that hand over batch by batch, of PlannedSweeper under our launcher."""


@pytest.fixture
def context(hydra_restore_singletons) -> HydraContext:
    loader = ConfigLoaderImpl(create_config_search_path(str(configuration_folder())))
    return HydraContext(config_loader=loader, callbacks=Callbacks())


BATCHES = [
    [["activation=tanh", "threshold=0.3"], ["activation=tanh", "threshold=youden"]],
    [["data=moons", "data.noise=0.3", "seeds=2"], ["data=circles", "data.factor=0.5", "seeds=3"]],
    [["data=moons", "network.hidden=[3,4]"], ["data=moons", "network.hidden=[7]", "network.dropout=[0.0]"]],
    [["+extra=1", "~optimizer.momentum", "++seeds=4", "threshold=null"]],
    [["data=csv", "data.path='a b.csv'", "data.target=${activation}", "data.positive='1'"]],
]


@pytest.mark.parametrize("batch", BATCHES, ids=lambda batch: batch[0][0])
def test_composing_once_per_choice_of_groups_gives_what_hydra_gives(context, batch):
    loader = context.config_loader
    master = loader.load_configuration("config", ["hydra.mode=MULTIRUN"], RunMode.MULTIRUN)
    composer = Composer(context, master)
    for number, overrides in enumerate(batch):
        ours = composer.config(overrides, number)
        theirs = loader.load_sweep_config(master, overrides)
        assert [ours.hydra.job.num, ours.hydra.job.id] == [number, str(number)]
        theirs.hydra.job.num, theirs.hydra.job.id = number, str(number)
        plain = [OmegaConf.to_container(config) for config in (ours, theirs)]
        assert plain[0] == plain[1]


@pytest.mark.parametrize("batch", BATCHES, ids=lambda batch: batch[0][0])
def test_plain_values_are_what_hydra_s_configuration_holds_resolved(context, batch):
    loader = context.config_loader
    master = loader.load_configuration("config", ["hydra.mode=MULTIRUN"], RunMode.MULTIRUN)
    composer = Composer(context, master)
    for overrides in (*batch, *batch):
        theirs = loader.load_sweep_config(master, overrides)
        with open_dict(theirs):
            del theirs["hydra"]
        assert composer.values(overrides) == OmegaConf.to_container(theirs, resolve=True)


def test_a_task_that_takes_values_is_handed_all_of_them_at_once_and_a_wrong_key_is_refused(context, tmp_path):
    batches = []

    class Task:
        def values(self, plain):
            batches.append([(own["activation"], own["data"]["noise"]) for own in plain])
            return [1.0] * len(plain)

        def batch(self, configs):
            raise AssertionError("slower")

    words = ["hydra.mode=MULTIRUN", f"store={tmp_path}", "data=moons"]
    master = context.config_loader.load_configuration("config", words, RunMode.MULTIRUN)
    launcher = BatchLauncher()
    launcher.setup(hydra_context=context, task_function=Task(), config=master)
    jobs = launcher.launch([["data=moons", "data.noise=0.25"], ["data=moons", "activation=tanh"]], initial_job_idx=0)
    assert batches == [[("sigmoid", 0.25), ("tanh", 0.2)]]
    assert [job.return_value for job in jobs] == [1.0, 1.0]
    with pytest.raises(ConfigCompositionException, match=r"Could not override 'data\.nose'"):
        launcher.launch([["data=moons", "data.nose=0.25"]], initial_job_idx=0)


def test_the_cost_is_one_composition_a_choice_of_groups(context, monkeypatch):
    loader = context.config_loader
    master = loader.load_configuration("config", [], RunMode.MULTIRUN)
    composed = []
    whole = type(loader).load_sweep_config
    monkeypatch.setattr(type(loader), "load_sweep_config", lambda *args: composed.append(1) or whole(*args))
    composer = Composer(context, master)
    for number in range(12):
        composer.config([f"data={['moons', 'circles'][number % 2]}", f"threshold=0.{number}"], number)
    assert len(composed) == 2


def test_a_key_that_is_not_there_is_refused(context):
    master = context.config_loader.load_configuration("config", [], RunMode.MULTIRUN)
    with pytest.raises(ConfigCompositionException, match="Could not override 'treshold'"):
        Composer(context, master).config(["treshold=0.3"], 0)


def test_a_task_that_takes_batches_is_handed_all_jobs_at_once(context, tmp_path):
    batches = []

    class Task:
        def batch(self, configs):
            batches.append([(config.activation, config.threshold) for config in configs])
            return [config.threshold + 1 for config in configs]

    words = ["hydra.mode=MULTIRUN", f"store={tmp_path}"]
    master = context.config_loader.load_configuration("config", words, RunMode.MULTIRUN)
    launcher = BatchLauncher()
    launcher.setup(hydra_context=context, task_function=Task(), config=master)
    jobs = launcher.launch([["activation=tanh", "threshold=0.25"], ["threshold=0.75"]], initial_job_idx=4)
    assert batches == [[("tanh", 0.25), ("sigmoid", 0.75)]]
    assert [job.return_value for job in jobs] == [1.25, 1.75]
    assert [job.hydra_cfg.hydra.job.num for job in jobs] == [4, 5]
    assert [job.overrides for job in jobs] == [["activation=tanh", "threshold=0.25"], ["threshold=0.75"]]

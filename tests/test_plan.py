"""Jobs -> lanes -> programs: nothing is trained twice, and what trains together fits together."""

import pytest
from conftest import spec

from threshold_lab import plan
from threshold_lab.plan import Job
from threshold_lab.shapes import WIDTH, Shape


def jobs(*specs):
    return [Job(own, "data", "engine") for own in specs]


def programs_of(own, exported=frozenset()):
    return plan.programs(lanes(own), {"data": (90, 2), "other data": (60, 2), "wide data": (90, 3)}, exported)


def lanes(own):
    return [lane for job in own for lane in job.lanes]


def test_jobs_that_differ_only_in_their_threshold_share_all_lanes():
    own = jobs(*(spec(threshold=threshold, seeds=3) for threshold in (0.1, 0.5, "youden")))
    assert len({lane.key for lane in lanes(own)}) == 3
    assert len({job.key for job in own}) == 3
    assert [len(cell) for cell in plan.cells(own)] == [3]


def test_the_question_s_sweep_has_160_distinct_lanes_in_10_programs():
    cells = [
        (activation, loss)
        for activation in ("sigmoid", "softmax", "linear", "tanh")
        for loss in ("mse", "binary_crossentropy")
    ]
    own = jobs(*(spec(activation=a, loss=b, threshold=t / 10, seeds=20) for a, b in cells for t in range(1, 11)))
    programs = programs_of(own)
    assert [len(program.lanes) for program in programs] == [WIDTH] * 10
    assert len(own) == 80
    assert len({lane.key for program in programs for lane in program.lanes}) == 160
    for program in programs:
        assert len({lane.training for lane in program.lanes}) == len({lane.seed for lane in program.lanes}) == 4


def test_lanes_of_different_shapes_never_share_a_program():
    shapes = [spec(), spec(batch_size=8), spec(network={"activation": "tanh"}), spec(network={"hidden": [8, 6]})]
    shapes += [
        spec(optimizer={"nesterov": True}),
        spec(optimizer={"name": "adam"}),
        spec(optimizer={"name": "rmsprop"}),
    ]
    own = [*jobs(*shapes, spec()), Job(spec(), "wide data", "engine")]
    assert [len(program.lanes) for program in programs_of(own)] == [2] * 8


def test_all_that_is_data_shares_a_program():
    own = jobs(spec(activation="tanh", seeds=1), spec(loss="mse", seeds=1), spec(optimizer={"learning_rate": 9.0}))
    own += jobs(spec(network={"dropout": [0.0, 0.0]}, seeds=1), spec(optimizer={"momentum": 0.0}, seeds=1))
    own += jobs(spec(label_smoothing=0.1, seeds=1), spec(class_weight=[1.0, 2.0], seeds=1), spec(epochs=7, seeds=1))
    own += jobs(spec(network={"l2": 0.1}, seeds=1), spec(targets=[-1, 1], seeds=1), spec(patience=3, seeds=1))
    own += [Job(spec(seeds=1), "other data", "engine")]
    assert [len(program.lanes) for program in programs_of(own)] == [13]


def test_lanes_of_as_many_epochs_train_together():
    own = jobs(spec(epochs=2, seeds=WIDTH), spec(epochs=90, seeds=5), spec(epochs=7, seeds=WIDTH))
    epochs = [{lane.training.epochs for lane in program.lanes} for program in programs_of(own)]
    assert epochs == [{90, 7}, {7, 2}, {2}]


@pytest.mark.parametrize(
    ("hidden", "lanes"), [([], 16), ([124, 124], 16), ([200, 200], 8), ([256, 256, 256], 4), ([999, 999], 4)]
)
def test_a_program_holds_fewer_lanes_where_their_weights_are_many(hidden, lanes):
    training = spec(network={"hidden": hidden, "dropout": [0.0] * len(hidden)}).training
    assert Shape.of(training, (90, 30)).lanes == lanes


def test_keras_trains_one_lane_at_a_time():
    assert [len(program.lanes) for program in programs_of(jobs(spec(trainer="keras", seeds=3)))] == [1, 1, 1]


def test_a_cell_is_complete_once_when_its_last_lane_arrives():
    one, two = jobs(spec(seeds=2), spec(seeds=3, threshold=0.1))
    waiting = plan.Waiting(plan.cells([one, two]), two.lanes[1:])
    assert waiting.complete() == []
    assert waiting.arrived(two.lanes[1:2]) == [(one,)]
    assert waiting.arrived(two.lanes[:2]) == []
    assert waiting.arrived(two.lanes[2:]) == [(two,)]


def test_a_cell_that_misses_nothing_is_complete_from_the_start():
    (one,) = jobs(spec())
    assert plan.Waiting([(one,)], []).complete() == [(one,)]


def test_a_program_exports_only_its_own_lanes():
    own = jobs(spec(seeds=20), spec(activation="tanh", seed=20, seeds=20))
    exported = frozenset(job.lanes[0].key for job in own)
    programs = programs_of(own, exported)
    assert [len(program.exported) for program in programs] == [1, 1, 0]


def test_data_and_engine_are_part_of_what_a_job_is():
    keys = {Job(spec(), data, engine).key for data in "ab" for engine in "cd"}
    assert len(keys) == 4

"""Sources that are drawn or come with scikit-learn: exact parts, whole folds."""

import numpy as np
import pytest
from conftest import spec

from threshold_lab import data
from threshold_lab.errors import DataError
from threshold_lab.records import Splits


def load(**source: object) -> Splits:
    return data.load(spec(data=source).data)


def rows_of(splits: Splits) -> list[int]:
    return sorted(np.concatenate([part.rows for _, part in splits.parts()]).tolist())


def test_breast_cancer_is_parted_60_20_20_stratified_and_standardised_on_training_rows():
    splits = load(source="breast_cancer", features=["worst concave points", "worst area"])
    assert [len(part.rows) for _, part in splits.parts()] == [341, 114, 114]
    assert [round(float(part.labels.mean()), 2) for _, part in splits.parts()] == [0.63, 0.62, 0.63]
    assert splits.train.features.mean(axis=0) == pytest.approx(0, abs=1e-6)
    assert splits.train.features.std(axis=0) == pytest.approx(1, abs=1e-6)
    assert abs(splits.test.features.mean()) > 1e-3
    assert rows_of(splits) == list(range(569))


def test_all_thirty_features_unless_named():
    assert load(source="breast_cancer").train.features.shape == (341, 30)
    with pytest.raises(DataError, match=r"unknown feature 'worst areas'; .* did you mean 'worst area'"):
        load(source="breast_cancer", features=["worst areas"])


@pytest.mark.parametrize("source", ["moons", "circles"])
def test_points_are_balanced_and_drawn_from_their_seed(source):
    made = load(source=source, rows=100)
    assert [part.labels.mean() for _, part in made.parts()] == [0.5, 0.5, 0.5]
    assert load(source=source, rows=100).hash == made.hash
    assert load(source=source, rows=100, seed=1).hash != made.hash
    assert load(source=source, rows=100, split_seed=1).hash != made.hash


def test_the_first_rows_train_in_the_order_of_the_table():
    own = load(source="moons", rows=60, train_rows=40, validation_fraction=0.3, test_fraction=0.1)
    assert own.train.rows.tolist() == list(range(40))
    assert (len(own.validation.rows), len(own.test.rows)) == (15, 5)
    assert rows_of(own) == list(range(60))


def test_numbers_stay_as_they_are_where_that_is_asked_for():
    plain, scaled = (load(source="moons", rows=60, standardise=own) for own in (False, True))
    table = data.read(spec(data={"source": "moons", "rows": 60}).data)
    np.testing.assert_array_equal(plain.train.features, table.columns.to_numpy(np.float32)[plain.train.rows])
    assert plain.train.features.std() < 0.95 < scaled.train.features.std() < 1.05
    assert plain.hash != scaled.hash


def test_more_training_rows_than_there_are_is_told():
    with pytest.raises(DataError, match="rows cannot be parted"):
        load(source="moons", rows=60, train_rows=60)


def test_classification_is_scikit_learns():
    from sklearn.datasets import make_classification

    own = load(source="classification", rows=300, clusters=2, positives=0.1, noise=0.0, seed=4)
    _, labels = make_classification(
        300, 2, n_redundant=0, n_clusters_per_class=2, weights=[0.9], flip_y=0, random_state=4
    )
    found = np.empty(300, bool)
    for _, part in own.parts():
        found[part.rows] = part.labels
    np.testing.assert_array_equal(found, labels == 1)


def test_folds_part_all_rows_into_tests():
    folds = [load(source="moons", rows=50, folds=5, fold=fold) for fold in range(5)]
    assert sorted(np.concatenate([fold.test.rows for fold in folds]).tolist()) == list(range(50))
    assert [len(fold.validation.rows) for fold in folds] == [8] * 5
    assert all(rows_of(fold) == list(range(50)) for fold in folds)

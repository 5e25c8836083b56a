"""The small network in training: it learns, its gradients are right, and it answers what lesson 8 asks."""

from itertools import islice, pairwise

import numpy as np
import pytest

import autodiff
from course.watching.network import ACTIVATIONS, POINTS, UNITS, Settings, forward, marked, moments, moons, started


def first(count, **settings):
    return list(islice(moments(Settings(**settings)), count))


def test_the_points_are_the_same_at_every_call_and_of_both_kinds():
    points, labels = moons()
    assert points.shape == (POINTS, 2) and labels.tolist() == [0] * 30 + [1] * 30
    assert np.array_equal(points, moons()[0])


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_a_step_goes_against_the_gradient(activation):
    settings = Settings(rate=0.3, activation=activation, depth=3)
    points, labels = moons()
    params = started(settings)
    def loss(params):
        return autodiff.softmax_cross_entropy(forward(params, points, activation)[1], labels)
    before, after = first(2, **settings._asdict())
    for k, (w, new, size) in enumerate(zip(before.weights, after.weights, before.gradients, strict=True), 1):
        numeric = np.empty_like(w)
        for at in np.ndindex(*w.shape):
            nudge = np.zeros_like(w)
            nudge[at] = 1e-6
            numeric[at] = (loss({**params, f"W{k}": w + nudge}) - loss({**params, f"W{k}": w - nudge})) / 2e-6
        np.testing.assert_allclose(new, w - 0.3 * numeric, atol=1e-7)
        assert size == pytest.approx(np.sqrt((numeric**2).mean()), rel=1e-4)


def test_as_the_lesson_starts_it_it_learns_and_nothing_is_marked():
    start, *_, end = first(41)
    assert end.loss < start.loss / 3 and end.right > 55 > start.right
    assert start.marks == end.marks == {}


def test_at_an_initial_scale_of_10_the_relus_die():
    found = first(12, scale=10.0)
    assert [len(moment.marks) for moment in found[:4]] == [0, 0, 7, 8]
    assert set(found[3].marks.values()) == {"dead"}
    assert all(moment.marks == found[3].marks and not any(moment.gradients) for moment in found[3:])
    assert len(first(1, scale=10.0, activation="tanh")[0].marks) > 4        # and tanh saturates before the first step


def test_at_depth_6_the_gradient_of_sigmoids_vanishes_and_that_of_relus_does_not():
    gradients = first(1, depth=6, activation="sigmoid")[0].gradients
    assert len(gradients) == 7 and all(before < after for before, after in pairwise(gradients))
    assert gradients[-1] / gradients[0] > 1000
    gradients = first(1, depth=6)[0].gradients
    assert gradients[-1] / gradients[0] < 10


def test_a_step_size_of_5_goes_past_the_valley():
    def rises(**settings):
        return sum(after.loss > before.loss for before, after in pairwise(first(41, activation="tanh", **settings)))
    assert rises() == 0 and 10 < rises(rate=5.0) < 30
    assert len(first(20, rate=5.0)[-1].marks) == 2 * UNITS                  # relus are dead soon


def test_units_are_marked_by_what_they_let_back():
    shut, open_ = np.zeros(5), np.array([0, 0, 0, 0, 1.0])
    assert marked([np.stack([shut, open_], axis=1)], "relu") == {(1, 0): "dead"}
    def column(*outputs):
        return [np.tile(outputs, (5, 1))]
    assert marked(column(0.97, 0.98, 0.5), "sigmoid") == {(1, 1): "saturated"}      # slopes 0.029, 0.0196; at most 0.25
    assert marked(column(0.94, -0.95, 0.0), "tanh") == {(1, 1): "saturated"}        # slopes 0.116, 0.0975; at most 1


def test_a_training_that_blows_up_ends_at_its_first_number_that_is_not_finite():
    found = first(400, rate=1e6, activation="relu", depth=8, scale=1e30)
    assert len(found) < 400
    assert all(np.isfinite(moment.loss) for moment in found[:-1])
    assert not np.isfinite([found[-1].loss, *found[-1].gradients]).all()


def test_numpy_s_error_state_is_the_caller_s_between_two_steps():
    before, steps = np.geterr(), moments(Settings(scale=1e200))
    next(steps)
    assert np.geterr() == before

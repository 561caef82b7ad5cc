"""Plans as they are trained."""

from dataclasses import replace

import numpy as np

from mnist_core.learn.course import Plan, advance, parameters, start
from mnist_core.learn.digits import digits
from mnist_core.learn.trainer import accuracy, train_epoch
from tests.helpers.courses import trained

ONE_LAYER = Plan((), "none", rate=0.5, batch=100, epochs=1, count=4000)
SMALL = Plan(hidden=(8,), activation="relu", rate=0.5, batch=30, epochs=2, count=100)


def test_a_course_is_the_plan_epoch_by_epoch() -> None:
    course = start(SMALL)
    assert (course.epoch, course.done, course.losses) == (0, False, ())
    learn = digits()[0].first(100)
    network, losses = train_epoch(course.network, learn, 0.5, 30, 1, 1)
    after = advance(course)
    assert after.losses == tuple(losses)
    assert len(losses) == SMALL.steps == 4  # 30 + 30 + 30 + 10
    assert after.points[1].train_accuracy == accuracy(network, learn)
    assert after.points[1].val_accuracy == accuracy(network, digits()[1])
    assert after.points[0] == course.points[0]
    done = advance(after)
    assert done.done
    assert advance(done) is done


def test_a_stopped_course_that_goes_on_is_the_one_that_did_not_stop() -> None:
    assert trained(SMALL).points == advance(advance(start(SMALL))).points


def test_parameters_are_counted() -> None:
    assert parameters(start(ONE_LAYER).network) == 784 * 10 + 10 == 7850
    assert parameters(start(SMALL).network) == 784 * 8 + 8 + 8 * 10 + 10


def test_an_untrained_network_is_about_as_good_as_chance() -> None:
    plans = (ONE_LAYER, replace(SMALL, hidden=(32,)), replace(SMALL, hidden=(128,)))
    for plan in plans:
        assert 0.05 < start(plan).points[0].val_accuracy < 0.2


def test_the_losses_have_no_gaps() -> None:
    assert np.isfinite(trained(SMALL).losses).all()
    assert len(trained(SMALL).losses) == SMALL.steps * SMALL.epochs

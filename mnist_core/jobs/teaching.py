"""Teach a network somebody's own digits without its forgetting the others.

Training goes on from a run's weights, on MNIST and on distorted copies of the own digits side by
side. On a person's digits alone it would soon know nothing else.
"""

from collections.abc import Sequence

from mnist_core.config.texts import fitted, in_one_line
from mnist_core.config.train import TrainConfig
from mnist_core.drawing.my_digits import DigitFile, MyDigit
from mnist_core.errors import StoreError
from mnist_core.jobs.queue import JobQueue
from mnist_core.runs.own_digits import OWN_DIGITS
from mnist_core.runs.records import MAX_NAME, TAUGHT
from mnist_core.runs.users import SERVER

EPOCHS = 5
SLOWER = 0.4  # times the learning rate that the run was trained with


def teaching_config(config: TrainConfig) -> TrainConfig:
    """How to go on with a run: a few epochs, slower, and slower still towards the end."""
    rate = max(SLOWER * config.learning_rate, 1e-6)
    return config.model_copy(update={"epochs": EPOCHS, "learning_rate": rate, "schedule": "cosine"})


def teach(queue: JobQueue, run_id: str, digits: Sequence[MyDigit], by: str = SERVER) -> str:
    """Start a run of the user ``by`` that goes on from a run's weights with these digits; its id.

    The run itself stays as it is.

    Raises:
        StoreError: the run has no network yet.
        NotYoursError: the run is another user's.
        TooManyError: see ``JobQueue.start``.
    """
    store = queue.store
    run, learnt = store.of_user(run_id, by), store.load_checkpoint(run_id)
    if learnt is None:
        raise StoreError(f"run {run.name!r} has no network yet")
    config = teaching_config(run.config)

    def prepare(new: str) -> None:
        store.attach(new, OWN_DIGITS, DigitFile(digits=tuple(digits)).model_dump_json().encode())
        store.save_checkpoint(new, learnt.restarted(config))

    added = f", taught {len(digits)} own digits"
    name = in_one_line(fitted(run.name, MAX_NAME - len(added))) + added
    return queue.start(config, name, prepare, TAUGHT + run_id, by=by)

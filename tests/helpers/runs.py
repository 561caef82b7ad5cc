"""A run as the store gives it."""

from mnist_core.config.train import TrainConfig
from mnist_core.runs.records import Run, Segment

RUN = Run(
    id="ab",
    name="run",
    state="completed",
    segments=(Segment(0, TrainConfig()),),
    created=1_700_000_000.5,
    started={"parameters": 25450},
    progress={},
    result={"test_accuracy": 0.9, "epoch": 2},
    data={},
    error="",
    owner="here:1:1",
    stop_requested=False,
    checkpoint="",
    metrics={"val_accuracy": 0.91, "test_accuracy": 0.8},
)

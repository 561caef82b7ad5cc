"""The configurations to begin with."""

from mnist_core.config.presets import PRESETS
from mnist_core.config.train import TrainConfig


def test_presets() -> None:
    assert TrainConfig() in PRESETS.values()
    assert any(config.hidden_sizes == () for config in PRESETS.values())

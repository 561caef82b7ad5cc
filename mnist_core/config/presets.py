"""Configurations with a name, to begin with."""

from typing import Any

from mnist_core.config.train import TrainConfig

DISTORTED: dict[str, Any] = {  # what both networks that read handwriting well are trained with
    "optimizer": "adamw",
    "schedule": "one_cycle",
    "label_smoothing": 0.05,
    "val_fraction": 0.1,
    "shift": 1,
    "scale": 0.15,
    "rotation": 12,
    "slant": 15,
    "elastic": 0.8,
    "smoothness": 4,
}

PRESETS: dict[str, TrainConfig] = {
    "The tutorial's settings": TrainConfig(),
    "Logistic regression (no hidden layer)": TrainConfig(hidden_sizes=(), learning_rate=0.1),
    # Simard, Steinkraus and Platt (2003) reached 99.3 % with one hidden layer and distortions.
    "Accurate (one hidden layer, two minutes)": TrainConfig(
        hidden_sizes=(1600,), learning_rate=2e-3, batch_size=256, epochs=60, **DISTORTED
    ),
    "Handwriting (as the network that comes with the app)": TrainConfig(
        hidden_sizes=(1200, 800),
        learning_rate=1.5e-3,
        weight_decay=0.01,
        batch_size=512,
        epochs=30,
        **DISTORTED,
    ),
}

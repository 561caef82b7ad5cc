"""Questions that a study answers, each as a study to begin with."""

from mnist_core.config.sweep import SweepConfig, parse_sweep


def _study(name: str, trials: int, sampler: str = "grid", **axes: str) -> SweepConfig:
    return parse_sweep({"name": name, "axes": axes, "trials": trials, "sampler": sampler})


QUESTIONS: dict[str, SweepConfig] = {
    study.name: study
    for study in (
        _study("Which learning rate?", 16, learning_rate="0.003:3:log"),
        _study("How wide?", 7, hidden_sizes="4,8,16,32,64,128,256"),
        _study("Width by rate", 64, hidden_sizes="16,32,64,128", learning_rate="0.01:1:log"),
        # 62 units have 49,300 weights and biases, 63 have 50,095.
        _study(
            "Best within 50,000 parameters",
            *(48, "tpe"),
            hidden_sizes="8:62",
            learning_rate="0.03:1:log",
            batch_size="25,50,100,200",
        ),
    )
}

"""MLflow is loaded without pandas, and a store works with what is left of it."""

import subprocess
import sys

KEEPS_A_RUN = """
import sys
from mnist_core.runs.lean import load_mlflow

load_mlflow()
from mnist_core.config.train import TrainConfig
from mnist_core.runs.store import RunStore

store = RunStore()
run = store.create(TrainConfig(epochs=3))
spared = {"pandas", "pyarrow"} & set(sys.modules)
print(store.get(run).config.epochs, "mlflow" in sys.modules, spared)
import pandas

print(pandas.DataFrame({"accuracy": [0.5]}).accuracy[0])
"""


def test_a_run_is_kept_without_pandas_which_can_be_had_afterwards() -> None:
    done = subprocess.run(
        [sys.executable, "-c", KEEPS_A_RUN], capture_output=True, text=True, check=True
    )
    assert done.stdout.split("\n") == ["3 True set()", "0.5", ""]

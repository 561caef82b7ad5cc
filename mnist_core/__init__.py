"""MNIST Lab's library: train feedforward networks on handwritten digits.

Everything is imported from its own module (``from mnist_core.training import fit``), so that
reading a configuration does not load PyTorch. Nothing in here knows Streamlit.
"""

import os

# MLflow reads these when it is imported, wherever that is.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")

"""MNIST Lab's library: train feedforward networks on handwritten digits.

Everything is imported from its own module (``from mnist_core.nn.training import train``), so that
reading a configuration does not load PyTorch; ``mnist_core.tutorial`` has what a notebook of the
tutorial needs. Nothing in here knows Streamlit.
"""

import os

# PyTorch reads it with its first tensor: large ones in large pages of memory, where Linux has them.
# To gather 100 pictures out of 60,000 takes 55 us instead of 72 (one core, 15 turns each; the row
# "gather" of ``python -m mnist_core bench``). THP_MEM_ALLOC_ENABLE=0 does without.
os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")
# NumPy's OpenBLAS reads it when it is loaded: its threads sleep soon after their work (2^10 ticks
# of the processor) instead of spinning on. A drawing that was read cost 1 ms of work, and beside it
# 80 ms of the core on which something trains (``tests/reading/test_predict.py``).
os.environ.setdefault("OPENBLAS_THREAD_TIMEOUT", "10")
# MLflow reads these when it is imported, wherever that is.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")

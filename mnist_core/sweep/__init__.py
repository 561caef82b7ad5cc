"""Studies over hyperparameters."""

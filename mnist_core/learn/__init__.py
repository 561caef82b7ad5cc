"""What the chapters of Learn show, computed in NumPy: digits, small trainings, experiments."""

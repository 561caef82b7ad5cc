"""``python -m mnist_core`` is the command ``mnist-lab``: see ``mnist_core.cli.main``."""

import sys

from mnist_core.cli.main import main

if __name__ == "__main__":
    sys.exit(main())

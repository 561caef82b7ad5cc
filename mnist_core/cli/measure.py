"""``bench``: how fast training is here."""

import dataclasses

from mnist_core.cli.common import Printing, print_json


class Bench(Printing):
    """Measure speed against the tutorial's loop."""

    def __call__(self) -> int:
        """Measure for a minute or so, and print the result."""
        from mnist_core.cli.bench import bench, report

        result = bench()
        if self.as_json:
            print_json(dataclasses.asdict(result))
        else:
            print(report(result))
        return 0

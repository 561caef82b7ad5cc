"""``predict``: what a run's network reads in a picture."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import CliPositionalArg

from mnist_core.cli.common import Printing, load_predictor, print_json
from mnist_core.errors import DrawingError


class Predict(Printing):
    """Read the digit in a picture."""

    image: CliPositionalArg[Path] = Field(description="A PNG or JPEG with one digit.")
    run: str = Field(description="Id of the run whose network reads.")

    def __call__(self) -> int:
        """Print the digit, or the probability of each."""
        from mnist_core.drawing.scans import image_to_mnist

        try:
            image = image_to_mnist(self.image)
            if not image.any():
                raise DrawingError("it is blank: there is no digit to read")
        except DrawingError as error:
            raise DrawingError(f"{self.image}: {error}") from error
        try:
            prediction = load_predictor(self.run)(image)
        except ValueError as error:
            raise DrawingError(str(error)) from error
        if self.as_json:
            probabilities = prediction.probabilities.tolist()
            print_json({"digit": prediction.digit, "probabilities": probabilities})
        else:
            print(f"{prediction.digit} ({prediction.confidence:.1%})")
        return 0

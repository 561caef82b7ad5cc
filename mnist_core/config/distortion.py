"""How strongly pictures are distorted in training: the numbers alone, without PyTorch."""

from pydantic import BaseModel, ConfigDict, Field

from mnist_core.config.numbers import Real


class Distortion(BaseModel):
    """How strongly each kind of distortion acts; 0 switches it off.

    Each image draws its own amount, evenly from minus to plus the strength. Lengths are pixels of
    the image.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    shift: Real = Field(
        0.0,
        ge=0,
        le=8,
        title="Shift",
        description="Moves the picture up to this many pixels left, right, up and down.",
    )
    scale: Real = Field(
        0.0,
        ge=0,
        le=0.5,
        title="Scale",
        description="Stretches or shrinks width and height, each up to this share: 0.1 is 10 %.",
    )
    rotation: Real = Field(
        0.0,
        ge=0,
        le=45,
        title="Rotation",
        description="Turns the picture up to this many degrees either way.",
    )
    slant: Real = Field(
        0.0,
        ge=0,
        le=45,
        title="Slant",
        description="Leans upright lines up to this many degrees, as italics do.",
    )
    elastic: Real = Field(
        0.0,
        ge=0,
        le=4,
        title="Elastic deformation",
        description="Bends the lines as an unsteady hand does: the typical move of a pixel.",
    )
    smoothness: Real = Field(
        4.0,
        ge=2,
        le=14,
        title="Elastic smoothness",
        description="Over how many pixels an elastic bend stretches. Small trembles, large sways.",
    )
    thickness: Real = Field(
        0.0,
        ge=0,
        le=1,
        title="Thickness",
        description="Makes lines thicker or thinner by up to this many pixels on each side.",
    )

    @property
    def bends(self) -> bool:
        """Whether anything moves, apart from lines growing thicker or thinner."""
        return any((self.shift, self.scale, self.rotation, self.slant, self.elastic))

"""A file of pen strokes in UCI's original format, of digits that anybody reads."""

from pathlib import Path

# In the tablet's units, y growing upwards.
STROKES = {
    0: [[(250, 400), (170, 340), (150, 250), (180, 150), (250, 110), (320, 160), (345, 250),
         (320, 350), (250, 400)]],
    1: [[(250, 410), (250, 90)]],
    7: [[(150, 400), (340, 400), (220, 100)]],
}  # fmt: skip


def write_pendigits(path: Path, writers: range) -> Path:
    """Each digit once by every writer, all of whom have the same hand."""
    lines = []
    for writer in writers:
        for digit, strokes in STROKES.items():
            lines += [f'.SEGMENT DIGIT 0 ? "{digit}"', f".COMMENT {digit} {writer} 0"]
            for points in strokes:
                lines += [".PEN_DOWN", *(f" {x} {y}" for x, y in points), ".PEN_UP"]
    path.write_text("\n".join(lines) + "\n")
    return path

"""Pictures in every form: pixels of any depth, both meanings of transparency, files by content."""

import io
import struct
import zlib
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from mnist_core.drawing import scans
from mnist_core.drawing.opening import FORMATS, MOST_BYTES, brightness
from mnist_core.drawing.scans import image_to_mnist, ink_of_picture
from mnist_core.drawing.strokes import FloatArray, draw
from mnist_core.errors import DrawingError
from tests.helpers.photos import QUICK, difference, encoded, photo, strokes

PHOTO = photo()
EIGHT_BITS = brightness(PHOTO)


@pytest.fixture(autouse=True, scope="module")
def _same_brightness_is_read_once() -> Iterator[None]:
    """Most pictures here are one in another form: where they open alike, their ink is the same."""
    known: dict[tuple[bytes, tuple[int, ...]], FloatArray] = {}

    def remembered(grey: FloatArray) -> FloatArray:
        key = sha256(grey.tobytes()).digest(), grey.shape
        if key not in known:
            known[key] = ink_of_picture(grey)
            known[key].flags.writeable = False  # else a test could change what others get
        return known[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scans, "ink_of_picture", remembered)
        yield


def lab(image: Image.Image) -> Image.Image:
    profiles = [ImageCms.createProfile(name) for name in ("sRGB", "LAB")]
    converted = ImageCms.profileToProfile(image.convert("RGB"), *profiles, outputMode="LAB")
    assert converted is not None
    return converted


def deep(bits: int, kind: str = "<u2") -> Image.Image:
    """The photograph with so many bits in a file that has 16 of them."""
    return Image.fromarray((PHOTO / 255 * (2**bits - 1)).astype(kind))


GREY = Image.fromarray(PHOTO)
FORMS = {
    **{mode: GREY.convert(mode) for mode in ("LA", "P", "RGB", "RGBA", "I", "F")},
    **{mode: GREY.convert("RGB").convert(mode) for mode in ("CMYK", "YCbCr", "HSV", "RGBX")},
    "La": GREY.convert("LA").convert("La"),
    "PA": GREY.convert("P").convert("PA"),
    "RGBa": GREY.convert("RGBA").convert("RGBa"),
    "LAB": lab(GREY),
    **{f"{bits} bits": deep(bits) for bits in (10, 12, 14, 16)},
    "16 bits, big endian": deep(16, ">u2"),
    "32 bits": deep(16, "<i4"),
    "floats to 1": Image.fromarray((PHOTO / 255).astype(np.float32)),
    "floats to 255": Image.fromarray(PHOTO.astype(np.float32)),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_pixel_format_is_the_same_picture(form: str) -> None:
    image = FORMS[form]
    atol = 0.12 if form == "LAB" else 0.03  # L is not brightness, but its cube root
    np.testing.assert_allclose(brightness(image), EIGHT_BITS, atol=atol)
    assert difference(image_to_mnist(image)) < 0.25


@pytest.mark.parametrize("form", ["16 bits", "16 bits, big endian", "32 bits", "F", "PA", "CMYK"])
def test_a_picture_of_more_than_2048_pixels(form: str) -> None:
    image = FORMS[form].resize((3000, 2100), Image.Resampling.NEAREST)
    np.testing.assert_allclose(brightness(image), EIGHT_BITS, atol=0.03)


def test_black_and_white() -> None:
    ink = draw(strokes(300, 350, 200, 22), 700, 1000)
    assert difference(image_to_mnist(Image.fromarray(ink < 0.5))) < 0.25


def test_floats_whose_span_is_beyond_float32() -> None:
    ink = draw(strokes(300, 350, 200, 22), 700, 1000)
    assert difference(image_to_mnist(Image.fromarray(np.float32(3.3e38) * (1 - 2 * ink)))) < 0.25


SCALES = {  # of floats: what is added to 0 to 1, and what that is then multiplied by
    "from -1 to 1": (-0.5, 2),
    "beyond white by enlarging": (-0.02, 1.1),
    "to 0.001": (0, 0.001),
    "around 1,000": (10, 100),
    "beyond 255": (0, 260),
    "all negative": (-9, 1),
}


@pytest.mark.parametrize("scale", SCALES)
def test_floats_of_any_scale(scale: str) -> None:
    """Those a little beyond white were read as nearly black, and so were those from -1 to 1."""
    offset, factor = SCALES[scale]
    floats = ((PHOTO / 255 + offset) * factor).astype(np.float32)
    buffer = io.BytesIO()
    Image.fromarray(floats).save(buffer, "TIFF")
    assert difference(image_to_mnist(buffer.getvalue())) < 0.25


def test_numbers_without_end_are_the_lightest_or_the_darkest_and_none_is_paper() -> None:
    floats = (PHOTO / 255).astype(np.float32)
    floats[:5], floats[-5:], floats[:, :5] = np.inf, np.nan, -np.inf
    assert difference(image_to_mnist(Image.fromarray(floats))) < 0.25
    nothing = np.full((300, 300), np.nan, np.float32)
    assert not image_to_mnist(Image.fromarray(nothing)).any()


def test_what_a_camera_wrote_is_damaged_and_the_picture_is_not() -> None:
    buffer = io.BytesIO()
    GREY.save(buffer, "PNG", exif=b"no EXIF at all", **QUICK)
    for form in (buffer.getvalue(), Image.open(io.BytesIO(buffer.getvalue()))):
        assert difference(image_to_mnist(form)) < 0.25


@pytest.mark.parametrize("kind", FORMATS)
def test_every_kind_of_file(kind: str) -> None:
    np.testing.assert_allclose(brightness(encoded(PHOTO, kind)), EIGHT_BITS, atol=0.04)


@pytest.mark.parametrize("shift", [0, 4], ids=["16 bits", "12 bits"])
def test_a_scanner_s_png(shift: int) -> None:
    """A 7 in 16 bits was read as a 9, for what is brighter than 255 was white."""
    buffer = io.BytesIO()
    Image.fromarray(PHOTO.astype(np.uint16) * 257 >> shift).save(buffer, "PNG", **QUICK)
    assert difference(image_to_mnist(buffer.getvalue())) < 0.25
    assert difference(image_to_mnist(PHOTO.astype(np.uint16) * 257 >> shift)) < 0.25


@pytest.mark.parametrize("turn", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_a_photo_is_turned_as_its_camera_says(turn: int, kind: str) -> None:
    # How a camera that was held like that has written it: the reverse of what is to be done.
    undo = {
        1: None,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }[turn]
    stored = GREY if undo is None else GREY.transpose(undo)
    exif, buffer = Image.Exif(), io.BytesIO()
    exif[0x0112] = turn
    stored.save(buffer, kind, exif=exif, **QUICK)
    for form in (buffer.getvalue(), Image.open(io.BytesIO(buffer.getvalue()))):
        assert difference(image_to_mnist(form)) < 0.25


def on_glass(colour: int) -> np.ndarray:
    """Opaque lines of one colour, and nothing around them."""
    rgba = np.full((280, 280, 4), colour, np.uint8)
    rgba[..., 3] = np.round(draw(strokes(200, 40, 40, 12), 280, 280) * 255)
    return rgba


def cut_out(margin: int, radius: int) -> np.ndarray:
    """Opaque paper with round corners, and nothing around it."""
    height, width = PHOTO.shape
    y, x = np.mgrid[:height, :width]
    corner = [
        np.clip(margin + radius - p, 0, None) + np.clip(p - (n - 1 - margin - radius), 0, None)
        for p, n in ((y, height), (x, width))
    ]
    inside = np.hypot(*corner) <= radius
    rgba = np.repeat(PHOTO[..., None], 4, axis=2)
    rgba[..., 3] = 255 * inside
    rgba[~inside, :3] = 0  # what is hidden below nothing is black, as programs leave it
    return rgba


@pytest.mark.parametrize("colour", [0, 128, 255])
def test_a_drawing_on_nothing(colour: int) -> None:
    assert difference(image_to_mnist(encoded(on_glass(colour), "PNG"))) < 0.25


@pytest.mark.parametrize(("margin", "radius"), [(0, 40), (0, 150), (60, 30), (150, 0)])
def test_paper_with_nothing_around_it(margin: int, radius: int) -> None:
    assert difference(image_to_mnist(encoded(cut_out(margin, radius), "PNG"))) < 0.25


def test_blank_paper_with_round_corners_is_blank() -> None:
    rgba = cut_out(0, 60)
    rgba[..., :3] = 200
    assert not image_to_mnist(rgba).any()


@pytest.mark.parametrize("mode", ["L", "RGB", "P"])
def test_a_colour_that_means_transparent(mode: str) -> None:
    ink = draw(strokes(200, 40, 40, 12), 280, 280) > 0.5
    image = Image.fromarray(np.where(ink, 10, 250).astype(np.uint8)).convert(mode)
    paper = image.getpixel((0, 0))
    buffer = io.BytesIO()
    image.save(buffer, "PNG", transparency=paper)
    assert difference(image_to_mnist(buffer.getvalue())) < 0.25


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100), "HEIC"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0heic" + bytes(100), "HEIC"),
        (b"\0\0\0\x18ftyphevc\0\0\0\0msf1" + bytes(100), "HEIC"),
        (b"\0\0\0\x18ftypqt  \0\0\0\0" + bytes(100), "a film"),
        (b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(100), "JPEG XL"),
        (b"PK\x03\x04" + bytes(100), "zip"),
        (b"\0\0\0\x1cftypavif" + bytes(100), "AVIF"),
        (b"%PDF-1.7\n", "PDF"),
        (b"<svg xmlns=''></svg>", "SVG"),
        (b"\n<!doctype html>", "web page"),
    ],
)
def test_other_files_are_named(data: bytes, said: str) -> None:
    with pytest.raises(DrawingError, match=rf"{said}.*PNG or JPEG"):
        image_to_mnist(data)


def bomb(width: int, height: int) -> bytes:
    """A PNG that announces a size and holds almost nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b""))
        + (chunk(b"IEND", b""))
    )


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (b"", "PNG or JPEG"),
        (b"not a picture", "PNG or JPEG"),
        (encoded(photo(), "PNG")[:5000], "PNG or JPEG"),
        (encoded(photo(), "JPEG")[:5000], "PNG or JPEG"),
        (bomb(100, 100), "PNG or JPEG"),
        (bomb(60_000, 60_000), "megapixels"),
        (bomb(9_000, 9_000), "megapixels"),
        (b"\x89PNG" + bytes(MOST_BYTES), "MB"),
        (np.zeros((4, 4, 7), np.uint8), "picture"),
        (np.zeros((4, 4), np.float64), "uint8"),
        (np.zeros((0, 4), np.uint8), "uint8"),
        (Image.new("L", (0, 0)), "measures 0 x 0"),
        (Image.new("RGBA", (5, 0)), "measures 5 x 0"),
        (b"", "it is empty"),
        (bytes(100), "it is none that is known"),
    ],
)
def test_anything_else_is_refused(bad: bytes, message: str) -> None:
    with pytest.raises(DrawingError, match=message):
        image_to_mnist(bad)


@pytest.mark.parametrize("kind", FORMATS)
def test_a_damaged_file_is_refused_or_read(kind: str) -> None:
    data, random = encoded(PHOTO[::3, ::3], kind), np.random.default_rng(0)
    for _ in range(30):
        damaged = bytearray(data)
        for place in random.integers(0, min(len(data), 400), 3):
            damaged[place] = random.integers(256)
        try:
            image_to_mnist(bytes(damaged))
        except DrawingError:
            continue


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DrawingError, match=r"nowhere\.png"):
        image_to_mnist(tmp_path / "nowhere.png")

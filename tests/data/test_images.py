from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fieldguide.data.image_check import check_images
from fieldguide.data.images import ImageFiles, canonical_images, to_array

RAMP = np.array([[0, 64, 128], [192, 224, 255]], dtype=np.uint8)  # 2 high, 3 wide


def through(image: Image.Image, format: str, **options: object) -> np.ndarray:
    """Encode, decode and bring to the canonical form."""
    file = io.BytesIO()
    image.save(file, format, **options)
    return to_array(Image.open(io.BytesIO(file.getvalue())))


def test_grey() -> None:
    assert np.array_equal(through(Image.fromarray(RAMP), "PNG"), RAMP[..., None])


def test_colour_and_alpha() -> None:
    colour = np.stack([RAMP, 255 - RAMP, RAMP // 2], axis=2)
    assert np.array_equal(through(Image.fromarray(colour), "PNG"), colour)
    alpha = np.concatenate([colour, RAMP[..., None]], axis=2)
    assert np.array_equal(through(Image.fromarray(alpha), "PNG"), alpha)


@pytest.mark.parametrize("format", ["PNG", "TIFF"])
def test_sixteen_bits_are_scaled_to_eight(format: str) -> None:
    deep = np.array([[0, 257, 65535], [32896, 300, 65278]], dtype=np.uint16)
    expected = np.array([[0, 1, 255], [128, 1, 254]])  # value / 257, rounded
    assert np.array_equal(through(Image.fromarray(deep), format)[..., 0], expected)


def test_sixteen_bits_turned_by_the_camera() -> None:
    deep = (RAMP.astype(np.uint16) * 257).view(np.uint16)
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: show it a quarter turn clockwise
    turned = through(Image.fromarray(deep), "PNG", exif=exif)
    assert np.array_equal(turned[..., 0], np.rot90(RAMP, k=-1))


def test_float_pictures_are_stretched() -> None:
    image = Image.fromarray(np.array([[0.0, 0.5], [0.25, 1.0]], dtype=np.float32))
    expected = [[0, 128], [64, 255]]
    assert through(image, "TIFF")[..., 0].tolist() == expected


def test_cmyk() -> None:
    inks = np.array([[[0, 0, 0, 0], [255, 0, 0, 0], [0, 255, 255, 0], [0, 0, 0, 255]]], np.uint8)
    expected = [[[255, 255, 255], [0, 255, 255], [255, 0, 0], [0, 0, 0]]]
    assert through(Image.fromarray(inks, mode="CMYK"), "TIFF").tolist() == expected


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        (1, RAMP),
        (2, RAMP[:, ::-1]),
        (3, RAMP[::-1, ::-1]),
        (4, RAMP[::-1]),
        (5, RAMP.T),
        (6, np.rot90(RAMP, k=-1)),
        (7, np.rot90(RAMP, k=2).T),
        (8, np.rot90(RAMP, k=1)),
    ],
)
def test_turned_by_the_camera(tag: int, expected: np.ndarray) -> None:
    exif = Image.Exif()
    exif[0x0112] = tag
    assert np.array_equal(through(Image.fromarray(RAMP), "PNG", exif=exif)[..., 0], expected)


def test_palette() -> None:
    image = Image.fromarray(np.array([[0, 1, 2]], dtype=np.uint8), mode="P")
    image.putpalette([10, 20, 30, 40, 50, 60, 70, 80, 90])
    expected = np.array([[[10, 20, 30], [40, 50, 60], [70, 80, 90]]])
    assert np.array_equal(through(image, "PNG"), expected)
    clear = through(image, "PNG", transparency=1)
    assert np.array_equal(clear[..., :3], expected)
    assert clear[..., 3].tolist() == [[255, 0, 255]]


def test_one_bit() -> None:
    bits = np.array([[True, False, True]])
    assert through(Image.fromarray(bits), "PNG").tolist() == [[[255], [0], [255]]]


def test_grey_with_alpha() -> None:
    image = Image.merge("LA", [Image.fromarray(RAMP), Image.fromarray(255 - RAMP)])
    got = through(image, "PNG")
    assert np.array_equal(got, np.stack([RAMP, RAMP, RAMP, 255 - RAMP], axis=2))


def test_grey_with_one_clear_shade() -> None:
    got = through(Image.fromarray(RAMP), "PNG", transparency=64)
    assert got.shape == (2, 3, 4) and got[0, :, 3].tolist() == [255, 0, 255]


def test_the_first_picture_of_an_animation() -> None:
    frames = [Image.fromarray(np.full((2, 2), shade, np.uint8)) for shade in (10, 200)]
    got = through(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert set(got[..., 0].ravel().tolist()) == {10}


def test_canonical_blocks() -> None:
    assert canonical_images(np.zeros((5, 8, 9))).shape == (5, 1, 8, 9)
    assert canonical_images(np.zeros((5, 8, 9, 3))).shape == (5, 3, 8, 9)
    assert canonical_images(np.zeros((5, 3, 8, 9))).shape == (5, 3, 8, 9)
    assert canonical_images(np.zeros((5, 1, 28, 28))).shape == (5, 1, 28, 28)
    block = np.arange(2 * 2 * 3 * 3).reshape(2, 2, 3, 3)
    assert canonical_images(block)[1, 2, 0, 1] == block[1, 0, 1, 2]


def save(folder: Path, name: str, pixels: np.ndarray, format: str | None = None) -> str:
    Image.fromarray(pixels).save(folder / name, format)
    return str(folder / name)


def test_small_images_of_one_size_are_decoded_once_and_kept(tmp_path: Path) -> None:
    grey = save(tmp_path, "a.png", RAMP)
    colour = save(tmp_path, "b.png", np.stack([RAMP, RAMP // 2, RAMP // 4], axis=2))
    checked = check_images([grey, colour])
    assert isinstance(checked.column, np.ndarray)
    assert checked.column.shape == (2, 3, 2, 3)
    assert np.array_equal(checked.column[0], np.stack([RAMP] * 3))  # grey, spread to colour
    assert np.array_equal(checked.column[1, 2], RAMP // 4)


def test_images_of_many_sizes_stay_apart(tmp_path: Path) -> None:
    paths = [save(tmp_path, "a.png", RAMP), save(tmp_path, "b.png", np.zeros((5, 3), np.uint8))]
    column = check_images(paths).column
    assert isinstance(column, ImageFiles)
    assert column.shape == (1, 0, 3)
    assert column.decoded is not None
    assert column.take(np.array([1])).load(0).shape == (5, 3, 1)


def test_images_above_the_limit_are_not_kept(tmp_path: Path) -> None:
    paths = [save(tmp_path, f"{n}.png", RAMP + np.uint8(n)) for n in range(3)]
    column = check_images(paths, keep_bytes=10).column
    assert isinstance(column, ImageFiles) and column.decoded is None
    assert np.array_equal(column.load(2)[..., 0], RAMP + np.uint8(2))


@pytest.mark.parametrize("suffix", ["png", "jpg", "gif", "tif"])
def test_large_images_are_measured_without_keeping_them(tmp_path: Path, suffix: str) -> None:
    pixels = np.zeros((600, 700, 3), np.uint8)
    path = save(tmp_path, f"large.{suffix}", pixels)
    column = check_images([path]).column
    assert isinstance(column, ImageFiles)
    assert column.shape == column.load(0).transpose(2, 0, 1).shape == (3, 600, 700)


def test_large_turned_images_are_measured_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(np.zeros((600, 700), np.uint8)).save(tmp_path / "a.jpg", exif=exif)
    column = check_images([str(tmp_path / "a.jpg")]).column
    assert isinstance(column, ImageFiles) and column.shape == (1, 700, 600)


def test_trouble_is_told_apart(tmp_path: Path) -> None:
    chance = np.random.default_rng(0)
    noise = chance.integers(0, 255, (64, 64, 3), dtype=np.uint8)
    large = chance.integers(0, 255, (600, 600, 3), dtype=np.uint8)
    good = save(tmp_path, "good.png", noise)
    wrong = save(tmp_path, "wrong.png", noise, "JPEG")
    paths = [good, wrong]
    for name, pixels in (("cut.jpg", noise), ("cut_large.jpg", large), ("cut_large.png", large)):
        whole = Path(save(tmp_path, name, pixels))
        whole.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
        paths.append(str(whole))
    for name, content in (("empty.png", b""), ("text.png", b"no image at all")):
        (tmp_path / name).write_bytes(content)
        paths.append(str(tmp_path / name))
    paths.append(str(tmp_path / "gone.png"))
    looks = check_images(paths).looks
    problems = [look.problem for look in looks]
    assert problems[:2] == ["", ""]
    assert looks[1].true_format == "JPEG" and looks[0].true_format == ""
    assert all("truncated" in problem or "decoded" in problem for problem in problems[2:5])
    assert "empty" in problems[5] and "not an image" in problems[6] and "no such" in problems[7]

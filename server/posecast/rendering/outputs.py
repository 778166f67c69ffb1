"""Pictures of a take as a film, a GIF or a contact sheet."""

from __future__ import annotations

import io
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

from posecast.errors import MissingDependency, PosecastError

LONGEST_GIF_RATE_HZ = 50
"""A GIF's pictures last whole hundredths of a second, and browsers show no faster ones."""
_INK, _GROUND = (232, 235, 240), (18, 21, 27)
_CAPTION_PX = 24


def check_can_film() -> None:
    """Refuse before the work what `write_film` would refuse.

    Raises:
        MissingDependency: If ffmpeg is not installed.
    """
    if shutil.which("ffmpeg") is None:
        raise MissingDependency("ffmpeg is needed for films: apt install ffmpeg, or write a .gif")


def write_film(
    pictures: Iterable[bytes], path: Path, *, frame_rate_hz: int, sound: Path | None = None
) -> None:
    """Write an MP4 that plays everywhere: H.264, and AAC if there is sound.

    Args:
        pictures: PNG files, one a frame.
        path: File to write.
        frame_rate_hz: Frames in a second.
        sound: Speech that belongs to it.

    Raises:
        MissingDependency: If ffmpeg is not installed.
        PosecastError: If ffmpeg fails.
    """
    check_can_film()
    command = ["ffmpeg", "-y", "-loglevel", "error", "-f", "image2pipe", "-framerate",
               str(frame_rate_hz), "-c:v", "png", "-i", "-"]  # fmt: skip
    if sound is not None:
        command += ["-i", str(sound), "-map", "0:v", "-map", "1:a", "-c:a", "aac", "-b:a", "128k"]
    command += ["-c:v", "libx264", "-crf", "20", "-pix_fmt", "yuv420p", "-movflags", "+faststart",
                "-f", "mp4", str(path)]  # fmt: skip
    process = subprocess.Popen(  # noqa: S603 - the program is ours to choose, names are arguments
        command, stdin=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        _feed(process, pictures)
    except BaseException:
        process.kill()
        process.communicate()
        raise
    _, complaint = process.communicate()
    if process.returncode:
        raise PosecastError(f"ffmpeg: {complaint.decode(errors='replace').strip()[-300:]}")


def _feed(process: subprocess.Popen[bytes], pictures: Iterable[bytes]) -> None:
    """Write pictures into a program, until it has enough: why it has, it says at its end."""
    for picture in pictures:
        if process.stdin is None or process.poll() is not None:
            return
        try:
            process.stdin.write(picture)
        except BrokenPipeError:
            return


def write_gif(pictures: Iterable[bytes], path: Path, *, frame_rate_hz: int) -> None:
    """Write a GIF that repeats.

    Args:
        pictures: PNG files, one a frame.
        path: File to write.
        frame_rate_hz: Frames in a second.
    """
    from PIL import Image

    images = [Image.open(io.BytesIO(picture)).convert("RGB").quantize(128) for picture in pictures]
    images[0].save(
        path, format="GIF", save_all=True, append_images=images[1:], loop=0,
        duration=1000 / frame_rate_hz,
    )  # fmt: skip


def write_sheet(pictures: Sequence[bytes], captions: Sequence[str], path: Path) -> None:
    """Write one picture of many, each with a caption.

    Args:
        pictures: PNG files of one size, at least one.
        captions: A line for each.
        path: File to write, a PNG.
    """
    from PIL import Image, ImageDraw, ImageFont

    images = [Image.open(io.BytesIO(picture)).convert("RGB") for picture in pictures]
    width, height = images[0].size
    columns = min(len(images), max(1, round((1.6 * len(images)) ** 0.5)))
    rows = -(-len(images) // columns)
    sheet = Image.new("RGB", (columns * width, rows * (height + _CAPTION_PX)), _GROUND)
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(size=15)
    for index, (image, caption) in enumerate(zip(images, captions, strict=True)):
        x, y = index % columns * width, index // columns * (height + _CAPTION_PX)
        sheet.paste(image, (x, y))
        middle = (x + width / 2, y + height + _CAPTION_PX / 2)
        draw.text(middle, caption, fill=_INK, font=font, anchor="mm")
    sheet.save(path, format="PNG")

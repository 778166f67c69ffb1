"""`posecast animate --published`, as its user runs it."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

from posecast import cli
from posecast.rig.flame_files import read_coefficients
from posecast.takes import read_take


@pytest.fixture
def speech(tmp_path, speech_like):
    path = tmp_path / "speech.wav"
    soundfile.write(path, speech_like[:72_000], 16_000)  # 4.5 s: two windows
    return path


@pytest.fixture
def animate(tiny_flame_package, speech, capsys):
    def run(face, *options, model=tiny_flame_package):
        words = ["animate", speech, "-o", face, "--model", model, "--seed", 1, *options]
        status = cli.main([str(word) for word in words])
        return status, capsys.readouterr().err

    return run


def test_coefficients_of_every_repetition_are_written(animate, tmp_path):
    face = tmp_path / "face.npz"

    status, told = animate(face, "--published", "--format", "flame", "--repetitions", 2)

    first, second = read_coefficients(face)
    assert status == 0, told
    assert len(first) == 112
    assert first.shape is not None
    assert not np.allclose(first.expression, second.expression)
    assert "2 x 112 frames" in told


def test_the_same_seed_gives_the_same_face_and_another_style_another(animate, tmp_path):
    options = ("--published", "--format", "flame")
    faces = []
    for name, more in (
        ("a", ()),
        ("b", ()),
        ("c", ("--style", "smile")),
        ("d", ("--style", "none")),
    ):
        animate(tmp_path / f"{name}.npz", *options, *more)
        faces.append(read_coefficients(tmp_path / f"{name}.npz")[0].expression)

    np.testing.assert_array_equal(faces[0], faces[1])
    assert not np.allclose(faces[0], faces[2])
    assert not np.allclose(faces[0], faces[3])


@pytest.mark.parametrize(
    "options",
    [
        ("--steps", "5"),
        ("--flexibility", "0.5"),
        ("--threshold", "0.5,0.1,0.2"),
        ("--guidance-mode", "original"),
        ("--own-context",),
        ("--speech-chunks", "50,10"),
        ("--pad", "replicate"),
        ("--fresh-noise",),
        ("--audio-guidance", "2"),
        ("--style-guidance", "2.5"),
    ],
    ids=lambda words: words[0],
)
def test_each_option_changes_the_face(animate, tmp_path, options):
    faces = []
    for name, more in (("usual", ()), ("other", options)):
        status, told = animate(
            tmp_path / f"{name}.npz", "--published", "--format", "flame", "--style", "smile", *more
        )
        assert status == 0, told
        faces.append(read_coefficients(tmp_path / f"{name}.npz")[0])

    assert not np.allclose(faces[0].expression, faces[1].expression, atol=1e-5)


def test_a_shape_of_ones_own_changes_the_face(animate, tmp_path):
    np.save(tmp_path / "who.npy", np.full(100, 1.5, np.float32))
    for name, more in (("usual", ()), ("other", ("--shape", tmp_path / "who.npy"))):
        animate(tmp_path / f"{name}.npz", "--published", "--format", "flame", *more)

    usual, other = (read_coefficients(tmp_path / f"{name}.npz")[0] for name in ("usual", "other"))

    assert not np.allclose(usual.expression, other.expression, atol=1e-5)
    np.testing.assert_array_equal(other.shape, np.full(100, 1.5, np.float32))


def test_the_face_may_be_a_take_of_curves(animate, tmp_path):
    status, told = animate(tmp_path / "face.csv", "--published")

    take = read_take(tmp_path / "face.csv")
    assert status == 0, told
    assert len(take) == 112
    assert take.weights.max() > 0


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (("--sampler", "ddim"), "--sampler: only for --published"),
        (("--format", "flame"), "only for --published"),
        (("--published", "--rate", "30"), "--rate 30 with --published; allowed: 25"),
        (("--published", "--repetitions", "2"), "only --format flame holds more than one"),
        (("--published", "--repetitions", "0", "--format", "flame"), "repetitions 0"),
        (("--published", "--steps", "11"), "11 sampling steps; allowed: 1 to 10"),
        (("--published", "--sampler", "ddpm", "--steps", "5"), "5 steps with ddpm"),
        (("--published", "--threshold", "0.9,1"), "--threshold '0.9,1'; allowed: RATIO"),
        (("--published", "--threshold", "2"), "threshold ratio 2.0"),
        (("--published", "--speech-chunks", "1,2,3"), "--speech-chunks '1,2,3'; allowed: FRAMES"),
        (("--published", "--speech-chunks", "0"), "chunk_frames 0"),
        (("--published", "--flexibility", "2"), "flexibility 2.0; allowed: 0 to 1"),
        (("--published", "--seed", "-1"), "seed -1; allowed: 0"),
        (("--published", "--style", "angry"), "angry"),
        (("--published", "--rig-map", "a", "--flame-model", "b"), "one of the two"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_wrong_usage_is_told_before_the_work(animate, tmp_path, options, complaint):
    status, told = animate(tmp_path / "face.npz", *options)

    assert status == 2
    assert complaint in told
    assert not (tmp_path / "face.npz").exists()


def test_coefficients_have_one_file_format(animate, tmp_path):
    status, told = animate(tmp_path / "face.csv", "--published", "--format", "flame")

    assert status == 2
    assert "FLAME coefficients are written as .npz" in told


def test_another_model_has_no_published_inference(animate, tmp_path, tiny_package):
    status, told = animate(tmp_path / "face.csv", "--published", model=tiny_package)

    assert status == 1
    assert "the published inference is for FLAME models" in told

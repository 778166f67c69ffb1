"""The style encoder of a package opens for recordings, and only that of the served model."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from posecast import checkpoints
from posecast.errors import InvalidRequest, ModelUnavailable
from posecast.rig.retarget import MotionScale
from posecast.session.style_extraction import extract_style
from posecast.session.style_extractor import StyleExtractor
from posecast.signals import FaceRecording


def record(seconds: float) -> FaceRecording:
    times_s = np.arange(round(seconds * 25)) / 25
    weights = np.full((len(times_s), 52), 0.25, np.float32)
    weights[:, :26] += 0.2 * np.sin(6 * times_s)[:, None].astype(np.float32)
    head = np.zeros((len(times_s), 4), np.float32)
    head[:, 3] = 1.0
    return FaceRecording(times_s=times_s, weights=weights, head=head)


def test_it_extracts_with_the_encoder_and_the_units_of_the_package(tiny_package):
    package = checkpoints.load_package(tiny_package)
    extractor = StyleExtractor.of(package)

    style = extractor.extract(record(3.0))

    scale = MotionScale(mean=package.motion_mean, std=package.motion_std)
    expected = extract_style(record(3.0), extractor.encoder, scale)
    assert style.vector.shape == (16,)
    np.testing.assert_array_equal(style.vector, expected.vector)
    assert np.ptp(style.vector) > 0


def test_the_served_model_is_opened_by_its_folder(tiny_package, tiny_engine):
    extractor = StyleExtractor.load(tiny_package, served=tiny_engine.config)

    assert extractor.encoder.config == tiny_engine.config.style_encoder


def test_another_model_in_the_place_of_the_served_one_is_refused(tiny_package, tiny_engine):
    served = dataclasses.replace(tiny_engine.config, version="1")

    expected = r"the server runs tiny 1, but its folder holds tiny 0, .* restart the server"
    with pytest.raises(ModelUnavailable, match=expected):
        StyleExtractor.load(tiny_package, served=served)


def test_a_package_that_is_gone_is_told(tmp_path, tiny_engine):
    with pytest.raises(ModelUnavailable, match=r"model\.json is missing"):
        StyleExtractor.load(tmp_path / "gone", served=tiny_engine.config)


def test_a_recording_that_is_too_short_is_refused(tiny_package):
    extractor = StyleExtractor.of(checkpoints.load_package(tiny_package))

    with pytest.raises(InvalidRequest, match="at least 2 s"):
        extractor.extract(record(1.0))

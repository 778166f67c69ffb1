"""A GPU that answers wrongly: the networks are served another way, with the same faces."""

import dataclasses
import logging

import numpy as np
import onnxruntime
import pytest

from posecast import checkpoints
from posecast.config import AnimationOptions
from posecast.denoising.onnx_sampler import OnnxSampler
from posecast.denoising.package_sampler import open_process_sampler
from posecast.denoising.process_sampler import LoopSampler
from posecast.export import export_denoiser
from posecast.sampler_graph import export_sampler
from posecast.session.engine import AnimationEngine
from posecast.session.streaming import StreamingSession

LOGGER = "posecast.device_check"


class GpuSession:
    """A session of the CPU that says it runs on a GPU, and answers as the test wants."""

    def __init__(self, session, disturb):
        self._session, self._disturb = session, disturb

    def __getattr__(self, name):
        return getattr(self._session, name)

    def get_providers(self):
        return ["CUDAExecutionProvider", "CPUExecutionProvider"]

    def run(self, names, feeds):
        return self._disturb(feeds, lambda fed: self._session.run(names, fed))


@pytest.fixture
def gpu(monkeypatch):
    """Makes a GPU whose sessions answer `disturb(feeds, evaluate)`."""
    open_network = onnxruntime.InferenceSession

    def make(disturb):
        def open_on_gpu(content, options, providers, **arguments):
            session = open_network(content, options, providers=["CPUExecutionProvider"])
            is_on_gpu = providers != ["CPUExecutionProvider"]
            return GpuSession(session, disturb) if is_on_gpu else session

        monkeypatch.setattr(
            "onnxruntime.get_available_providers",
            lambda: ["CUDAExecutionProvider", "CPUExecutionProvider"],
        )
        monkeypatch.setattr("onnxruntime.InferenceSession", open_on_gpu)
        monkeypatch.setattr("onnxruntime.preload_dlls", lambda: None)

    return make


def right(feeds, evaluate):
    return evaluate(feeds)


def forgets_what_only_the_scan_takes(feeds, evaluate):
    """What the first GPU did, with inputs that were bound before they were filled."""
    lost = ("start_motion", "steps", "from_prediction", "from_motion")
    return evaluate({name: v * 0 if name in lost else v for name, v in feeds.items()})


def stops_after_one_step(feeds, evaluate):
    return evaluate(
        {
            name: values[:1] if name in ("steps", "from_prediction", "from_motion") else values
            for name, values in feeds.items()
        }
    )


def hears_nothing(feeds, evaluate):
    return evaluate({name: v * 0 if name == "mel" else v for name, v in feeds.items()})


def frames_of(engine, samples):
    session = StreamingSession(engine, AnimationOptions(seed=1), sample_rate_hz=16_000)
    return np.concatenate([session.push(samples).weights, session.finish().weights])


@pytest.mark.parametrize(
    ("disturb", "expected"),
    [
        pytest.param(right, [], id="right"),
        pytest.param(
            forgets_what_only_the_scan_takes, ["the sampler runs on the CPU"], id="lost inputs"
        ),
        pytest.param(
            stops_after_one_step, ["the sampler runs step by step on the GPU"], id="one step"
        ),
        pytest.param(hears_nothing, ["the speech encoder runs on the CPU"], id="deaf"),
    ],
)
def test_faces_are_the_cpus_whatever_the_gpu_does(
    tiny_package, tiny_engine, gpu, caplog, speech_like, disturb, expected
):
    gpu(disturb)
    with caplog.at_level(logging.WARNING, LOGGER):
        engine = AnimationEngine.load(tiny_package, device="cuda")

    said = [record.message.partition(":")[0] for record in caplog.records]
    assert said == expected
    assert engine.device == "cuda"
    samples = speech_like.astype(np.float32)
    np.testing.assert_allclose(
        frames_of(engine, samples), frames_of(tiny_engine, samples), atol=1e-5
    )


def test_on_the_cpu_nothing_is_tried(tiny_package, monkeypatch):
    def refuse(*_):
        pytest.fail("a second session, or an evaluation")

    monkeypatch.setattr("posecast.denoising.package_sampler.choose_faithful", refuse)
    monkeypatch.setattr("posecast.conditioning.package_speech_encoder.choose_faithful", refuse)

    AnimationEngine.load(tiny_package, device="cpu")


@pytest.fixture
def clip_package(tiny_package, tmp_path):
    """The tiny package with a sampler that was made for clips."""
    from posecast.denoising.torch_denoiser import ConditionedDenoiser

    package = checkpoints.load_package(tiny_package)
    denoiser = tmp_path / "denoiser.onnx"
    export_denoiser(ConditionedDenoiser(package.config.denoiser).eval(), denoiser)
    export_sampler(denoiser, tmp_path / checkpoints.SAMPLER_FILE, for_clips=True)
    return dataclasses.replace(package, folder=tmp_path)


@pytest.mark.parametrize(
    ("disturb", "kind"),
    [
        pytest.param(right, OnnxSampler, id="right"),
        pytest.param(stops_after_one_step, LoopSampler, id="one step"),
    ],
)
def test_the_sampler_of_clips_is_tried_too(clip_package, gpu, disturb, kind):
    gpu(disturb)
    assert type(open_process_sampler(clip_package, device="cuda")) is kind

import numpy as np
import pytest

from posecast.errors import InvalidRequest
from posecast.signals import Waveform
from posecast.transport.bench.planning import PHASE_S, cut_speech, plan_newcomers, plan_streams
from posecast.v1 import face_animation_service_pb2 as pb


def waveform(duration_s, sample_rate_hz=16_000):
    samples = np.full(round(duration_s * sample_rate_hz), 0.5, np.float32)
    return Waveform(samples=samples, sample_rate_hz=sample_rate_hz)


@pytest.mark.parametrize(("arrival", "chunk_s"), [("microphone", 0.02), ("at-once", 0.1)])
def test_speech_is_cut_into_whole_chunks_of_16_bit_samples(arrival, chunk_s):
    speech = cut_speech(waveform(0.35), arrival)

    requests = [pb.AnimateRequest.FromString(message) for message in speech.messages]
    assert speech.chunk_s == chunk_s
    assert len(requests) == int(0.35 / chunk_s)
    assert {len(request.audio.data) for request in requests} == {round(chunk_s * 16_000) * 2}
    assert np.frombuffer(requests[0].audio.data, "<i2")[0] == 16383


def test_a_chunk_of_a_rate_that_20_ms_do_not_divide_tells_its_true_duration():
    speech = cut_speech(waveform(1.0, 11_025), "microphone")

    assert speech.chunk_samples == 220
    assert speech.chunk_s == 220 / 11_025


def test_behind_the_last_chunk_comes_the_first():
    speech = cut_speech(waveform(0.1), "microphone")

    assert speech.message(5) is speech.messages[0]


def test_speech_without_a_whole_chunk_is_refused():
    with pytest.raises(InvalidRequest, match=r"0.010 s of speech; allowed: at least 0.02 s"):
        cut_speech(waveform(0.01), "microphone")


def test_streams_start_at_moments_of_their_own_that_repeat_with_the_seed(make_load):
    plans = plan_streams(20, make_load(), b"", seed=3)

    moments = {plan.starts_s for plan in plans}
    assert len(moments) == 20
    assert all(0 <= moment <= PHASE_S for moment in moments)
    assert plans == plan_streams(20, make_load(), b"", seed=3)
    assert plans != plan_streams(20, make_load(), b"", seed=4)


def test_newcomers_come_together_and_leave_with_the_others(make_load):
    plans = plan_newcomers(3, make_load(measured_s=4.0), b"", first_number=2, starts_s=3.0)

    assert [plan.number for plan in plans] == [2, 3, 4]
    assert {plan.starts_s for plan in plans} == {3.0}
    assert {plan.lasts_s for plan in plans} == {1.0}

"""Records of known moments, and what is reckoned from them."""

import pytest

from posecast.transport.bench.figures import measure
from posecast.transport.bench.record import BatchSeen, StreamRecord, UtteranceRecord


def utterance(index=0, first_audio_s=0.0, batches=(), audio_s=0.4, **moments):
    return UtteranceRecord(
        index=index,
        first_audio_s=first_audio_s,
        audio_s=audio_s,
        batches=[BatchSeen(*batch) for batch in batches],
        **moments,
    )


def stream(*utterances, opened_s=0.0, **fields):
    return StreamRecord(
        number=0, opened_s=opened_s, has_header=True, utterances=list(utterances), **fields
    )


def approx_ms(value):
    return pytest.approx(value, abs=1e-6)  # sums of binary fractions


def test_lateness_is_against_the_media_clock_of_the_first_audio(make_load):
    # 10 frames at 25 Hz are due at 1.0, 1.04 ... 1.36 s.
    record = stream(utterance(first_audio_s=1.0, batches=[(1.3, 0, 5), (1.5, 5, 5)]))

    figures = measure([record], make_load(), "realtime")

    assert figures.num_frames == 10
    assert figures.first_frame_ms.p50 == approx_ms(300)
    assert figures.lateness_ms.max == approx_ms(300)  # frame 5 was due at 1.2 and came at 1.5
    assert figures.lateness_ms.p50 == approx_ms(220)


def test_audio_sent_at_once_is_late_against_its_playback(make_load):
    # Playback begins at 1.3 s; frame 5 is to be shown at 1.5 s and comes then, frame 9 at 1.66.
    on_time = utterance(first_audio_s=1.0, batches=[(1.3, 0, 5), (1.5, 5, 5)])
    late = utterance(first_audio_s=1.0, batches=[(1.3, 0, 5), (1.54, 5, 5)])
    load = make_load(arrival="at-once")

    assert measure([stream(on_time)], load, "balanced").num_misses == 0
    missed = measure([stream(late)], load, "balanced")
    assert missed.num_misses == 1  # frame 6 comes as it is to be shown, only 5 is late
    assert missed.budget_ms == 0
    assert missed.miss_share == approx_ms(0.1)


@pytest.mark.parametrize(
    ("header", "budget_ms"),
    [
        ({"window_frames": 3, "look_ahead_ms": 80}, 3 * 40 + 80 + 100),
        ({"window_frames": 1, "look_ahead_ms": 0}, 40 + 100),
        ({}, 5 * 40 + 160 + 100),
    ],
    ids=["told", "no look-ahead", "an old server"],
)
def test_the_budget_is_window_look_ahead_and_slack(make_load, header, budget_ms):
    late_s = budget_ms / 1000
    # The first frame is due at 0: one comes just in time, one just behind it.
    records = [
        stream(utterance(batches=[(late_s + beside_s, 0, 1)], audio_s=0.04), **header)
        for beside_s in (-0.001, 0.001)
    ]

    figures = measure(records, make_load(), "realtime")

    assert figures.budget_ms == approx_ms(budget_ms)
    assert (figures.num_frames, figures.num_misses) == (2, 1)


def test_what_is_due_in_the_warm_up_does_not_count(make_load):
    warm = utterance(0, first_audio_s=2.0, batches=[(9.0, 0, 10)], num_lost=1)
    counted = utterance(1, first_audio_s=3.0, batches=[(3.2, 0, 10)])
    record = stream(warm, counted, opened_s=2.0)

    figures = measure([record], make_load(warm_up_s=1.0), "realtime")

    assert (figures.num_utterances, figures.num_frames, figures.num_misses) == (1, 10, 0)
    assert figures.num_lost == 1  # a lost frame counts whenever it was lost


def test_only_what_is_due_between_two_moments_counts_if_they_are_given(make_load):
    record = stream(
        *(utterance(k, first_audio_s=float(k), batches=[(k + 0.1, 0, 10)]) for k in range(4))
    )

    figures = measure([record], make_load(warm_up_s=9.0), "realtime", from_s=1.0, until_s=3.0)

    assert (figures.num_utterances, figures.num_frames) == (2, 20)


def test_frames_that_never_came_are_misses(make_load):
    record = stream(utterance(batches=[(0.1, 0, 4)]), is_cut_off=True)

    figures = measure([record], make_load(), "realtime")

    assert (figures.num_frames, figures.num_misses, figures.num_cut_off) == (10, 6, 1)


def test_frames_left_out_for_an_interrupt_are_no_misses(make_load):
    record = stream(utterance(batches=[(0.1, 0, 4)], interrupt_sent_s=0.2))

    figures = measure([record], make_load(), "realtime")

    assert (figures.num_frames, figures.num_misses) == (4, 0)


def test_tail_and_end_are_counted_from_the_end_that_was_sent(make_load):
    tailed = utterance(0, 0.0, [(0.2, 0, 8), (0.45, 8, 2)], end_sent_s=0.4, ended_s=0.5)
    early = utterance(1, 1.0, [(1.2, 0, 10)], end_sent_s=1.4, ended_s=1.45)

    figures = measure([stream(tailed, early)], make_load(), "realtime")

    assert figures.tail_ms.max == approx_ms(50)
    assert figures.tail_ms.p50 == approx_ms(25)  # the second's last frame was there before
    assert figures.end_ms.max == approx_ms(100)
    assert figures.num_interrupts == 0


def test_an_interrupt_is_answered_by_its_first_and_its_last_easing_frame(make_load):
    answered = utterance(0, 0.0, [(0.2, 0, 4)], interrupt_sent_s=0.25)
    answered.easing = [BatchSeen(0.27, 4, 3), BatchSeen(0.30, 7, 2)]
    unanswered = utterance(1, 1.0, [(1.2, 0, 4)], interrupt_sent_s=1.25)

    figures = measure([stream(answered, unanswered)], make_load(), "realtime")

    assert (figures.num_interrupts, figures.num_unanswered) == (2, 1)
    assert figures.easing_ms.max == approx_ms(20)
    assert figures.rest_ms.max == approx_ms(50)
    assert figures.tail_ms is None


def test_refused_failed_and_cut_off_streams_are_told_apart(make_load):
    refused = [
        StreamRecord(
            number=number, opened_s=1.0, closed_s=1.02, status="RESOURCE_EXHAUSTED",
            message=f"full {number}",
        )
        for number in range(2)
    ]  # fmt: skip
    failed = stream(status="INTERNAL", message="broken")
    silent = StreamRecord(number=3, opened_s=1.0, is_cut_off=True)

    figures = measure([*refused, failed, silent], make_load(), "realtime")

    assert (figures.num_streams, figures.num_refused) == (4, 2)
    assert (figures.num_failed, figures.num_cut_off) == (1, 1)
    assert [(f.status, f.message, f.count) for f in figures.refusals] == [
        ("RESOURCE_EXHAUSTED", "full 0", 2)
    ]
    assert [(f.status, f.count) for f in figures.failures] == [("INTERNAL", 1)]
    assert figures.refused_after_ms.p50 == approx_ms(20)


def test_nothing_is_reckoned_from_no_frames(make_load):
    figures = measure([stream()], make_load(), "realtime")

    assert figures.first_frame_ms is figures.lateness_ms is figures.send_delay_ms is None
    assert figures.miss_share is None
    assert figures.frames_per_s == 0


def test_frames_a_second_are_counted_while_all_streams_speak(make_load):
    # Both speak from 1.5 to 4.5 s; 25 frames of each come in each second of that.
    records = [
        stream(
            *(utterance(k, first_audio_s=float(k), batches=[(k + 0.9, 0, 25)], audio_s=1.0)
              for k in range(6)),
            opened_s=opened_s,
        )
        for opened_s in (0.0, 0.5)
    ]  # fmt: skip

    figures = measure(records, make_load(warm_up_s=1.0, measured_s=3.5), "realtime")

    assert figures.frames_per_s == pytest.approx(50)


def test_the_real_time_factor_is_told_for_audio_sent_at_once(make_load):
    record = stream(utterance(0, 1.0, [(1.05, 0, 5), (1.1, 5, 5)], end_sent_s=1.0, ended_s=1.1))

    at_once = measure([record], make_load(arrival="at-once"), "balanced")
    paced = measure([record], make_load(), "balanced")

    assert at_once.real_time_factor == pytest.approx(0.25)  # 0.1 s for 0.4 s of audio
    assert paced.real_time_factor is None


def test_the_clients_own_delay_is_told(make_load):
    record = stream(utterance(), send_delays_s=[0.001, 0.002, 0.03])

    assert measure([record], make_load(), "realtime").send_delay_ms.max == approx_ms(30)

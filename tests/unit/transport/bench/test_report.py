import dataclasses
import json

import pytest

from posecast.config import AnimationOptions
from posecast.transport.bench.figures import Failure, Spread, measure
from posecast.transport.bench.ladder import PastFigures
from posecast.transport.bench.process_use import ProcessUse
from posecast.transport.bench.record import BatchSeen, StreamRecord, UtteranceRecord
from posecast.transport.bench.report import (
    level_document,
    load_document,
    notes_on,
    past_document,
)
from posecast.transport.bench.report_tables import tables_of

FULL = Failure(status="RESOURCE_EXHAUSTED", message="full", count=2)


def spread(p50):
    return Spread(p50=p50, p95=2 * p50, max=3 * p50, count=10)


@pytest.fixture
def figures(make_load):
    """Ten frames in time of one stream, with the given figures in the place of its own."""

    def make(**changed):
        utterance = UtteranceRecord(
            index=0, first_audio_s=0.0, audio_s=0.4, batches=[BatchSeen(0.1, 0, 10)]
        )
        record = StreamRecord(number=0, opened_s=0.0, has_header=True, utterances=[utterance])
        return dataclasses.replace(measure([record], make_load(), "realtime"), **changed)

    return make


def test_medians_are_told_over_the_repeats(figures):
    runs = [figures(first_frame_ms=spread(p50), num_misses=p50) for p50 in (10, 40, 20)]

    level = level_document(4, runs, [])

    assert level["streams"] == 4
    assert level["median"]["first_frame_ms"] == {"p50": 20, "p95": 40, "max": 60, "count": 10}
    assert level["median"]["num_misses"] == 20
    assert [run["first_frame_ms"]["p50"] for run in level["repeats"]] == [10, 40, 20]
    assert "echo" not in level


def test_what_ought_to_be_0_is_told_at_its_worst(figures):
    median = level_document(1, [figures(num_lost=n) for n in (0, 3, 0)], [])["median"]

    assert median["num_lost"] == 3


def test_what_one_repeat_could_not_measure_is_told_of_the_others(figures):
    runs = [figures(first_frame_ms=None), figures(first_frame_ms=spread(10))]

    median = level_document(1, runs, [])["median"]

    assert median["first_frame_ms"]["p50"] == 10
    assert median["end_ms"] is None


def test_refusals_of_all_repeats_are_added_up(figures):
    other = Failure(status="UNAVAILABLE", message="stopping", count=1)
    runs = [figures(refusals=(FULL,)), figures(refusals=(FULL, other))]

    assert level_document(1, runs, [])["median"]["refusals"] == [
        {"status": "RESOURCE_EXHAUSTED", "message": "full", "count": 4},
        {"status": "UNAVAILABLE", "message": "stopping", "count": 1},
    ]


def test_ratios_to_the_echo_server_are_told_where_they_mean_something(figures):
    run = figures(
        first_frame_ms=spread(30), lateness_ms=spread(30), frames_per_s=10.0,
        server=ProcessUse(cpu_s_per_s=0.8, peak_rss_mib=300),
    )  # fmt: skip
    echo = figures(
        first_frame_ms=spread(2), lateness_ms=spread(-6), frames_per_s=20.0,
        server=ProcessUse(cpu_s_per_s=0.2, peak_rss_mib=100),
    )  # fmt: skip

    level = level_document(1, [run], [echo])

    ratios = level["ratios_to_echo"]
    assert ratios["first_frame_ms.p50"] == 15
    assert ratios["server.cpu_s_per_s"] == 4
    assert ratios["frames_per_s"] == 0.5
    assert ratios["lateness_ms.p50"] is None  # the echo's is below 0
    assert ratios["end_ms.p50"] is None  # not measured
    assert level["echo"]["median"]["first_frame_ms"]["p50"] == 2


def test_a_reader_is_warned_of_busy_clients_late_senders_and_failures(figures):
    run = figures(
        clients=ProcessUse(cpu_s_per_s=0.9, peak_rss_mib=70), send_delay_ms=spread(40),
        num_lost=2, num_cut_off=1, refusals=(FULL,),
        failures=(Failure(status="INTERNAL", message="broken", count=1),),
    )  # fmt: skip

    notes = notes_on([level_document(8, [run], [])], None, num_processes=1)

    assert [note.removeprefix("8 streams: ") for note in notes] == [
        "the clients took 0.90 cores of 1; they may be the limit, try more --processes",
        "1 in 20 chunks was sent 80 ms late or later; the clients' machine is busy or the server "
        "takes no more",
        "2 frames lost, 0 answers to nothing; both must be 0",
        "2 refused, RESOURCE_EXHAUSTED: full",
        "1 failed, INTERNAL: broken",
        "1 were cut off with answers missing; times are of those that came",
    ]


def test_there_is_nothing_to_note_of_a_clean_run(figures):
    run = figures(clients=ProcessUse(cpu_s_per_s=0.9, peak_rss_mib=70), send_delay_ms=spread(1))

    assert notes_on([level_document(8, [run], [])], None, num_processes=2) == []


def test_refused_newcomers_are_noted_once(figures):
    past = PastFigures(before=figures(), after=figures(), newcomers=figures(refusals=(FULL,)))

    notes = notes_on([], past_document(past), num_processes=1)

    assert notes == ["opening more, newcomers: 2 refused, RESOURCE_EXHAUSTED: full"]


def document(levels, load, past=None):
    options = AnimationOptions(mode="realtime", frame_rate_hz=25)
    return {
        "load": load_document(load, options, num_processes=1),
        "levels": levels,
        "past": past,
    }


def test_the_document_is_json(figures, make_load):
    past = past_document(PastFigures(before=figures(), after=figures(), newcomers=figures()))
    whole = document([level_document(1, [figures()], [figures()])], make_load(), past)

    assert json.loads(json.dumps(whole)) == whole
    assert whole["load"]["mode"] == "realtime"
    assert whole["load"]["utterance_s"] == 0.5


def test_tables_have_a_row_for_each_level_and_its_echo(figures, make_load):
    run = figures(first_frame_ms=spread(10), server=ProcessUse(cpu_s_per_s=0.5, peak_rss_mib=99))
    levels = [level_document(1, [run], [figures()]), level_document(8, [run], [figures()])]

    timing, cost, ratios = tables_of(document(levels, make_load()))

    assert [row[:2] for row in timing.rows] == [
        ("1", "posecast"), ("", "echo"), ("8", "posecast"), ("", "echo"),
    ]  # fmt: skip
    assert timing.rows[0][timing.heads.index("first frame")] == "10 / 20 / 30"
    assert timing.rows[0][timing.heads.index("end")] == "-"
    assert cost.rows[0][cost.heads.index("server cores")] == "0.50"
    assert cost.rows[1][cost.heads.index("server cores")] == "-"
    assert [row[0] for row in ratios.rows] == ["1", "8"]


def test_tables_of_interrupts_and_of_more_streams_are_there_if_asked_for(figures, make_load):
    past = past_document(PastFigures(before=figures(), after=figures(), newcomers=figures()))
    run = figures(num_interrupts=4, easing_ms=spread(20))
    whole = document([level_document(1, [run], [])], make_load(interrupt_every=2), past)

    _, _, interrupts, more = tables_of(whole)

    assert interrupts.rows == [("1", "posecast", "4", "0", "20 / 40 / 60", "-")]
    assert [row[0] for row in more.rows] == ["present, before", "present, after", "newcomers"]


@pytest.mark.parametrize("asked", [{}, {"interrupt_every": 1}], ids=["plain", "interrupts"])
def test_every_row_of_every_table_is_as_long_as_its_head(figures, make_load, asked):
    past = past_document(PastFigures(before=figures(), after=figures(), newcomers=figures()))
    levels = [level_document(1, [figures()], [figures()])]

    for table in tables_of(document(levels, make_load(**asked), past)):
        assert {len(row) for row in table.rows} == {len(table.heads)}

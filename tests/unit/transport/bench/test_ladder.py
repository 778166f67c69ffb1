import pytest

from posecast.config import AnimationOptions
from posecast.errors import InvalidRequest
from posecast.transport.bench.ladder import Ladder
from posecast.transport.bench.own_server import RunningServer
from posecast.transport.bench.planning import PHASE_S
from posecast.transport.bench.record import BatchSeen, StreamRecord, UtteranceRecord

SERVER = RunningServer(address="127.0.0.1:1", pid=None)


class Fleet:
    """Answers with records made from the plans, without a server."""

    pids = ()

    def __init__(self, make_record):
        self._make_record = make_record
        self.plans = []

    def run(self, address, plans, load, speech, on_tick):
        self.plans = list(plans)
        on_tick(0.0)
        return [self._make_record(plan) for plan in plans]


@pytest.fixture
def make_ladder(make_load, make_speech):
    def make(make_record, **load):
        fleet = Fleet(make_record)
        return fleet, Ladder(
            fleet=fleet,
            load=make_load(**load),
            options=AnimationOptions(mode="realtime", frame_rate_hz=25),
            speech=make_speech(),
        )

    return make


def answered(plan):
    """Utterances of 0.4 s each second, each wholly answered after 0.1 s."""
    utterances = [
        UtteranceRecord(
            index=index,
            first_audio_s=plan.starts_s + index,
            audio_s=0.4,
            batches=[BatchSeen(plan.starts_s + index + 0.1, 0, 10)],
        )
        for index in range(int(plan.lasts_s))
    ]
    return StreamRecord(
        number=plan.number, opened_s=plan.starts_s, has_header=True, utterances=utterances
    )


def refused(status):
    return lambda plan: StreamRecord(
        number=plan.number, opened_s=plan.starts_s, status=status, message="no"
    )


def test_a_level_is_measured(make_ladder):
    fleet, ladder = make_ladder(answered, measured_s=4.0)

    figures = ladder.run_level(SERVER, 3, repeat=1)

    assert len(fleet.plans) == 3
    assert (figures.num_streams, figures.num_frames) == (3, 3 * 4 * 10)
    assert figures.server is None


def test_a_full_server_is_a_result(make_ladder):
    _, ladder = make_ladder(refused("RESOURCE_EXHAUSTED"))

    assert ladder.run_level(SERVER, 2, repeat=0).num_refused == 2


def test_a_setting_that_is_wrong_for_every_stream_is_an_error(make_ladder):
    _, ladder = make_ladder(refused("INVALID_ARGUMENT"))

    with pytest.raises(InvalidRequest, match="no"):
        ladder.run_level(SERVER, 2, repeat=0)


def test_newcomers_come_in_the_midst_and_are_told_apart(make_ladder):
    def make_record(plan):
        return answered(plan) if plan.number < 2 else refused("RESOURCE_EXHAUSTED")(plan)

    fleet, ladder = make_ladder(make_record, warm_up_s=1.0, measured_s=8.0)

    past = ladder.run_past(SERVER, 2, 5)

    assert {plan.starts_s for plan in fleet.plans[2:]} == {1.0 + PHASE_S / 2 + 4.0}
    assert (past.newcomers.num_streams, past.newcomers.num_refused) == (5, 5)
    assert past.before.num_streams == past.after.num_streams == 2
    # Nine utterances of each: one in the warm-up, the others on either side of the newcomers.
    assert past.before.num_utterances + past.after.num_utterances == 2 * 8
    assert past.after.num_utterances > 0

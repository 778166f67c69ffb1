from __future__ import annotations

import errno

import pytest

from posecast.transport.network_error import reason_of


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OSError(errno.EADDRINUSE, "Address already in use"), "the port is taken"),
        (OSError(errno.ECONNREFUSED, "Connection refused"), "Connection refused"),
        (OSError("odd"), "odd"),
        (UnicodeError("label too long"), "label too long"),
    ],
    ids=["taken", "refused", "no number", "no system's error"],
)
def test_a_failure_is_told_in_words(error, told):
    assert reason_of(error) == told

"""Each error class has its status, and nothing inner gets out."""

from __future__ import annotations

import grpc
import pytest

from posecast.errors import (
    CheckpointMismatch,
    InvalidRequest,
    ModelUnavailable,
    Overloaded,
    PosecastError,
)
from posecast.transport.status import (
    MAX_DETAIL_CHARACTERS,
    StatusError,
    describe,
    error_from,
)

TABLE = [
    pytest.param(InvalidRequest, grpc.StatusCode.INVALID_ARGUMENT, id="invalid"),
    pytest.param(Overloaded, grpc.StatusCode.RESOURCE_EXHAUSTED, id="overloaded"),
    pytest.param(ModelUnavailable, grpc.StatusCode.UNAVAILABLE, id="unavailable"),
]


@pytest.mark.parametrize(("error_type", "code"), TABLE)
def test_an_error_for_the_client_keeps_its_message(error_type, code):
    assert describe(error_type("rate 0 Hz"), "1234") == (code, "rate 0 Hz")


@pytest.mark.parametrize(("error_type", "code"), TABLE)
def test_a_client_in_python_gets_the_same_class_back(error_type, code):
    error = error_from(code, "rate 0 Hz")

    assert type(error) is error_type
    assert str(error) == "rate 0 Hz"


@pytest.mark.parametrize("error", [CheckpointMismatch("/secret"), KeyError("/secret")])
def test_any_other_error_is_internal_with_an_id_only(error):
    code, details = describe(error, "1234")

    assert code is grpc.StatusCode.INTERNAL
    assert "1234" in details
    assert "secret" not in details


def test_an_unknown_status_names_itself():
    error = error_from(grpc.StatusCode.UNIMPLEMENTED, None)

    assert type(error) is PosecastError
    assert "UNIMPLEMENTED" in str(error)


def test_long_details_keep_beginning_and_end():
    _, details = describe(InvalidRequest(f"style {'x' * 10_000}; known: neutral"), "1234")

    assert len(details) < MAX_DETAIL_CHARACTERS + 10
    assert details.startswith("style xxx")
    assert details.endswith("known: neutral")


def test_a_contract_may_give_an_error_a_status_of_its_own():
    error = StatusError(grpc.StatusCode.DEADLINE_EXCEEDED, "nothing for 5 s")

    assert describe(error, "1234") == (grpc.StatusCode.DEADLINE_EXCEEDED, "nothing for 5 s")

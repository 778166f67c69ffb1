from __future__ import annotations

import pytest

from posecast.preview.guard import is_loopback, is_welcome


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("127.0.0.1:50080", None),
        ("127.0.0.1:50080", "http://127.0.0.1:50080"),
        ("localhost:50080", "http://localhost:50080"),
        ("[::1]:50080", "http://[::1]:50080"),
    ],
)
def test_our_own_page_is_welcome(host, origin) -> None:
    assert is_welcome(host, origin, only_local=True)


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        (None, None),
        ("", None),
        ("127.0.0.1:50080", "https://evil.example"),
        ("127.0.0.1:50080", "http://127.0.0.1:8000"),
        ("127.0.0.1:50080", "http://localhost:50080"),
        ("127.0.0.1:50080", "null"),
        ("rebound.example:50080", "http://rebound.example:50080"),
        ("rebound.example:50080", None),
        ("127.0.0.1.rebound.example", None),
    ],
)
def test_pages_of_others_are_not(host, origin) -> None:
    assert not is_welcome(host, origin, only_local=True)


def test_a_page_that_is_shown_to_others_answers_to_its_name() -> None:
    assert is_welcome("studio:50080", "http://studio:50080", only_local=False)
    assert not is_welcome("studio:50080", "http://evil.example", only_local=False)


@pytest.mark.parametrize(
    ("host", "expected"),
    [("127.0.0.1", True), ("::1", True), ("[::1]", True), ("localhost", True),
     ("127.5.0.1", True), ("10.0.0.7", False), ("::", False), ("studio", False), ("", False)],
)  # fmt: skip
def test_loopback_is_told_from_the_rest(host, expected) -> None:
    assert is_loopback(host) is expected

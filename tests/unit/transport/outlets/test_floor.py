"""Which of several faces is seen where there is room for one."""

from __future__ import annotations

from posecast.transport.outlets.floor import Floor


def test_a_face_alone_is_seen():
    floor = Floor()

    assert [floor.admits(0, begins=begins) for begins in (False, True, False)] == [True] * 3


def test_the_one_that_begins_to_speak_takes_it():
    floor = Floor()
    floor.admits(0, begins=True)

    assert not floor.admits(1, begins=False)
    assert floor.admits(1, begins=True)
    assert not floor.admits(0, begins=False)
    assert floor.admits(0, begins=True)


def test_at_rest_the_holder_leaves_it_to_the_next_that_moves():
    floor = Floor()
    floor.admits(0, begins=True)

    floor.leave(1)
    assert not floor.admits(1, begins=False), "it was not the other's to leave"
    floor.leave(0)
    assert floor.admits(1, begins=False)
    assert not floor.admits(0, begins=False)

"""The errors that Posecast raises.

PosecastError
 ├─ InvalidRequest       the caller's input is wrong; the message names value and range
 ├─ Overloaded           a limit of this server is reached; the message names the limit
 │   ├─ TooLong          an utterance has grown longer than this server allows
 │   └─ SilentTooLong    a client has sent or read nothing for longer than this server allows
 ├─ ModelUnavailable     the model package, its device or its worker cannot be used
 ├─ CheckpointMismatch   weights do not fit the model that should take them, or a file is damaged
 ├─ MissingDependency    an optional package or program is missing; the message says how to get it
 └─ TrainingPaused       the time for this call is used up; nothing is lost, call again to go on
"""

from __future__ import annotations


class PosecastError(Exception):
    """Anything that Posecast itself reports; the message is one line and made for users."""


class InvalidRequest(PosecastError, ValueError):
    """The caller's input is wrong; nothing was done with it."""


class Overloaded(PosecastError):
    """A configured limit is reached; the same request may succeed later or when made smaller."""


class TooLong(Overloaded):
    """An utterance has grown longer than this server allows; what came before is good."""


class SilentTooLong(Overloaded):
    """A client has sent or read nothing for longer than this server allows."""


class ModelUnavailable(PosecastError):
    """The model cannot be loaded or has stopped working."""


class CheckpointMismatch(PosecastError):
    """Weights and model do not belong together, or a file is not what its checksum says."""


class MissingDependency(PosecastError):
    """An optional package or program is needed for this and is not installed."""


class TrainingPaused(PosecastError):
    """A training used up its time and stored its state; the same call goes on from there."""

    def __init__(self, step: int, message: str) -> None:
        """Tell where it stopped.

        Args:
            step: Steps that the checkpoint has behind it.
            message: One line for users.
        """
        super().__init__(message)
        self.step = step

"""The styles of a running server: the model's, and those that clients keep until it stops."""

from __future__ import annotations

import re
import threading

from posecast.conditioning.style import NEUTRAL, StyleBank
from posecast.errors import InvalidRequest, Overloaded
from posecast.signals import Style

MAX_KEPT = 1000
"""Styles that clients may keep; each takes about a kilobyte."""
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)


class StyleStore:
    """A bank of styles that grows; may be used from several threads.

    The bank itself never changes: keeping a style puts another bank in its place, so that whoever
    reads `styles` holds a table that stays as it is.
    """

    def __init__(self, own: StyleBank) -> None:
        """Begin with the model's styles.

        Args:
            own: The styles of the model.
        """
        self._own = own
        self._styles = own
        self._keeping = threading.Lock()

    @property
    def own(self) -> StyleBank:
        """The model's styles alone."""
        return self._own

    @property
    def styles(self) -> StyleBank:
        """All styles that a request may name now."""
        return self._styles

    def check_name(self, name: str) -> None:
        """Refuse a name before work is done for it.

        Args:
            name: Under which a style shall be kept.

        Raises:
            InvalidRequest: If it has other characters than allowed, or is one of the model's own.
            Overloaded: If it is a further one and as many styles are kept as allowed.
        """
        if not _NAME.fullmatch(name):
            raise InvalidRequest(
                f"style name {name!r}; allowed: 1 to 64 letters, digits, - and _ (a to z, 0 to 9)"
            )
        if name in self._own.names or name == NEUTRAL:
            raise InvalidRequest(f"style name {name!r} is the model's own; choose another")
        num_kept = len(self._styles.names) - len(self._own.names)
        if name not in self._styles.names and num_kept >= MAX_KEPT:
            raise Overloaded(
                f"{num_kept} styles are kept; this server allows {MAX_KEPT}; use a name again, or "
                "send the style with each request"
            )

    def keep(self, name: str, style: Style, description: str) -> None:
        """Keep a style until the server stops; one of the same name is replaced.

        Args:
            name: What requests name it by, alone or in a blend.
            style: The style.
            description: One line for people.

        Raises:
            InvalidRequest: If the name is not allowed.
            Overloaded: If as many styles are kept as allowed.
        """
        with self._keeping:
            self.check_name(name)
            self._styles = self._styles.including(name, style, description)

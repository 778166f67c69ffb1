"""What clients do with styles: list them, and have one found in a recording."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Self

from posecast.conditioning.style import StyleBank
from posecast.session.engine import AnimationEngine
from posecast.session.style_extractor import StyleExtractor
from posecast.session.style_store import StyleStore
from posecast.transport import style_codec
from posecast.transport.settings_codec import style_message
from posecast.v1 import face_animation_service_pb2 as service_pb2


class StyleService:
    """Answers EncodeStyle and ListStyles; may be used from several threads."""

    def __init__(self, store: StyleStore, open_extractor: Callable[[], StyleExtractor]) -> None:
        """Open nothing yet: most servers are never asked for a style.

        Args:
            store: The styles of the server.
            open_extractor: Opens the style encoder; called once, by the first recording.
        """
        self._store = store
        self._open_extractor = open_extractor
        self._extractor: StyleExtractor | None = None
        self._opening = threading.Lock()

    @classmethod
    def of(cls, engine: AnimationEngine, model: str | Path) -> Self:
        """The styles of a loaded model.

        Args:
            engine: The loaded model.
            model: What it was loaded from: `default`, or the folder of a model package.
        """
        open_extractor = functools.partial(StyleExtractor.load, model, served=engine.config)
        return cls(StyleStore(engine.styles), open_extractor)

    @property
    def styles(self) -> StyleBank:
        """All styles that a request may name now; take it anew for each stream."""
        return self._store.styles

    def encode(self, request: service_pb2.EncodeStyleRequest) -> service_pb2.EncodeStyleResponse:
        """Find the style of a recording. It takes a while: call it in a thread of its own.

        Args:
            request: The recording, and perhaps a name to keep the style under.

        Returns:
            The style.

        Raises:
            InvalidRequest: If the recording or the name is not what the contract allows.
            Overloaded: If no more styles can be kept.
            ModelUnavailable: If the style encoder cannot be opened.
        """
        if request.name:
            self._store.check_name(request.name)
        recording = style_codec.recording_from(request)
        style = self._opened().extract(recording)
        if request.name:
            duration_s = len(recording) / request.frame_rate_hz
            self._store.keep(request.name, style, f"found in {duration_s:.1f} s of a recorded face")
        nearest = self._store.own.find_nearest(style)
        return service_pb2.EncodeStyleResponse(
            style=style_message(style), nearest_style_name=nearest.name if nearest else ""
        )

    def list(self) -> service_pb2.ListStylesResponse:
        """List the model's styles and those that are kept, in alphabetical order."""
        return style_codec.styles_message(self.styles)

    def _opened(self) -> StyleExtractor:
        with self._opening:  # two first recordings at a time open it once
            if self._extractor is None:
                self._extractor = self._open_extractor()
            return self._extractor

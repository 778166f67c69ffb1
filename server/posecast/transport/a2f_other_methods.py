"""Methods of NVIDIA's services that Posecast does not have: it says so, and what to do."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

import grpc

_LEGACY = "the one-way services were dropped by Audio2Face-3D 2.0"
_GRAPH = "this is a method of NVIDIA's animation graph, not of Audio2Face-3D"
_AUTHORING = "poses of a clip cannot be asked for one by one"
REASONS: Mapping[str, str] = {
    "nvidia_ace.services.a2f.v1.A2FService": _LEGACY,
    "nvidia_ace.services.animation_data.v1.AnimationDataService": _LEGACY,
    "nvidia_ace.services.animation_controller.v1.AnimationControllerService": _GRAPH,
    "nvidia_ace.services.a2f_authoring.v1.A2FAuthoringService": _AUTHORING,
}
"""Services, and why they are not here."""
_INSTEAD = (
    "send the audio to /nvidia_ace.services.a2f_controller.v1.A2FControllerService/"
    "ProcessAudioStream"
)


class A2FOtherMethods(grpc.GenericRpcHandler):  # type: ignore[type-arg]  # only in the stubs
    """Answers them with UNIMPLEMENTED, whatever their messages are."""

    def service(
        self, handler_call_details: grpc.HandlerCallDetails
    ) -> grpc.RpcMethodHandler[bytes, bytes] | None:
        """The handler of a call, or None if it is of another service."""
        service, _, method = str(handler_call_details.method).lstrip("/").partition("/")
        reason = REASONS.get(service)
        if reason is None:
            return None
        details = f"{method} is not here: {reason}; {_INSTEAD}"

        async def refuse(_: AsyncIterator[bytes], context: Any) -> None:
            await context.abort(grpc.StatusCode.UNIMPLEMENTED, details)

        # The two sides of a call agree on its shape only by convention: a stream is any of them.
        return grpc.stream_stream_rpc_method_handler(refuse)

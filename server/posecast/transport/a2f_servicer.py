"""The RPCs of NVIDIA's Audio2Face-3D that Posecast answers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import grpc

from posecast.errors import InvalidRequest
from posecast.nvidia_ace import a2f_controller_pb2 as pb
from posecast.nvidia_ace import a2f_controller_pb2_grpc as pb_grpc
from posecast.nvidia_ace import a2x_export_config_pb2 as config_pb
from posecast.nvidia_ace import a2x_export_config_pb2_grpc as config_grpc
from posecast.session.style_choice import choose_style
from posecast.transport import a2f_codec, patience
from posecast.transport.a2f_answer import A2FAnswer
from posecast.transport.a2f_config_file import write_config_file
from posecast.transport.a2f_failures import told_in_stream
from posecast.transport.a2f_other_methods import A2FOtherMethods
from posecast.transport.a2f_parameters import read_choices
from posecast.transport.a2f_stream import A2FStream
from posecast.transport.a2f_writer import A2FWriter
from posecast.transport.backend import Backend
from posecast.transport.border import Border
from posecast.transport.servicer import seed_of
from posecast.transport.stream import AnimationStream

METHOD = "ProcessAudioStream"
SERVICE_NAMES: tuple[str, ...] = (
    pb.DESCRIPTOR.services_by_name["A2FControllerService"].full_name,
    config_pb.DESCRIPTOR.services_by_name["A2XExportConfigService"].full_name,
)


class A2FControllerServicer(pb_grpc.A2FControllerServiceServicer):
    """Animates streams for clients of Audio2Face-3D, by the same worker as all others."""

    def __init__(self, backend: Backend, border: Border) -> None:
        """Serve.

        Args:
            backend: What all streams share.
            border: Where the RPCs come in.
        """
        self._backend = backend
        self._border = border
        self._config = backend.config.a2f

    async def ProcessAudioStream(  # noqa: N802 - gRPC's name
        self, request_iterator: AsyncIterator[Any], context: Any
    ) -> None:
        """Animate one utterance."""
        writing = A2FWriter(
            context.write,
            max_idle_s=self._backend.config.max_idle_s,
            lulls=self._backend.lulls,
            max_frames_per_s=self._config.max_frames_per_s,
        )
        async with (
            self._border.stream(METHOD, context) as opened,
            writing as writer,
            told_in_stream(writer, opened.log.stream_id),
        ):
            header = await self._first_header(request_iterator)
            audio_format = a2f_codec.audio_format_from(header.audio_header)
            metadata = dict(context.invocation_metadata() or ())
            choices = read_choices(header, metadata, self._config)
            options, seed = choices.options, seed_of(choices.options)
            style = choose_style(self._backend.styles.styles, options)
            opened.begin(options, style_name=options.style, seed=seed)
            answer = A2FAnswer(writer, choices, audio_format=audio_format)
            stream = AnimationStream(
                opened,
                options,
                style=style,
                seed=seed,
                sample_rate_hz=audio_format.sample_rate_hz,
                answer=answer,
            )
            await answer.send_header()
            await A2FStream(
                opened,
                choices,
                audio_format=audio_format,
                style=style,
                stream=stream,
                answer=answer,
                writer=writer,
            ).run(request_iterator)
            opened.log.info("complete, %d frames", opened.entry.num_frames)

    async def _first_header(self, request_iterator: AsyncIterator[Any]) -> pb.AudioStreamHeader:
        most_s = self._backend.config.max_idle_s
        name = "audio_stream_header"
        request = await patience.first_of(request_iterator, name, max_idle_s=most_s)
        part = None if request is None else request.WhichOneof("stream_part")
        if request is None or part != name:
            raise InvalidRequest(f"the first message is {part or 'empty'}; it must be {name}")
        return request.audio_stream_header


class A2XExportConfigServicer(config_grpc.A2XExportConfigServiceServicer):
    """Tells the settings that a stream starts from."""

    def __init__(self, backend: Backend, border: Border) -> None:
        """Serve.

        Args:
            backend: What all streams share.
            border: Where the RPCs come in.
        """
        self._backend = backend
        self._border = border

    async def GetConfigs(  # noqa: N802 - gRPC's name
        self, request: config_pb.ConfigsTypeRequest, context: Any
    ) -> None:
        """Tell them as one file."""
        async with self._border.call("GetConfigs", context):
            is_json = request.config_type == config_pb.ConfigsTypeRequest.JSON
            content = write_config_file(self._backend.config.a2f, self._backend.styles.styles)
            name = f"posecast_inference.{'json' if is_json else 'yaml'}"
            await context.write(config_pb.A2XConfig(name=name, content=content))


def add_a2f_services(server: grpc.aio.Server, backend: Backend, border: Border) -> None:
    """Let a server answer clients of Audio2Face-3D.

    Args:
        server: Not started yet.
        backend: What all streams share.
        border: Where the RPCs come in.
    """
    pb_grpc.add_A2FControllerServiceServicer_to_server(  # type: ignore[no-untyped-call]  # generated
        A2FControllerServicer(backend, border), server
    )
    config_grpc.add_A2XExportConfigServiceServicer_to_server(  # type: ignore[no-untyped-call]  # generated
        A2XExportConfigServicer(backend, border), server
    )
    server.add_generic_rpc_handlers((A2FOtherMethods(),))

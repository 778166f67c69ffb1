"""The settings that an Audio2Face-3D stream starts from, as a file for people and tools."""

from __future__ import annotations

import json

from posecast.conditioning.style import StyleBank
from posecast.config import A2FConfig
from posecast.transport.a2f_codec import HEAD
from posecast.transport.a2f_emotions import EMOTIONS, STYLE_OF
from posecast.transport.a2f_parameters import FACE_PARAMETERS
from posecast.transport.a2f_weights import WeightMap


def write_config_file(config: A2FConfig, styles: StyleBank) -> str:
    """Write the settings.

    Args:
        config: What holds where a client chooses nothing.
        styles: What the model offers.

    Returns:
        JSON, which is YAML, too.
    """
    emotions = {name: STYLE_OF.get(name) for name in EMOTIONS}
    settings = {
        "blendshape_streaming_fps": config.frame_rate_hz,
        "blendshapes": WeightMap.of(config.blend_shapes).names,
        "joints": [HEAD] if config.sends_head else [],
        "style": config.style,
        "emotion_styles": {
            name: style if style in styles.names else None for name, style in emotions.items()
        },
        "face_params": {
            name: {
                "default": parameter.usual,
                "min": parameter.low,
                "max": parameter.high,
                "effect": parameter.effect or None,
            }
            for name, parameter in FACE_PARAMETERS.items()
        },
    }
    return json.dumps(settings, indent=2) + "\n"

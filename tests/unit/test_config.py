import dataclasses
import json

import pytest

from posecast.config import (
    SAMPLES_PER_FRAME,
    A2FConfig,
    AnimationOptions,
    ClipEncoderConfig,
    DenoiserConfig,
    ModelConfig,
    ServerConfig,
    SpeechEncoderConfig,
    from_mapping,
    read_server_config,
)
from posecast.errors import InvalidRequest


def test_a_frame_has_640_samples():
    assert SAMPLES_PER_FRAME == 640


def test_a_model_config_survives_json():
    config = ModelConfig(
        name="tiny",
        version="1",
        speech_encoder=SpeechEncoderConfig(width=16, num_blocks=2, dilations=(1, 3)),
        denoiser=DenoiserConfig(width=16, num_layers=2, schedule="linear"),
    )

    text = json.dumps(dataclasses.asdict(config))

    assert from_mapping(ModelConfig, json.loads(text), where="model.json") == config


def test_a_model_with_an_encoder_of_whole_clips_survives_json():
    encoder = ClipEncoderConfig(kind="wav2vec2", conv_dims=(8,) * 7, width=96)
    config = ModelConfig(name="tiny", version="1", clip_encoder=encoder)

    text = json.dumps(dataclasses.asdict(config))

    assert from_mapping(ModelConfig, json.loads(text), where="model.json") == config


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"conv_dims": (512,) * 6}, "conv_dims .512, .*; expected as many of each"),
        ({"conv_strides": (5, 2, 2, 2, 2, 2, 1)}, "conv_strides .*; expected .* strides of 320"),
        ({"num_heads": 7}, "width 768; expected a multiple of num_heads 7"),
        ({"position_groups": 5}, "width 768; expected a multiple of position_groups 5"),
    ],
)
def test_sizes_of_an_encoder_of_whole_clips_fit_each_other(changes, message):
    with pytest.raises(InvalidRequest, match=message):
        ClipEncoderConfig(**changes)


def test_configuration_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        ServerConfig().port = 1


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"name": "a", "version": "1", "colour": 3}, "model.json: unknown key 'colour'; allowed:"),
        ({"name": "a"}, "model.json: .*version"),
        ({"name": 7, "version": "1"}, "model.json: name: 7; expected str"),
        (
            {"name": "a", "version": "1", "motion_space": "smplx"},
            "model.json: motion_space: 'smplx'; allowed: arkit, flame",
        ),
        (
            {"name": "a", "version": "1", "denoiser": {"width": True}},
            "model.json: denoiser: width: True; expected int",
        ),
        (
            {"name": "a", "version": "1", "denoiser": {"depth": 3}},
            "model.json: denoiser: unknown key 'depth'",
        ),
        ({"name": "a", "version": "1", "denoiser": 3}, "denoiser: 3; expected an object"),
        (
            {"name": "a", "version": "1", "speech_encoder": {"dilations": 3}},
            "model.json: speech_encoder: dilations: 3; expected a list",
        ),
    ],
)
def test_a_wrong_key_or_value_is_named(values, message):
    with pytest.raises(InvalidRequest, match=message):
        from_mapping(ModelConfig, values, where="model.json")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"frame_rate_hz": 24}, "frame rate 24 Hz; allowed: 25, 30, 50, 60"),
        ({"mode": "fast"}, "latency mode 'fast'; allowed: offline, balanced, realtime"),
        ({"seed": -1}, "seed -1; allowed: 0 to 18446744073709551615"),
        ({"seed": 2**64}, "seed 18446744073709551616; allowed"),
        ({"audio_guidance": 4.5}, "audio guidance 4.5; allowed: 0.0 to 4.0"),
        ({"audio_guidance": float("nan")}, "audio guidance nan; allowed: 0.0 to 4.0"),
        ({"style_guidance": -0.1}, "style guidance -0.1; allowed: 0.0 to 4.0"),
        ({"sampling_steps": 0}, "sampling steps 0; allowed: 1 to 50"),
        ({"sampling_steps": 51}, "sampling steps 51; allowed: 1 to 50"),
        ({"style_strength": -0.1}, "style strength -0.1; allowed: 0.0 to 2.0"),
        ({"style_strength": float("nan")}, "style strength nan; allowed: 0.0 to 2.0"),
        ({"look_ahead_ms": 0}, "look-ahead in ms 0; allowed: 40 to 400"),
        ({"look_ahead_ms": 401}, "look-ahead in ms 401; allowed: 40 to 400"),
    ],
)
def test_options_out_of_range_name_value_and_range(options, message):
    with pytest.raises(InvalidRequest, match=message):
        AnimationOptions(**options)


def test_options_at_the_borders_are_taken():
    AnimationOptions(seed=0, audio_guidance=0.0, style_guidance=4.0, sampling_steps=1)
    AnimationOptions(seed=2**64 - 1, sampling_steps=50, frame_rate_hz=60, mode="realtime")
    AnimationOptions(look_ahead_ms=40)
    AnimationOptions(look_ahead_ms=400)


def test_features_are_articulators_accent_and_phones_whatever_the_width():
    assert SpeechEncoderConfig().feature_dim == SpeechEncoderConfig(width=16).feature_dim == 64
    assert SpeechEncoderConfig(num_phone_classes=5).feature_dim == 20


def test_a_default_look_ahead_that_is_no_choice_is_refused():
    message = "look_ahead_frames 3; allowed: one of look_aheads_frames, 0, 1"
    with pytest.raises(InvalidRequest, match=message):
        SpeechEncoderConfig(look_aheads_frames=(0, 1))


@pytest.mark.parametrize(
    "changes", [{"conv_channels": (8,)}, {"conv_channels": (8, 8, 8)}, {"conv_blocks": 2}]
)
def test_convolutions_that_cannot_be_are_refused(changes):
    with pytest.raises(InvalidRequest, match="allowed: channels of two convolutions, or neither"):
        SpeechEncoderConfig(**changes)


def test_a_look_ahead_is_the_audio_up_to_the_end_of_its_last_frame():
    assert SpeechEncoderConfig().look_aheads_ms == (160,)
    assert SpeechEncoderConfig(look_aheads_frames=(1, 2, 3)).look_aheads_ms == (80, 120, 160)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"port": 65_536}, "port 65536; allowed: 0 to 65535"),
        ({"max_streams": 0}, "max_streams 0; allowed: 1 to 10000"),
        ({"max_clip_s": 0.5}, "max_clip_s 0.5; allowed: 1.0 to 86400.0"),
        ({"max_message_bytes": 10}, "max_message_bytes 10; allowed: 65536 to 2147483647"),
        ({"grace_s": -1.0}, "grace_s -1.0; allowed: 0.0 to 600.0"),
        ({"device": "tpu"}, "device 'tpu'; allowed: auto, cpu, cuda"),
    ],
)
def test_server_settings_out_of_range_name_value_and_range(values, message):
    with pytest.raises(InvalidRequest, match=message):
        ServerConfig(**values)


def test_a_server_file_gives_the_values_that_it_sets(tmp_path):
    path = tmp_path / "server.toml"
    path.write_text('host = "localhost"\nmax_clip_s = 60\n')

    assert read_server_config(path) == {"host": "localhost", "max_clip_s": 60}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"port = ", "server.toml: Invalid value"),
        (b"prot = 1", "server.toml: unknown key 'prot'; allowed: host, port"),
        (b"port = 'x'", "server.toml: port: 'x'; expected int"),
        (b"port = 99999", "port 99999; allowed: 0 to 65535"),
        (b"\xff", "server.toml: .*decode"),
    ],
)
def test_a_wrong_server_file_is_named(tmp_path, text, message):
    path = tmp_path / "server.toml"
    path.write_bytes(text)

    with pytest.raises(InvalidRequest, match=message):
        read_server_config(path)


def test_a_server_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InvalidRequest, match=r"no.toml: .*No such file"):
        read_server_config(tmp_path / "no.toml")


@pytest.mark.parametrize(("low", "high"), [(0.5, 0.5), (-0.1, 0.5), (0.2, 1.1)])
def test_lips_begin_to_touch_before_they_touch(low, high):
    with pytest.raises(InvalidRequest, match=f"contact_from {low}, contact_to {high}; allowed"):
        ModelConfig(name="x", version="1", contact_from=low, contact_to=high)


def test_a_step_between_windows_cannot_fade_backwards():
    with pytest.raises(InvalidRequest, match="border_easing_frames -1.0; allowed: 0.0 to 100.0"):
        ModelConfig(name="x", version="1", border_easing_frames=-1.0)


def test_streams_that_hear_less_far_ahead_have_shares_of_their_own():
    one = ModelConfig(name="x", version="1", contact_from=0.4, contact_to=0.7)
    two = dataclasses.replace(one, near_contact=(0.2, 0.5))

    usual = one.speech_encoder.look_ahead_frames
    assert one.contact(usual) == one.contact(usual - 1) == two.contact(usual) == (0.4, 0.7)
    assert two.contact(usual - 1) == (0.2, 0.5)


@pytest.mark.parametrize("shares", [(0.5, 0.2), (0.2,), (-0.1, 0.5), (0.5, 1.1)])
def test_shares_of_contact_that_cannot_be_are_refused(shares):
    with pytest.raises(InvalidRequest, match="near_contact .*; allowed: 0 to 1, the first below"):
        ModelConfig(name="x", version="1", near_contact=shares)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"port": 70_000}, "a2f.port 70000; allowed: 0 to 65535"),
        ({"http_port": -1}, "a2f.http_port -1; allowed: 0 to 65535"),
        ({"frame_rate_hz": 24}, "frame rate 24 Hz; allowed: 25, 30, 50, 60"),
        ({"mode": "fast"}, "latency mode 'fast'; allowed: offline, balanced, realtime"),
        ({"max_frames_per_s": 29.0}, "a2f.max_frames_per_s 29.0; allowed: 30 to 1000"),
        ({"blend_shapes": ("jawOpen", "JawOpen")}, "'jawOpen'; allowed: each name once"),
        ({"blend_shapes": ("",)}, "''; allowed: each name once"),
    ],
    ids=str,
)
def test_what_clients_of_audio2face_get_is_checked(values, message):
    with pytest.raises(InvalidRequest, match=message):
        A2FConfig(**values)


def test_a_table_of_the_file_is_a_part_of_the_configuration(tmp_path):
    path = tmp_path / "server.toml"
    path.write_text("port = 7\n[a2f]\nframe_rate_hz = 60\nsends_head = false\n")

    config = from_mapping(ServerConfig, read_server_config(path), where=str(path))

    assert config == ServerConfig(port=7, a2f=A2FConfig(frame_rate_hz=60, sends_head=False))


@pytest.mark.parametrize("gain", [-0.1, 101.0])
def test_a_closing_gain_out_of_range_is_refused(gain):
    with pytest.raises(InvalidRequest, match="closing_gain"):
        ModelConfig(name="x", version="1", closing_gain=gain)

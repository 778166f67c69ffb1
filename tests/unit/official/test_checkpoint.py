"""Checkpoints are read strictly: whatever does not fit is named."""

import pytest
import torch

from posecast.conditioning.torch_hubert import ClipEncoderNetwork
from posecast.conditioning.torch_style_encoder import StyleEncoderNetwork
from posecast.denoising.torch_denoiser import ConditionedDenoiser
from posecast.errors import CheckpointMismatch
from posecast.official.checkpoint import load_denoiser_checkpoint, load_style_encoder_checkpoint

POSITIONS = "denoising_net.PE"
MASK = "denoising_net.alignment_mask"
CONVOLUTION = "audio_encoder.encoder.pos_conv_embed.conv."


@pytest.fixture
def path(tmp_path):
    return tmp_path / "iter_0110000.pt"


def assert_loads(found):
    """Every tensor has its place, every place its tensor."""
    ConditionedDenoiser(found.config).load_state_dict(found.denoiser_state, strict=True)
    encoder = ClipEncoderNetwork(found.clip_encoder)
    encoder.load_state_dict(found.clip_encoder_state, strict=True)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"motion_dim": 51},
        {"uses_indicator": False},
        {"learned_positions": False},
        {"alignment_width": 3},
        {"alignment_width": 0},
        {"alignment_width": 0, "learned_positions": False},
        {"style_dim": 0},
        {"target": "noise"},
        {"schedule": "linear"},
        {"schedule": "quadratic", "num_steps": 500},
        {"schedule": "sigmoid", "num_steps": 50},
    ],
    ids=str,
)
def test_a_checkpoint_tells_its_sizes(make_denoiser, path, changes):
    made = make_denoiser(**changes)

    found = load_denoiser_checkpoint(made.save(path))

    for name, value in changes.items():
        assert getattr(found.config, name) == value
    assert (found.config.window_frames, found.config.previous_frames) == (6, 2)
    assert found.iteration == 110_000
    assert_loads(found)
    for name, tensor in (found.denoiser_state | found.clip_encoder_state).items():
        assert torch.equal(tensor, made.state[name])


def test_settings_of_use_come_along(make_denoiser, path):
    found = load_denoiser_checkpoint(make_denoiser().save(path)).settings

    assert found.guidance_mode == "incremental"
    assert found.guided_conditions == ("audio", "style")
    assert found.audio_padding == "zero"
    assert found.style_encoder == "experiments/SE/L4H4/checkpoints/iter_0026000.pt"


def test_older_names_are_the_same_checkpoint(make_denoiser, path):
    made = make_denoiser()
    newer = load_denoiser_checkpoint(made.save(path))
    for number, older in enumerate(("weight_g", "weight_v")):
        name = f"{CONVOLUTION}parametrizations.weight.original{number}"
        made.state[f"{CONVOLUTION}{older}"] = made.state.pop(name)
    for name in ("align_mask_width", "no_head_pose", "no_use_learnable_pe"):
        delattr(made.args, name)
    made.args.use_alignment_mask = True
    made.args.predict_head_pose = True
    made.args.use_learnable_pe = True

    older = load_denoiser_checkpoint(made.save(path, _use_new_zipfile_serialization=False))

    assert older.config == newer.config
    assert older.clip_encoder == newer.clip_encoder
    assert older.clip_encoder_state.keys() == newer.clip_encoder_state.keys()
    for name, tensor in older.clip_encoder_state.items():
        assert torch.equal(tensor, newer.clip_encoder_state[name])


def test_sizes_need_no_arguments(make_denoiser, path):
    """What a tensor shows is read from it, also the schedule."""
    made = make_denoiser(schedule="sigmoid", alignment_width=3)
    kept = {"target", "n_heads", "cfg_mode"}
    for name in set(vars(made.args)) - kept:
        delattr(made.args, name)

    found = load_denoiser_checkpoint(made.save(path))

    assert (found.config.schedule, found.config.alignment_width) == ("sigmoid", 3)
    assert found.settings.guided_conditions == ("audio", "style")


def test_buffers_may_be_missing(make_denoiser, path):
    made = make_denoiser(alignment_width=3, schedule="linear", learned_positions=False)
    whole = load_denoiser_checkpoint(made.save(path))
    for name in list(made.state):
        if name.startswith("diffusion_sched.") or name.endswith(".pe") or name == MASK:
            del made.state[name]

    assert load_denoiser_checkpoint(made.save(path)).config == whole.config


@pytest.mark.parametrize("name", ["target", "n_heads"])
def test_what_no_tensor_shows_must_be_told(make_denoiser, path, name):
    made = make_denoiser()
    delattr(made.args, name)

    with pytest.raises(CheckpointMismatch, match=f"iter_0110000.pt: its arguments lack {name}"):
        load_denoiser_checkpoint(made.save(path))


@pytest.mark.parametrize(
    ("lost", "argument"),
    [
        (("diffusion_sched.betas",), "diff_schedule"),
        (("diffusion_sched.betas", "denoising_net.TE.pe"), "n_diff_steps"),
        ((MASK,), "n_motions"),
    ],
)
def test_what_lost_buffers_showed_must_be_told(make_denoiser, path, lost, argument):
    made = make_denoiser(learned_positions=False)
    for name in lost:
        del made.state[name]
    for name in ("diff_schedule", "n_diff_steps", "n_motions"):
        delattr(made.args, name) if name == argument else None

    with pytest.raises(CheckpointMismatch, match=f"arguments lack {argument}"):
        load_denoiser_checkpoint(made.save(path))


@pytest.mark.parametrize(
    ("said", "chosen", "mode"),
    [
        ("incremental", None, "incremental"),
        ("independent", None, "independent"),
        ("independent", "original", "original"),
        ("incremental", "incremental", "incremental"),
        (None, "independent", "independent"),
        (None, "original", "original"),
    ],
)
def test_the_guidance_mode_is_told_or_chosen(make_denoiser, path, said, chosen, mode):
    made = make_denoiser()
    made.args.cfg_mode = said

    assert load_denoiser_checkpoint(made.save(path), chosen).settings.guidance_mode == mode


@pytest.mark.parametrize(
    ("said", "chosen", "message"),
    [
        (None, None, "lack cfg_mode; give the guidance mode: incremental, independent or original"),
        ("incremental", "original", "'original', but it was trained for 'incremental'"),
        ("independent", "incremental", "'incremental', but it was trained for 'independent'"),
    ],
)
def test_a_guidance_mode_is_never_guessed(make_denoiser, path, said, chosen, message):
    made = make_denoiser()
    made.args.cfg_mode = said

    with pytest.raises(CheckpointMismatch, match=message):
        load_denoiser_checkpoint(made.save(path), chosen)


def test_one_guided_condition_needs_no_mode(make_denoiser, path):
    made = make_denoiser(style_dim=0)
    del made.args.cfg_mode

    settings = load_denoiser_checkpoint(made.save(path)).settings

    assert settings.guided_conditions == ("audio",)
    assert settings.style_encoder is None


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("no_head_pose", True, "no_head_pose is True, but its tensors are those of False"),
        ("n_layers", 8, "n_layers is 8, but its tensors are those of 2"),
        ("feature_dim", 512, "feature_dim is 512, but .* 16"),
        ("mlp_ratio", 2, "mlp_ratio is 2, but .* 4"),
        ("n_motions", 100, "n_motions is 100, but .* 6"),
        ("n_prev_motions", 10, "n_prev_motions is 10, but .* 2"),
        ("n_diff_steps", 500, "n_diff_steps is 500, but .* 10"),
        ("align_mask_width", 0, "align_mask_width is 0, but .* 1"),
        ("use_indicator", False, "use_indicator is False, but .* True"),
        ("no_use_learnable_pe", True, "no_use_learnable_pe is True, but .* False"),
        ("d_style", 64, "d_style is 64, but .* 128"),
        ("fps", 30, "fps is 30, but .* 25"),
        ("n_heads", 3, "3 heads; allowed: a divisor of the width 16"),
        ("diff_schedule", "linear", "betas differs from the linear schedule of 10 steps"),
    ],
)
def test_arguments_that_contradict_the_tensors_are_told(make_denoiser, path, name, value, message):
    made = make_denoiser()
    setattr(made.args, name, value)

    with pytest.raises(CheckpointMismatch, match=message):
        load_denoiser_checkpoint(made.save(path))


def test_style_in_the_arguments_alone_is_told(make_denoiser, path):
    made = make_denoiser(style_dim=0)
    made.args.style_enc_ckpt = "iter_0026000.pt"

    with pytest.raises(CheckpointMismatch, match="tell of style, but its tensors know none"):
        load_denoiser_checkpoint(made.save(path))


def lose(*names):
    def change(state):
        for name in names:
            del state[name]

    return change


def put(name, value):
    return lambda state: state.update({name: value})


def spoil(name, change):
    return lambda state: change(state[name])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (put("denoising_net.extra", torch.ones(1)), "unknown tensors: denoising_net.extra"),
        (put("audio_encoder.lm_head", torch.ones(1)), "unknown tensors: audio_encoder.lm_head"),
        (lose("denoising_net.motion_dec.2.bias"), "missing tensors: denoising_net.motion_dec.2.b"),
        (lose("audio_encoder.masked_spec_embed"), "missing tensors: audio_encoder.masked_spec"),
        (lose("start_motion_feat"), "it lacks the tensor start_motion_feat"),
        (
            lose("denoising_net.transformer.layers.0.linear2.bias",
                 "denoising_net.transformer.layers.0.linear2.weight",
                 *(f"denoising_net.transformer.layers.0.norm{n}.{kind}"
                   for n in (1, 2, 3) for kind in ("weight", "bias"))),
            r"missing tensors: denoising_net.+; .+; .+; .+ and 4 more",
        ),
        (put("denoising_net.motion_dec.2.bias", torch.ones(3)),
         r"of another shape: denoising_net.motion_dec.2.bias \(3,\), expected \(54,\)"),
        (put("denoising_net.motion_dec.2.bias", torch.ones(54, dtype=torch.float64)),
         "not float32: denoising_net.motion_dec.2.bias"),
        (put("audio_feature_map.bias", torch.full((16,), torch.nan)),
         "values that are not finite: audio_feature_map.bias"),
        (put("audio_feature_map.bias", [1.0]), "'audio_feature_map.bias' is a list; expected a te"),
        (put("start_motion_feat", torch.ones(2, 54)), r"start_motion_feat has shape \(2, 54\)"),
        (put("start_motion_feat", torch.ones(1, 2, 53)), "feature_proj has 55 inputs; allowed: 53"),
        (put("null_style_feat", torch.ones(1, 1, 7)), "228 inputs with styles of 7"),
        (put(POSITIONS, torch.ones(1, 3, 16)), "3 tokens with 2 previous frames; too few"),
        (lose("denoising_net.transformer.layers.0.linear1.weight"), "lacks .*0.linear1.weight"),
        (put("denoising_net.transformer.layers.7.x", torch.ones(1)), "0, 1, 7; expected 0, 1, 2"),
        (put(f"{CONVOLUTION}weight_g", torch.ones(1, 1, 16)), "original0 is there under two names"),
        (put("audio_encoder.feature_extractor.conv_layers.7.conv.weight", torch.ones(8, 8, 2)),
         "8 convolutions; expected 7"),
        (put("audio_encoder.feature_projection.projection.weight", torch.ones(60, 8)),
         "a speech encoder of width 60"),
        (put("audio_feature_map.weight", torch.ones(12, 64)),
         "a speech encoder of 12 features with a denoiser of 16"),
        (spoil("diffusion_sched.betas", lambda betas: betas[5].mul_(1.001)), "betas differs"),
        (spoil("diffusion_sched.alpha_bars", lambda bars: bars[9].mul_(1.001)), "alpha_bars diff"),
        (spoil("diffusion_sched.sigmas_flex", lambda s: s[3].mul_(1.001)), "sigmas_flex differs"),
        (spoil("diffusion_sched.sigmas_inflex", lambda s: s[3].add_(0.01)), "sigmas_inflex differ"),
        (spoil(MASK, lambda mask: mask[3, 3:].fill_(False)), "alignment_mask differs"),
        (put(MASK, torch.zeros(4, 3, dtype=torch.bool)), "alignment_mask|align_mask_width"),
        (spoil("denoising_net.TE.pe", lambda table: table.add_(0.01)), "TE.pe differs"),
    ],
)  # fmt: skip
def test_tensors_that_do_not_fit_are_named(make_denoiser, path, change, message):
    made = make_denoiser()
    change(made.state)

    with pytest.raises(CheckpointMismatch, match=message) as caught:
        load_denoiser_checkpoint(made.save(path))

    assert str(caught.value).startswith(str(path))


def test_a_fixed_position_table_is_checked(make_denoiser, path):
    made = make_denoiser(learned_positions=False)
    made.state["denoising_net.PE.pe"][0, 9] += 0.01

    with pytest.raises(CheckpointMismatch, match=r"PE\.pe differs"):
        load_denoiser_checkpoint(made.save(path))


def test_rounding_of_another_math_library_is_no_difference(make_denoiser, path):
    made = make_denoiser(num_steps=500)
    for name in ("betas", "alphas", "alpha_bars"):
        made.state[f"diffusion_sched.{name}"][1:] += 2.0**-23 * torch.randn(500).sign()

    assert load_denoiser_checkpoint(made.save(path)).config.num_steps == 500


def test_the_other_kind_of_checkpoint_is_told(make_denoiser, make_style_encoder, path):
    with pytest.raises(CheckpointMismatch, match="no state dict under 'model'; the file has: args"):
        load_denoiser_checkpoint(make_style_encoder().save(path))
    with pytest.raises(CheckpointMismatch, match="no state dict under 'encoder'"):
        load_style_encoder_checkpoint(make_denoiser().save(path))


@pytest.mark.parametrize("motion_dim", [54, 51])
def test_a_style_encoder_tells_its_sizes(make_style_encoder, path, motion_dim):
    made = make_style_encoder(motion_dim)

    found = load_style_encoder_checkpoint(made.save(path))

    config = found.config
    assert (config.motion_dim, config.width, config.num_layers) == (motion_dim, 128, 2)
    assert (found.name, found.iteration) == ("L4H4", 26_000)
    StyleEncoderNetwork(found.config).load_state_dict(found.state, strict=True)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda made: made.state.pop("motion_proj.bias"), "missing tensors: motion_proj.bias"),
        (lambda made: made.state.pop("motion_proj.weight"), "lacks the tensor motion_proj.weight"),
        (lambda made: made.state.update(head=torch.ones(1)), "unknown tensors: head"),
        (lambda made: setattr(made.args, "no_head_pose", True), "no_head_pose is True"),
        (lambda made: setattr(made.args, "n_layers", 4), "n_layers is 4, but .* 2"),
        (lambda made: delattr(made.args, "n_heads"), "lack n_heads"),
        (lambda made: setattr(made, "args", None), "args: a NoneType"),
        (
            lambda made: made.state.update({"motion_proj.weight": torch.ones(128, 60)}),
            "width 60; allowed: 54 with head pose, 51 without",
        ),
        (
            lambda made: made.state.update(
                {"transformer.layers.0.linear1.weight": torch.ones(31, 128)}
            ),
            "31 rows; expected a multiple of 128",
        ),
    ],
)
def test_a_style_encoder_that_does_not_fit_is_told(make_style_encoder, path, change, message):
    made = make_style_encoder()
    change(made)

    with pytest.raises(CheckpointMismatch, match=message):
        load_style_encoder_checkpoint(made.save(path))

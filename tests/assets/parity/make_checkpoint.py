#!/usr/bin/env python3
"""Writes checkpoints, statistics, a style and a shape in the published files' formats.

The weights are the recipe's (see README.md), so `posecast import-official` can be tried without the
published files, which ask for a licence. What the model then does means nothing.

    python tests/assets/parity/make_checkpoint.py OUT [--variant head|nohead] [--older]

Takes about 15 s and 520 MB for each variant. Needs numpy and torch.
"""
import argparse
import pathlib
import time

import numpy as np
import torch

import parity_gen

HERE = pathlib.Path(__file__).resolve().parent
ITERATIONS = {"head": (110_000, 26_000), "nohead": (100_000, 34_000)}
NAMES = {
    "head": ("head-SA-hubert-WM", "head-L4H4-T0.1-BS32"),
    "nohead": ("SA-hubert-WM", "L4H4-T0.1-BS32"),
}
OLDER_NAMES = {"original0": "weight_g", "original1": "weight_v"}


def sinusoids(num_rows, width):
    angle = np.arange(num_rows)[:, None] * 10_000.0 ** (-np.arange(0, width, 2) / width)
    table = np.stack([np.sin(angle), np.cos(angle)], axis=-1).reshape(1, num_rows, width)
    return table.astype(np.float32)


def buffers():
    """The schedule and the mask that the original code computed, and the table of steps."""
    golden = np.load(HERE / "schedule.npz")
    names = ("betas", "alphas", "alpha_bars", "sigmas_flex", "sigmas_inflex")
    found = {f"diffusion_sched.{name}": golden[f"cosine_500_{name}"] for name in names}
    frame = np.arange(110)
    mask = np.concatenate([np.zeros((1, 110), bool), frame[:, None] != frame])
    found["denoising_net.alignment_mask"] = mask
    found["denoising_net.TE.pe"] = sinusoids(501, 512)
    return found


def state(table, salt, extra, older):
    weights = {**parity_gen.make_weights(salt, parity_gen.load_shapes(HERE / table)), **extra}
    if older:
        for new, old in OLDER_NAMES.items():
            end = f"parametrizations.weight.{new}"
            for name in [name for name in weights if name.endswith(end)]:
                weights[name[: -len(end)] + old] = weights.pop(name)
    return {name: torch.from_numpy(np.ascontiguousarray(v)) for name, v in weights.items()}


def denoiser_arguments(variant, older):
    steps, encoder_steps = ITERATIONS[variant]
    encoder = f"experiments/SE/{NAMES[variant][1]}/checkpoints/iter_{encoder_steps:07d}.pt"
    args = {
        "mode": "train", "iter": steps, "data_root": pathlib.Path("datasets/HDTF_TFHP/lmdb"),
        "stats_file": pathlib.Path("stats_train.npz"), "batch_size": 16, "num_workers": 4,
        "target": "sample", "guiding_conditions": "audio,style", "cfg_mode": "incremental",
        "n_diff_steps": 500, "diff_schedule": "cosine", "rot_repr": "aa",
        "style_enc_ckpt": pathlib.Path(encoder), "d_style": 128, "audio_model": "hubert",
        "architecture": "decoder", "use_indicator": True, "feature_dim": 512, "n_heads": 8,
        "n_layers": 8, "mlp_ratio": 4, "n_motions": 100, "n_prev_motions": 10, "fps": 25,
        "pad_mode": "zero", "exp_name": NAMES[variant][0], "max_iter": 200_000, "lr": 1e-4,
    }
    headless = variant == "nohead"
    if older:
        args |= {"use_alignment_mask": True, "predict_head_pose": not headless,
                 "use_learnable_pe": True}
    else:
        args |= {"align_mask_width": 1, "no_head_pose": headless, "no_use_learnable_pe": False}
    return argparse.Namespace(**args)


def style_encoder_arguments(variant):
    return argparse.Namespace(
        mode="train", iter=ITERATIONS[variant][1], rot_repr="aa", no_head_pose=variant == "nohead",
        feature_dim=128, n_heads=4, n_layers=4, mlp_ratio=4, n_motions=100, fps=25,
        data_root=pathlib.Path("datasets/HDTF_TFHP/lmdb"), exp_name=NAMES[variant][1],
        batch_size=32, max_iter=100_000, lr=1e-4, temperature=0.1)


def write(folder, variant="head", older=False):
    """Write denoiser.pt, style_encoder.pt, stats_train.npz, styles/smile.npy and shape.npy."""
    folder = pathlib.Path(folder)
    (folder / "styles").mkdir(parents=True, exist_ok=True)
    steps, encoder_steps = ITERATIONS[variant]
    encoder = state(f"shapes_se_{variant}.json", f"pub-se-{variant}", {}, older)
    torch.save({"args": style_encoder_arguments(variant), "encoder": encoder,
                "iter": encoder_steps}, folder / "style_encoder.pt")
    model = state(f"shapes_dpt_{variant}.json", f"pub-dpt-{variant}", buffers(), older)
    torch.save({"args": denoiser_arguments(variant, older), "model": model, "iter": steps},
               folder / "denoiser.pt")
    np.savez(folder / "stats_train.npz", **parity_gen.make_stats("pub"))
    np.save(folder / "styles" / "smile.npy", parity_gen.normal("pub", "demo.style", (128,)))
    np.save(folder / "shape.npy", parity_gen.normal("pub", "demo.shape", (100,), 0.3))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--variant", choices=tuple(ITERATIONS), default="head")
    parser.add_argument("--older", action="store_true", help="older names of tensors and arguments")
    chosen = parser.parse_args()
    begin = time.monotonic()
    write(chosen.folder, chosen.variant, chosen.older)
    for path in sorted(chosen.folder.rglob("*")):
        if path.is_file():
            print(f"{path}  {path.stat().st_size / 1e6:.1f} MB")
    print(f"{time.monotonic() - begin:.0f} s")

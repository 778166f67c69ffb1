"""`posecast rig`: fit the user's own FLAME model to ARKit's curves."""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from posecast.usage import UsageMistake

if TYPE_CHECKING:
    from posecast.rig.arkit_shapes import ArkitShapes
    from posecast.rig.flame_fit import FlameFit
    from posecast.rig.flame_fit_quality import CurveFit


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare `fit`."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    fitting = actions.add_parser(
        "fit", help="make the map from FLAME coefficients to ARKit weights, once"
    )
    fitting.add_argument(
        "--flame", type=Path, required=True, metavar="FILE",
        help="your licensed FLAME 2020 model: generic_model.pkl, or its arrays as an .npz",
    )  # fmt: skip
    fitting.add_argument(
        "--arkit", type=Path, required=True, metavar="SHAPES",
        help="ARKit's shapes on FLAME's mesh: a folder with neutral.obj, jawOpen.obj, ..., or an "
        ".npz of the vertices under these names",
    )  # fmt: skip
    fitting.add_argument(
        "-o", "--output", type=Path, required=True, metavar="MAP.npz", help="map to write"
    )


def run(args: argparse.Namespace) -> None:
    """Do what was asked for."""
    {"fit": _fit}[args.action](args)


def _fit(args: argparse.Namespace) -> None:
    from posecast.rig.arkit_shapes import read_arkit_shapes
    from posecast.rig.flame_fit import fit_flame_arkit
    from posecast.rig.flame_map_file import write_flame_map
    from posecast.rig.flame_model_file import read_flame_model

    if args.output.suffix.lower() != ".npz":
        raise UsageMistake(f"{args.output}: unknown suffix {args.output.suffix!r}; allowed: .npz")
    if not args.output.parent.is_dir():
        raise UsageMistake(f"{args.output}: the folder {args.output.parent} does not exist")
    model = read_flame_model(args.flame)
    shapes = read_arkit_shapes(args.arkit)
    made_from = {
        "flame": args.flame.name,
        "flame_sha256": hashlib.sha256(args.flame.read_bytes()).hexdigest(),
        "arkit": args.arkit.name,
        "arkit_sha256": _digest(shapes),
    }
    fit = fit_flame_arkit(model, shapes, made_from=made_from)
    write_flame_map(args.output, fit.fitted)
    _tell(fit)
    print(f"{args.output}: {len(fit.fitted.curves)} of {len(fit.curves)} curves")


def _digest(shapes: ArkitShapes) -> str:
    """Checksum of what was read, be it from one file or from many."""
    digest = hashlib.sha256(shapes.neutral.tobytes())
    for name, displacement in shapes.displacements.items():
        digest.update(name.encode())
        digest.update(displacement.tobytes())
    return digest.hexdigest()


def _tell(fit: FlameFit) -> None:
    for note in fit.notes:
        print(note)
    print(f"{'curve':<20} {'moves':>8} {'not made':>9} {'comes back':>11}")
    for curve in fit.curves:
        print(_line(curve))
    print(f"of random FLAME faces {1 - fit.share_kept:.0%} of the motion is lost")
    unmade = [curve.name for curve in fit.curves if curve.moves_m and curve.comes_back is None]
    if unmade:
        print(f"FLAME cannot make, so 0 in every frame: {', '.join(unmade)}")


def _line(curve: CurveFit) -> str:
    if not curve.moves_m:
        return f"{curve.name:<20} {'no shape':>8}"
    back = "stays 0" if curve.comes_back is None else f"{curve.comes_back:.2f}"
    moves_mm = f"{1000 * curve.moves_m:.1f} mm"
    return f"{curve.name:<20} {moves_mm:>8} {1 - curve.share_made:>9.0%} {back:>11}"

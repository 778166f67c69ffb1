"""How the skin moves in the shapes of mouth and jaw."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from posecast.head import jaw
from posecast.head.fields import bump, left_side, outwards, smoothstep
from posecast.head.layout import MOUTH_HALF_CM, mouth_coordinates
from posecast.head.sculpt import Array
from posecast.head.skin import Skin

Corner = tuple[float, float, float]
_CORNER: Corner = (2.45, -7.05, 8.0)
_BELOW_LIPS: Corner = (0.0, -8.6, 8.6)
_ABOVE_LIPS: Corner = (0.0, -6.1, 9.0)


class MouthShapes:
    """The movements; each method gives those of one or two curves. [N, 3], cm"""

    def __init__(self, skin: Skin) -> None:
        """Find out once where each vertex is."""
        self._skin = skin
        self._points = skin.points
        self._size, self._sine = mouth_coordinates(skin.points)
        self._size = np.where(skin.ring < 0, 0.0, self._size)
        self._deep = np.where(skin.ring < 0, np.clip(1 + (skin.ring + 3) / 2, 0, 1), 1.0)
        across = np.abs(skin.points[:, 0]) / MOUTH_HALF_CM
        self._middle = np.sqrt(np.clip(1 - across**2, 0, 1))
        self._left = left_side(skin.points)
        self.followed = jaw.followed_by(skin)

    def all(self) -> dict[str, Array]:
        """Every curve of jaw and mouth, by name."""
        opened = jaw.opened(self._points, self.followed)
        shapes = {
            "jawOpen": opened,
            "mouthClose": jaw.closed(self._skin, opened),
            "jawForward": self.followed[:, None] * [0.0, -0.05, 0.8],
            "jawLeft": self.followed[:, None] * [0.85, 0.0, 0.0],
            "jawRight": self.followed[:, None] * [-0.85, 0.0, 0.0],
            "mouthFunnel": self._funnel(),
            "mouthPucker": self._pucker(),
            "mouthLeft": self._sideways(1.0),
            "mouthRight": self._sideways(-1.0),
            "mouthRollLower": self._roll(-1.0),
            "mouthRollUpper": self._roll(1.0),
            "mouthShrugLower": self._shrug_lower(),
            "mouthShrugUpper": self._shrug_upper(),
            "cheekPuff": self._puff(),
        }
        for name, make in self._paired().items():
            both = make()
            shapes[f"{name}Left"] = self._left[:, None] * both
            shapes[f"{name}Right"] = (1 - self._left)[:, None] * both
        return shapes

    def _paired(self) -> dict[str, Callable[[], Array]]:
        return {
            "mouthSmile": self._smile,
            "mouthFrown": lambda: self._corner((0.1, -0.75, -0.15), (1.7, 1.5, 3.0)),
            "mouthDimple": lambda: self._corner((0.42, 0.1, -0.6), (1.5, 1.5, 3.0)),
            "mouthStretch": lambda: self._corner((0.85, -0.25, -0.55), (2.2, 1.8, 3.2)),
            "mouthPress": self._press,
            "mouthLowerDown": self._lower_down,
            "mouthUpperUp": self._upper_up,
        }

    def _lips(self, reach: float) -> Array:
        """1 on the line between the lips, 0 from a ring on; less deep inside the mouth. [N]"""
        return (1 - smoothstep(0, reach, self._size)) * self._deep

    def _corner(self, move: Corner, radii: tuple[float, ...]) -> Array:
        share = bump(self._points, _CORNER, radii) * self._deep
        return share[:, None] * outwards(self._points, move)

    def _smile(self) -> Array:
        cheek = bump(self._points, (3.5, -4.3, 6.4), (2.1, 2.2, 3.2))
        return self._corner((0.72, 0.6, -0.62), (2.5, 2.1, 3.2)) + cheek[:, None] * outwards(
            self._points, (0.2, 0.35, 0.12)
        )

    def _funnel(self) -> Array:
        share = self._lips(0.95)
        move = np.zeros_like(self._points)
        move[:, 0] = -0.24 * self._points[:, 0]
        move[:, 1] = 0.42 * self._skin.lip * self._middle
        move[:, 2] = 0.35 + 0.4 * self._middle
        return share[:, None] * move

    def _pucker(self) -> Array:
        share = self._lips(1.1)
        move = np.zeros_like(self._points)
        move[:, 0] = -0.42 * self._points[:, 0]
        move[:, 1] = 0.16 * self._sine * smoothstep(0.02, 0.3, self._size)
        move[:, 2] = 0.45 + 0.3 * self._middle
        return share[:, None] * move

    def _sideways(self, side: float) -> Array:
        share = self._lips(1.35)
        far = 0.25 * side * np.clip(self._points[:, 0] / 2.5, -1, 1)
        move = np.zeros_like(self._points)
        move[:, 0] = 0.95 * side
        move[:, 1] = 0.3 * far
        move[:, 2] = -0.3 * far - 0.1
        return share[:, None] * move

    def _roll(self, side: float) -> Array:
        own = smoothstep(0, 0.25, side * self._skin.lip * self._middle)
        turned = own * self._lips(0.5)
        tucked = smoothstep(0.0, 0.12, self._size) * (1 - smoothstep(0.2, 0.5, self._size)) * own
        move = np.zeros_like(self._points)
        move[:, 1] = -0.16 * side * tucked
        move[:, 2] = -0.42 * turned
        return move

    def _shrug_lower(self) -> Array:
        lips = bump(self._points, _BELOW_LIPS, (2.8, 2.6, 3.0)) * self._deep
        return lips[:, None] * [0.0, 0.55, 0.12]

    def _shrug_upper(self) -> Array:
        lips = bump(self._points, _ABOVE_LIPS, (2.6, 1.9, 2.6)) * self._deep
        return lips[:, None] * [0.0, 0.4, 0.25]

    def _puff(self) -> Array:
        cheek = bump(self._points, (3.8, -6.3, 5.6), (2.6, 2.9, 3.6)) * (self._skin.ring >= 0)
        lips = self._lips(0.9) * (self._skin.ring >= -1)
        return cheek[:, None] * outwards(self._points, (0.95, 0.0, 0.4)) + lips[:, None] * [
            0.0,
            0.0,
            0.18,
        ]

    def _press(self) -> Array:
        thin = smoothstep(0.0, 0.15, self._size) * (1 - smoothstep(0.2, 0.6, self._size))
        lips = self._lips(0.5) * (self._skin.ring >= -3)
        move = np.zeros_like(self._points)
        move[:, 1] = -0.16 * np.sign(self._sine) * thin * self._middle
        move[:, 2] = -0.22 * lips
        return move + 0.35 * self._corner((0.2, 0.1, -0.3), (1.4, 1.2, 3.0))

    def _lower_down(self) -> Array:
        own = np.where(self._skin.lip < 0, self._middle, 0.0) * self._lips(0.95)
        return own[:, None] * outwards(self._points, (0.12, -0.68, -0.05))

    def _upper_up(self) -> Array:
        own = np.where(self._skin.lip > 0, self._middle, 0.0) * self._lips(0.85)
        wing = bump(self._points, (1.4, -4.4, 8.6), (1.1, 1.1, 1.6))
        return own[:, None] * [0.0, 0.58, -0.02] + wing[:, None] * [0.0, 0.14, 0.0]

"""Writes the golden cases of the bridges; README.md beside it says what each file holds."""

from __future__ import annotations

import math
import random
import struct
from collections.abc import Iterable, Sequence
from pathlib import Path

from rotations import (
    TO_UNITY,
    TO_UNREAL,
    Vector,
    about,
    apply,
    dot,
    own_angles_deg,
    quaternion_of,
    random_head,
    turned,
    unity_euler_deg,
    unreal_rotator_deg,
)

FOLDER = Path(__file__).parent

_IN_THE_PACKET = """
EyeBlinkLeft EyeLookDownLeft EyeLookInLeft EyeLookOutLeft EyeLookUpLeft EyeSquintLeft EyeWideLeft
EyeBlinkRight EyeLookDownRight EyeLookInRight EyeLookOutRight EyeLookUpRight EyeSquintRight
EyeWideRight JawForward JawLeft JawRight JawOpen MouthClose MouthFunnel MouthPucker MouthLeft
MouthRight MouthSmileLeft MouthSmileRight MouthFrownLeft MouthFrownRight MouthDimpleLeft
MouthDimpleRight MouthStretchLeft MouthStretchRight MouthRollLower MouthRollUpper MouthShrugLower
MouthShrugUpper MouthPressLeft MouthPressRight MouthLowerDownLeft MouthLowerDownRight
MouthUpperUpLeft MouthUpperUpRight BrowDownLeft BrowDownRight BrowInnerUp BrowOuterUpLeft
BrowOuterUpRight CheekPuff CheekSquintLeft CheekSquintRight NoseSneerLeft NoseSneerRight TongueOut
HeadYaw HeadPitch HeadRoll LeftEyeYaw LeftEyePitch LeftEyeRoll RightEyeYaw RightEyePitch
RightEyeRoll
"""
_IN_THE_CSV = """
EyeBlinkLeft EyeLookDownLeft EyeLookInLeft EyeLookOutLeft EyeLookUpLeft EyeSquintLeft EyeWideLeft
EyeBlinkRight EyeLookDownRight EyeLookInRight EyeLookOutRight EyeLookUpRight EyeSquintRight
EyeWideRight JawForward JawRight JawLeft JawOpen MouthClose MouthFunnel MouthPucker MouthRight
MouthLeft MouthSmileLeft MouthSmileRight MouthFrownLeft MouthFrownRight MouthDimpleLeft
MouthDimpleRight MouthStretchLeft MouthStretchRight MouthRollLower MouthRollUpper MouthShrugLower
MouthShrugUpper MouthPressLeft MouthPressRight MouthLowerDownLeft MouthLowerDownRight
MouthUpperUpLeft MouthUpperUpRight BrowDownLeft BrowDownRight BrowInnerUp BrowOuterUpLeft
BrowOuterUpRight CheekPuff CheekSquintLeft CheekSquintRight NoseSneerLeft NoseSneerRight TongueOut
HeadYaw HeadPitch HeadRoll LeftEyeYaw LeftEyePitch LeftEyeRoll RightEyeYaw RightEyePitch
RightEyeRoll
"""
PACKET_NAMES, CSV_NAMES = _IN_THE_PACKET.split(), _IN_THE_CSV.split()
NUM_CURVES = 52


def main() -> None:
    dice = random.Random(20240607)
    write_names()
    write_axes(dice)
    write_vectors(dice)
    write_head_scales()
    write_lips()
    write_clock()
    write_interpolation(dice)
    write_packets(dice)
    write_vmc(dice)


def write(name: str, header: str, rows: Iterable[Sequence[object]]) -> None:
    columns = header.split()
    lines = [",".join(columns)]
    for row in rows:
        cells = [told(cell) for cell in row]
        if len(cells) != len(columns) or any("," in cell or not cell for cell in cells):
            raise ValueError(f"{name}: {cells} under {columns}")
        lines.append(",".join(cells))
    (FOLDER / name).write_text("\n".join(lines) + "\n", encoding="ascii", newline="\n")


def told(cell: object) -> str:
    if isinstance(cell, float):
        text = f"{cell:.12f}".rstrip("0").rstrip(".")
        return "0" if text == "-0" else text
    return str(cell)


def write_names() -> None:
    rows = []
    for place, name in enumerate(PACKET_NAMES):
        arkit = name[0].lower() + name[1:]
        wire = place if place < NUM_CURVES else -1
        rows.append((arkit, name, wire, place, CSV_NAMES.index(name)))
    write("names.csv", "arkit livelink wire_index packet_index csv_index", rows)


# Axes --------------------------------------------------------------------------------------------


def write_axes(dice: random.Random) -> None:
    heads = [("rest", [0.0, 0.0, 0.0, 1.0])]
    for place, axis in enumerate("xyz"):
        vector = [float(place == other) for other in range(3)]
        heads += [(f"{axis}_plus_0.2_rad", about(vector, 0.2)),
                  (f"{axis}_minus_0.2_rad", about(vector, -0.2))]  # fmt: skip
    heads += [(f"random_{number}", random_head(dice, 1.2)) for number in range(60)]
    nod = about([1, 0, 0], 0.2)
    heads.append(("other_sign", [-value for value in nod]))
    rows = []
    for case, q in heads:
        unreal, unity = turned(q, TO_UNREAL), turned(q, TO_UNITY)
        rows.append(
            (case, *q, *own_angles_deg(q), *quaternion_of(unreal), *unreal_rotator_deg(unreal),
             *quaternion_of(unity), *unity_euler_deg(unity))
        )  # fmt: skip
    write(
        "axes.csv",
        "case x y z w yaw_left_deg pitch_up_deg roll_right_deg "
        "unreal_x unreal_y unreal_z unreal_w unreal_pitch_deg unreal_yaw_deg unreal_roll_deg "
        "unity_x unity_y unity_z unity_w unity_euler_x_deg unity_euler_y_deg unity_euler_z_deg",
        rows,
    )


def write_vectors(dice: random.Random) -> None:
    points = [("own_left", [1.0, 0.0, 0.0]), ("up", [0.0, 1.0, 0.0]), ("forward", [0.0, 0.0, 1.0])]
    points += [(f"random_{n}", [dice.uniform(-1, 1) for _ in range(3)]) for n in range(8)]
    rows = [
        (case, *p, *(100 * v for v in apply(TO_UNREAL, p)), *apply(TO_UNITY, p))
        for case, p in points
    ]
    write(
        "vectors.csv",
        "case x_m y_m z_m unreal_x_cm unreal_y_cm unreal_z_cm unity_x_m unity_y_m unity_z_m",
        rows,
    )


def write_head_scales() -> None:
    scales = {
        "metahuman": (1 / 50, 1 / 50, 1 / 50),
        "arkit": (1 / 180, 1 / 180, 1 / 180),
        "degrees": (-1.0, 1.0, 1.0),
        "own": (0.07, -0.02, 0.5),
    }
    angle = math.radians(20)
    turns = {
        "left": about([0, 1, 0], angle), "up": about([1, 0, 0], -angle),
        "right_shoulder": about([0, 0, 1], angle), "all": about([0.3, -0.5, 0.2], 0.6),
    }  # fmt: skip
    rows = []
    for scale, factors in scales.items():
        for turn, q in turns.items():
            values = [a * f for a, f in zip(own_angles_deg(q), factors, strict=True)]
            rows.append(
                (scale, f"{turn}_20_deg".replace("all_20_deg", "all"), *factors, *q, *values)
            )
    write(
        "head_scales.csv",
        "scale case yaw_per_deg pitch_per_deg roll_per_deg x y z w head_yaw head_pitch head_roll",
        rows,
    )


# Lips, time, packets -----------------------------------------------------------------------------


def write_lips() -> None:
    rows = []
    for jaw_open in (0.0, 0.001, 0.019, 0.02, 0.021, 0.1, 0.5, 1.0):
        for mouth_close in (0.0, 0.01, 0.02, 0.3, 1.0):
            jaw = jaw_open if jaw_open >= 0.02 else 0.0
            rows.append((jaw_open, mouth_close, jaw, min(mouth_close, jaw)))
    write("lips.csv", "jaw_open mouth_close told_jaw_open told_mouth_close", rows)


def write_clock() -> None:
    rows = []
    for rate in (25, 30, 50, 60):
        day = 86_400 * rate
        for index in (0, 1, 2, 3, 7, rate - 1, rate, rate + 1, 60 * rate - 1, 60 * rate,
                      3599 * rate + 11, 3600 * rate, 123_457, 1_000_003, day - 1, day, day + 13,
                      10 * day + 1):  # fmt: skip
            seconds, rest = divmod(index, rate)
            thousandths = rest * 60_000 // rate  # of a sixtieth: exact at these rates
            clock = f"{seconds // 3600 % 24:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
            sixtieths = f"{thousandths // 1000:02}.{thousandths % 1000:03}"
            rows.append((rate, index, index / rate, f"{clock}:{sixtieths}"))
    write("clock.csv", "rate_hz frame_index time_s timecode", rows)


def write_interpolation(dice: random.Random) -> None:
    rows = []
    for number in range(24):
        rate = (25, 30, 50, 60)[number % 4]
        first = dice.choice((0, 1, 40, 90_001))
        faces = [
            ([round(dice.random(), 3) for _ in range(3)], random_head(dice, 0.4)) for _ in range(2)
        ]
        if (
            number % 3 == 0
        ):  # the same rotation with the other sign: the way must stay the short one
            faces[1] = (faces[1][0], [-value for value in faces[1][1]])
        part = (0.0, 1.0, 0.5, 0.25, 0.9, -0.5, 1.5, dice.random())[number % 8]
        held = min(1.0, max(0.0, part))
        (weights_a, head_a), (weights_b, head_b) = faces
        weights = [a + held * (b - a) for a, b in zip(weights_a, weights_b, strict=True)]
        sign = -1.0 if dot(head_a, head_b) < 0 else 1.0
        mixed = [a + held * (sign * b - a) for a, b in zip(head_a, head_b, strict=True)]
        length = math.sqrt(dot(mixed, mixed)) * (-1.0 if mixed[3] < 0 else 1.0)
        head = [value / length for value in mixed]
        rows.append((f"case_{number}", rate, first, *weights_a, *head_a, first + 1, *weights_b,
                     *head_b, (first + part) / rate, *weights, *head))  # fmt: skip
    write(
        "interpolation.csv",
        "case rate_hz a_index a_weight_0 a_weight_1 a_weight_2 a_x a_y a_z a_w "
        "b_index b_weight_0 b_weight_1 b_weight_2 b_x b_y b_z b_w "
        "time_s weight_0 weight_1 weight_2 x y z w",
        rows,
    )


def packet(device: str, subject: str, number: int, sub_frame: float, rate: tuple[int, int],
           values: Sequence[float]) -> bytes:  # fmt: skip
    parts = [b"\x06"]
    for name in (device, subject):
        parts += [len(name).to_bytes(4, "big"), name.encode("ascii")]
    parts += [number.to_bytes(4, "big"), struct.pack(">f", sub_frame)]
    parts += [part.to_bytes(4, "big") for part in rate]
    parts += [bytes([len(values)]), *(struct.pack(">f", value) for value in values)]
    return b"".join(parts)


def write_packets(dice: random.Random) -> None:
    thirds = [dice.randrange(0, 1025) / 1024 for _ in range(NUM_CURVES)]
    heads = [dice.randrange(-1024, 1025) / 1024 for _ in range(9)]
    fields = [
        ("reference", "sd-face", "Face", 1234, 0.5, (30, 1), [i / 64 for i in range(61)]),
        ("rest", "posecast-Posecast", "Posecast", 0, 0.0, (60, 1), [0.0] * 61),
        ("speaking", "posecast-Anna-2", "Anna-2", 90_001, 0.25, (25, 1), thirds + heads),
        ("last_frame", "d", "s", 2**31 - 1, 0.75, (60_000, 1001), [1.0] * 52 + [-1.0] * 9),
        ("long_names", "d" * 255, "s" * 255, 7, 0.0, (50, 1), [-20.0] * 61),
        ("app", "A" * 36, "iPhone", 5_184_000, 0.125, (60, 1), heads * 6 + heads[:7]),
    ]
    rows = []
    for case, device, subject, number, sub_frame, rate, values in fields:
        data = packet(device, subject, number, sub_frame, rate, values)
        rows.append((case, device, subject, number, sub_frame, *rate, len(data),
                     *(float(value) for value in values), data.hex()))  # fmt: skip
    write(
        "packets.csv",
        "case device subject frame_number sub_frame rate_numerator rate_denominator length "
        + " ".join(f"value_{place}" for place in range(61))
        + " hex",
        rows,
    )


# VMC: OSC 1.0 over UDP ---------------------------------------------------------------------------

MOST_BYTES = 1500 - 40 - 8  # of a datagram in one Ethernet frame, after the headers of IPv6 and UDP
NECK_SHARE = 0.3


def osc_string(text: str) -> bytes:
    data = text.encode("ascii") + b"\0"
    return data + b"\0" * (-len(data) % 4)


def osc_message(address: str, types: str, *values: object) -> bytes:
    data = osc_string(address) + osc_string("," + types)
    for kind, value in zip(types, values, strict=True):
        data += osc_string(value) if kind == "s" else struct.pack(f">{kind}", value)
    return data


def osc_bundles(messages: Iterable[bytes]) -> list[bytes]:
    """Bundles that are due at once, each as full as it may be."""
    bundles = [b""]
    for message in messages:
        element = len(message).to_bytes(4, "big") + message
        if 16 + len(bundles[-1]) + len(element) > MOST_BYTES:
            bundles.append(b"")
        bundles[-1] += element
    return [b"#bundle\0" + (1).to_bytes(8, "big") + elements for elements in bundles]


def share_of(q: Vector, share: float) -> list[float]:
    """A part of the way from rest to a head, on the great circle, in Unity's axes."""
    sign = -1.0 if q[3] < 0 else 1.0
    x, y, z, w = (sign * value for value in q)
    sine = math.sqrt(x * x + y * y + z * z)
    part = about([x, y, z], share * 2 * math.atan2(sine, w)) if sine else [0.0, 0.0, 0.0, 1.0]
    return quaternion_of(turned(part, TO_UNITY))


def write_vmc(dice: random.Random) -> None:
    speaking = [dice.randrange(0, 1025) / 1024 for _ in range(NUM_CURVES)]
    rising = [place / 64 for place in range(NUM_CURVES)]
    rest = [0.0, 0.0, 0.0, 1.0]
    turn = about([0.3, -0.5, 0.2], 0.6)
    fields = [
        ("rest", "perfect-sync", 0.0, rest, [0.0] * NUM_CURVES),
        ("speaking", "perfect-sync", 12.5, rest, speaking),
        ("arkit_names", "arkit", 3600.25, rest, rising),
        ("all_on", "perfect-sync", 0.03125, rest, [1.0] * NUM_CURVES),
        *((f"{axis}_{sign}_0.2_rad", "perfect-sync", 1.0,
           about([float(axis == other) for other in "xyz"], 0.2 if sign == "plus" else -0.2),
           speaking) for axis in "xyz" for sign in ("plus", "minus")),
        ("turn", "arkit", 0.5, turn, rising),
        ("other_sign", "arkit", 0.5, [-value for value in turn], rising),
        *((f"random_{number}", "perfect-sync", 0.25, random_head(dice, 1.2), rising)
          for number in range(6)),
    ]  # fmt: skip
    rows = []
    for case, names, time_s, head, weights in fields:
        parts = [share_of(head, NECK_SHARE), share_of(head, 1 - NECK_SHARE)]
        shapes = PACKET_NAMES[:NUM_CURVES]
        if names == "arkit":
            shapes = [name[0].lower() + name[1:] for name in shapes]
        bundles = osc_bundles(
            [osc_message("/VMC/Ext/OK", "i", 1), osc_message("/VMC/Ext/T", "f", time_s)]
            + [osc_message("/VMC/Ext/Bone/Pos", "sfffffff", bone, 0.0, 0.0, 0.0, *part)
               for bone, part in zip(("Neck", "Head"), parts, strict=True)]
            + [osc_message("/VMC/Ext/Blend/Val", "sf", name, weight)
               for name, weight in zip(shapes, weights, strict=True)]
            + [osc_message("/VMC/Ext/Blend/Apply", "")]
        )  # fmt: skip
        if len(bundles) != 2:
            raise ValueError(f"{len(bundles)} datagrams")
        rows.append(
            (case, names, time_s, *head, *weights, *parts[0], *parts[1],
             *(len(data) for data in bundles), *(data.hex() for data in bundles))
        )  # fmt: skip
    write(
        "vmc.csv",
        "case shape_names time_s x y z w "
        + " ".join(f"weight_{place}" for place in range(NUM_CURVES))
        + " neck_x neck_y neck_z neck_w head_x head_y head_z head_w length_0 length_1 hex_0 hex_1",
        rows,
    )


if __name__ == "__main__":
    main()

"""Writes recording.csv as Apple's Live Link Face app does: its header, its order, its timecodes."""

from pathlib import Path

HEADER = (
    "Timecode,BlendshapeCount,EyeBlinkLeft,EyeLookDownLeft,EyeLookInLeft,EyeLookOutLeft,"
    "EyeLookUpLeft,EyeSquintLeft,EyeWideLeft,EyeBlinkRight,EyeLookDownRight,EyeLookInRight,"
    "EyeLookOutRight,EyeLookUpRight,EyeSquintRight,EyeWideRight,JawForward,JawRight,JawLeft,"
    "JawOpen,MouthClose,MouthFunnel,MouthPucker,MouthRight,MouthLeft,MouthSmileLeft,"
    "MouthSmileRight,MouthFrownLeft,MouthFrownRight,MouthDimpleLeft,MouthDimpleRight,"
    "MouthStretchLeft,MouthStretchRight,MouthRollLower,MouthRollUpper,MouthShrugLower,"
    "MouthShrugUpper,MouthPressLeft,MouthPressRight,MouthLowerDownLeft,MouthLowerDownRight,"
    "MouthUpperUpLeft,MouthUpperUpRight,BrowDownLeft,BrowDownRight,BrowInnerUp,"
    "BrowOuterUpLeft,BrowOuterUpRight,CheekPuff,CheekSquintLeft,CheekSquintRight,"
    "NoseSneerLeft,NoseSneerRight,TongueOut,HeadYaw,HeadPitch,HeadRoll,LeftEyeYaw,"
    "LeftEyePitch,LeftEyeRoll,RightEyeYaw,RightEyePitch,RightEyeRoll"
)
TIMECODES = (
    "23:59:59:57.500", "23:59:59:58.500", "23:59:59:58.500", "23:59:59:59.500",
    "00:00:00:00.500", "00:00:00:01.500",
)  # fmt: skip
LOST_ROW = 3


def weight(column: int, row: int) -> float:
    return (7 * column + 3 * row) % 100 / 100


def main() -> None:
    lines = [HEADER]
    for row, timecode in enumerate(TIMECODES):
        if row == LOST_ROW:  # the app saw no face
            lines.append(",".join([timecode, "0", *[""] * 61]))
            continue
        weights = [weight(column, row) for column in range(52)]
        rotations = [0.1 + 0.01 * row, -0.05, 0.02, *[0.3] * 6]
        cells = [f"{value:.10f}" for value in (*weights, *rotations)]
        lines.append(",".join([timecode, "61", *cells]))
    Path(__file__).with_name("recording.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

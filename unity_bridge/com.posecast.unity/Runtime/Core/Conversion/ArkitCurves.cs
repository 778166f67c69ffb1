using System;
using System.Collections.Generic;

namespace Posecast
{
    /// <summary>The 52 ARKit blend shapes in the order of the wire, and what region each belongs to.</summary>
    public static class ArkitCurves
    {
        private static readonly string[] _names =
        {
            "eyeBlinkLeft", "eyeLookDownLeft", "eyeLookInLeft", "eyeLookOutLeft", "eyeLookUpLeft", "eyeSquintLeft",
            "eyeWideLeft", "eyeBlinkRight", "eyeLookDownRight", "eyeLookInRight", "eyeLookOutRight", "eyeLookUpRight",
            "eyeSquintRight", "eyeWideRight", "jawForward", "jawLeft", "jawRight", "jawOpen", "mouthClose",
            "mouthFunnel", "mouthPucker", "mouthLeft", "mouthRight", "mouthSmileLeft", "mouthSmileRight",
            "mouthFrownLeft", "mouthFrownRight", "mouthDimpleLeft", "mouthDimpleRight", "mouthStretchLeft",
            "mouthStretchRight", "mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper",
            "mouthPressLeft", "mouthPressRight", "mouthLowerDownLeft", "mouthLowerDownRight", "mouthUpperUpLeft",
            "mouthUpperUpRight", "browDownLeft", "browDownRight", "browInnerUp", "browOuterUpLeft",
            "browOuterUpRight", "cheekPuff", "cheekSquintLeft", "cheekSquintRight", "noseSneerLeft",
            "noseSneerRight", "tongueOut",
        };

        /// <summary>Names in camelCase; left and right are the character's own.</summary>
        public static IReadOnlyList<string> Names
        {
            get { return _names; }
        }

        /// <summary>The region that a curve moves with.</summary>
        /// <param name="name">An ARKit name; any other belongs to the lower face.</param>
        public static FaceRegion RegionOf(string name)
        {
            if (name.StartsWith("eyeBlink", StringComparison.Ordinal))
            {
                return FaceRegion.Blinks;
            }
            if (name.StartsWith("eyeLook", StringComparison.Ordinal))
            {
                return FaceRegion.Gaze;
            }
            bool isUpper = name.StartsWith("brow", StringComparison.Ordinal)
                || name.StartsWith("eye", StringComparison.Ordinal)
                || name.StartsWith("cheek", StringComparison.Ordinal)
                || name.StartsWith("nose", StringComparison.Ordinal);
            return isUpper ? FaceRegion.UpperFace : FaceRegion.LowerFace;
        }
    }
}

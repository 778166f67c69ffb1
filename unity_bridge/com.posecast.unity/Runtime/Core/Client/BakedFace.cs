using System.Collections.Generic;

namespace Posecast
{
    /// <summary>A finished animation: the face of every frame of a clip.</summary>
    public sealed class BakedFace
    {
        internal BakedFace(IReadOnlyList<string> curveNames, int frameRateHz)
        {
            CurveNames = curveNames;
            FrameRateHz = frameRateHz;
        }

        /// <summary>Names of the curves, in the order of the weights.</summary>
        public IReadOnlyList<string> CurveNames { get; }

        /// <summary>Frames in a second; frame i is at i / rate.</summary>
        public int FrameRateHz { get; }

        /// <summary>The faces, from frame 0 on.</summary>
        public List<Face> Frames { get; } = new List<Face>();
    }
}

namespace Posecast
{
    /// <summary>Changes one curve on the server: weight * multiplier + offset, held between two bounds.</summary>
    public sealed class CurveChange
    {
        /// <summary>Which curve, e.g. `jawOpen`.</summary>
        public string CurveName { get; set; } = "";

        /// <summary>Factor, 0..10.</summary>
        public float Multiplier { get; set; } = 1f;

        /// <summary>What is added after it, -1..1.</summary>
        public float Offset { get; set; }

        /// <summary>Smallest weight, 0..1.</summary>
        public float Minimum { get; set; }

        /// <summary>Largest weight, 0..1.</summary>
        public float Maximum { get; set; } = 1f;
    }
}

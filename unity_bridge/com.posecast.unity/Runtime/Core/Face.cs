using System;

namespace Posecast
{
    /// <summary>A face at one instant: a weight for each curve, and the head. Made once, filled often.</summary>
    public sealed class Face
    {
        /// <summary>Most curves that a face can have.</summary>
        public const int MaxCurves = 256;

        /// <param name="numCurves">How many weights, 1..256.</param>
        public Face(int numCurves)
        {
            if (numCurves < 1 || numCurves > MaxCurves)
            {
                throw new ArgumentOutOfRangeException(
                    nameof(numCurves), numCurves, "a face has 1 to " + MaxCurves + " curves");
            }
            Weights = new float[numCurves];
            Head = Rotation.Identity;
        }

        /// <summary>Weights, 0..1, in the order of the client's curve names.</summary>
        public float[] Weights { get; }

        /// <summary>Head rotation: right-handed, +Y up, the face looks along +Z. See <see cref="UnityAxes"/>.</summary>
        public Rotation Head { get; set; }

        /// <summary>All weights 0, the head straight.</summary>
        public void Rest()
        {
            Array.Clear(Weights, 0, Weights.Length);
            Head = Rotation.Identity;
        }

        /// <summary>Takes over another face of as many curves.</summary>
        public void CopyFrom(Face other)
        {
            Array.Copy(other.Weights, Weights, Weights.Length);
            Head = other.Head;
        }

        /// <summary>Becomes the face between two others of as many curves.</summary>
        /// <param name="earlier">The result where <paramref name="part"/> is 0.</param>
        /// <param name="later">The result where <paramref name="part"/> is 1.</param>
        /// <param name="part">0..1</param>
        public void Blend(Face earlier, Face later, float part)
        {
            float[] from = earlier.Weights;
            float[] to = later.Weights;
            for (int i = 0; i < Weights.Length; i++)
            {
                Weights[i] = from[i] + part * (to[i] - from[i]);
            }
            Head = Rotation.Between(earlier.Head, later.Head, part);
        }
    }
}

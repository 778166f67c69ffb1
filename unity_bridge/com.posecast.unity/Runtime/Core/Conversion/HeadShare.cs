using System;

namespace Posecast
{
    /// <summary>Splits a head rotation between neck and head, within bounds and calmed.</summary>
    public sealed class HeadShare
    {
        private Rotation _calmed = Rotation.Identity;

        /// <summary>How far the head moves: 0 still, 1 as animated.</summary>
        public float Strength { get; set; } = 1f;

        /// <summary>What the neck takes of it, 0..1; the head takes the rest.</summary>
        public float NeckShare { get; set; } = 0.3f;

        /// <summary>Largest turn, in radians.</summary>
        public float MostRad { get; set; } = 0.7f; // 40 degrees

        /// <summary>Time constant of a low-pass, in seconds; 0 is off.</summary>
        public float SmoothingS { get; set; }

        /// <summary>Rotation of the neck bone, in the axes of what was given to <see cref="Advance"/>.</summary>
        public Rotation Neck { get; private set; } = Rotation.Identity;

        /// <summary>Rotation of the head bone against the neck, in the same axes.</summary>
        public Rotation Head { get; private set; } = Rotation.Identity;

        /// <summary>Takes the pose of this moment.</summary>
        /// <param name="pose">Rotation of the head against the body.</param>
        /// <param name="deltaS">Time since the last call.</param>
        public void Advance(in Rotation pose, float deltaS)
        {
            Rotation wanted = pose.Scaled(Strength).Limited(MostRad);
            float part = SmoothingS > 0f ? (float)(1.0 - Math.Exp(-deltaS / SmoothingS)) : 1f;
            _calmed = Rotation.Between(_calmed, wanted, part);
            Neck = _calmed.Scaled(NeckShare);
            Head = _calmed.Scaled(1f - NeckShare); // both turn about one axis, so they add up exactly
        }

        /// <summary>Straight again, without a way there.</summary>
        public void Reset()
        {
            _calmed = Neck = Head = Rotation.Identity;
        }
    }
}

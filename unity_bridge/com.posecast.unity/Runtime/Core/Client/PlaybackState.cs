using System;
using System.Collections.Generic;
using Posecast.V1;

namespace Posecast
{
    /// <summary>What a header decides: names and rate, and the buffers and the player made for them.</summary>
    internal sealed class PlaybackState
    {
        private const double IdleS = 4.0;

        public PlaybackState(AnimationHeader header, FaceClientOptions options)
        {
            CurveNames = new List<string>(header.Rig.CurveNames).AsReadOnly();
            RateHz = (int)header.FrameRateHz;
            Speech = new FrameBuffer((int)Math.Ceiling(options.MaxFramesS * RateHz), CurveNames.Count);
            Idle = new FrameBuffer((int)Math.Ceiling(IdleS * RateHz), CurveNames.Count);
            Player = new FacePlayer(Speech, Idle, RateHz, options.StartDelayS, options.FollowsAudio);
        }

        public IReadOnlyList<string> CurveNames { get; }

        public int RateHz { get; }

        /// <summary>Held while an interrupt drops frames, and while frames are taken in.</summary>
        public object InterruptGate { get; } = new object();

        public FrameBuffer Speech { get; }

        public FrameBuffer Idle { get; }

        public FacePlayer Player { get; }

        /// <summary>Whether another header means the same, so that playback goes on.</summary>
        public bool Fits(AnimationHeader header)
        {
            if (header.FrameRateHz != RateHz || header.Rig.CurveNames.Count != CurveNames.Count)
            {
                return false;
            }
            for (int i = 0; i < CurveNames.Count; i++)
            {
                if (header.Rig.CurveNames[i] != CurveNames[i])
                {
                    return false;
                }
            }
            return true;
        }
    }
}

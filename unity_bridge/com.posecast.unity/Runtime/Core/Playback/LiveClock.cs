using System;

namespace Posecast
{
    /// <summary>A clock for faces without an audio player: it follows the arrival of frames, a little behind them.</summary>
    /// <remarks>
    /// Frames come in bursts. The clock runs evenly and keeps the smallest lead that the frames had lately near a wanted
    /// one, by going up to 5 % faster or slower.
    /// </remarks>
    public sealed class LiveClock
    {
        private const double WantedLeadS = 0.04;
        private const double MostChange = 0.05;
        private const double Forgets = 0.05; // how fast an old trough of the lead is forgotten, s per s

        private double _leastLeadS;

        /// <summary>Where the face is.</summary>
        public double PositionS { get; private set; }

        /// <summary>Begins at a position.</summary>
        public void Start(double positionS)
        {
            PositionS = positionS;
            _leastLeadS = WantedLeadS;
        }

        /// <summary>Moves on.</summary>
        /// <param name="deltaS">Time since the last call.</param>
        /// <param name="leadS">How far the newest frame lies ahead of the position.</param>
        /// <param name="isComplete">Whether no more frames come, so that there is nothing to wait for.</param>
        public void Advance(double deltaS, double leadS, bool isComplete)
        {
            if (isComplete)
            {
                PositionS += deltaS;
                return;
            }
            _leastLeadS = Math.Min(leadS, _leastLeadS + Forgets * deltaS);
            double change = Math.Max(-MostChange, Math.Min(MostChange, 0.5 * (_leastLeadS - WantedLeadS)));
            PositionS += Math.Max(0.0, Math.Min(leadS, deltaS * (1.0 + change)));
        }
    }
}

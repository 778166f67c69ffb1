using System;

namespace Posecast
{
    /// <summary>Where an audio player is, smoothly, though it tells so in steps.</summary>
    /// <remarks>
    /// Between two steps the clock runs by the frame's time; towards the player it is drawn softly, so that the face
    /// neither jerks nor drifts. A player that stands still holds it, and a jump moves it at once.
    /// </remarks>
    public sealed class PlaybackClock
    {
        private const double CorrectionS = 0.25;
        private const double JumpS = 0.15;
        private const double CoastS = 0.12;

        private double _observedS;
        private double _sinceObservedS;
        private bool _hasStarted;
        private bool _isNew;
        private bool _isStarting;

        /// <summary>Where the player is.</summary>
        public double PositionS { get; private set; }

        /// <summary>How often it jumped.</summary>
        public long NumJumps { get; private set; }

        /// <summary>Whether the player has moved lately; if not, it is paused or late.</summary>
        public bool IsRunning
        {
            get { return _hasStarted && _sinceObservedS <= CoastS; }
        }

        /// <summary>Begins anew at a position, which is that of this rendered frame.</summary>
        public void Start(double positionS)
        {
            PositionS = _observedS = positionS;
            _sinceObservedS = 0.0;
            _hasStarted = _isStarting = true;
        }

        /// <summary>Takes what the player says now; the same value again means that nothing is new.</summary>
        public void Observe(double positionS)
        {
            if (!_hasStarted)
            {
                Start(positionS);
            }
            else if (positionS != _observedS)
            {
                _observedS = positionS;
                _sinceObservedS = 0.0;
                _isNew = true;
            }
        }

        /// <summary>Moves on to the present rendered frame, after <see cref="Observe"/>.</summary>
        /// <param name="deltaS">Time since the last rendered frame.</param>
        public void Advance(double deltaS)
        {
            if (!_hasStarted)
            {
                return;
            }
            if (_isStarting)
            {
                _isStarting = false; // the position is that of this very frame
                return;
            }
            _sinceObservedS = _isNew ? 0.0 : _sinceObservedS + deltaS;
            _isNew = false;
            double playerS = _observedS + Math.Min(_sinceObservedS, CoastS);
            double movedS = PositionS + (IsRunning ? deltaS : 0.0);
            double errorS = playerS - movedS;
            if (Math.Abs(errorS) > JumpS)
            {
                PositionS = playerS;
                NumJumps++;
                return;
            }
            double correctedS = movedS + errorS * (1.0 - Math.Exp(-deltaS / CorrectionS));
            PositionS = Math.Max(PositionS, correctedS); // a face does not run backwards
        }
    }
}

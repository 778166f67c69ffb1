using System;

namespace Posecast
{
    /// <summary>Plays the idle life between utterances as it comes, a little behind its arrival.</summary>
    public sealed class IdlePlayer
    {
        private readonly FrameBuffer _frames;
        private readonly LiveClock _clock = new LiveClock();
        private readonly double _rateHz;
        private readonly double _startDelayS;
        private long _utterance = -1;
        private bool _isRunning;

        /// <param name="frames">Idle frames; the utterance of their keys is the one that comes next.</param>
        /// <param name="rateHz">Frames in a second.</param>
        /// <param name="startDelayS">What is buffered before they are shown.</param>
        public IdlePlayer(FrameBuffer frames, double rateHz, double startDelayS)
        {
            _frames = frames;
            _rateHz = rateHz;
            _startDelayS = Math.Min(startDelayS, 0.08); // the server sends them only 0.1 s ahead
        }

        /// <summary>Moves on.</summary>
        /// <param name="deltaS">Time since the last call.</param>
        /// <param name="face">Takes the face.</param>
        /// <returns>Whether there is one.</returns>
        public bool Advance(double deltaS, Face face)
        {
            uint oldest, newest;
            long oldestIndex, newestIndex;
            if (!_frames.TryGetEnds(out oldest, out oldestIndex, out newest, out newestIndex))
            {
                _isRunning = false;
                return false;
            }
            if (newest != _utterance)
            {
                _utterance = newest;
                _isRunning = false;
                _frames.DropBefore(newest, -1.0);
            }
            if (!_isRunning && !TryStart())
            {
                return false;
            }
            double leadS = Math.Max(0.0, newestIndex / _rateHz - _clock.PositionS);
            _clock.Advance(deltaS, leadS, false);
            double position = _clock.PositionS * _rateHz;
            FrameMatch match = _frames.Sample(newest, position, face);
            _frames.DropBefore(newest, position);
            // Exactly on the newest frame it waits for the next one, and may wait in vain.
            _isRunning = match == FrameMatch.Found && leadS > 0.0;
            return _isRunning;
        }

        private bool TryStart()
        {
            uint oldest, newest;
            long oldestIndex, newestIndex;
            bool isComplete;
            _frames.TryGetEnds(out oldest, out oldestIndex, out newest, out newestIndex);
            if (_frames.CountFrom(newest, oldestIndex, out isComplete) < _startDelayS * _rateHz)
            {
                return false;
            }
            // What came while an utterance was shown is passed over.
            double start = Math.Max(oldestIndex, newestIndex - Math.Ceiling(1.5 * _startDelayS * _rateHz));
            _clock.Start(start / _rateHz);
            _isRunning = true;
            return true;
        }
    }
}

using System;

namespace Posecast.Unity
{
    /// <summary>Samples of a speech synthesis, which come while they are played.</summary>
    internal sealed class PcmLine : VoiceLine
    {
        private readonly PcmOutput _output;
        private readonly PcmRing _ring;
        private readonly int _sampleRateHz;
        private readonly long _start;
        private long _end = -1;
        private bool _isStopped;

        /// <param name="output">Plays it.</param>
        /// <param name="sampleRateHz">Rate of the samples.</param>
        public PcmLine(PcmOutput output, int sampleRateHz)
        {
            _output = output;
            _ring = output.Ring;
            _sampleRateHz = sampleRateHz;
            _start = _ring.NumWritten;
        }

        public override bool IsOver
        {
            get { return _isStopped || (_end >= 0 && IsPlaying && _ring.NumRead >= _end); }
        }

        public override double PositionS
        {
            get { return Math.Max(0L, _ring.NumRead - _start) / (double)_sampleRateHz; }
        }

        /// <summary>Takes samples for the client and for the loudspeaker.</summary>
        /// <returns>How many: fewer than given where too much waits.</returns>
        public int Push(IFaceClient client, float[] samples, int offset, int count)
        {
            int taken = client.PushAudio(samples, offset, Math.Min(count, _ring.Room));
            _ring.Write(samples, offset, taken);
            return taken;
        }

        /// <summary>No more samples will come.</summary>
        public void End()
        {
            _end = _ring.NumWritten;
            if (IsPlaying)
            {
                _ring.Limit = _end;
            }
        }

        public override void Stop()
        {
            _isStopped = true;
            _ring.Clear();
        }

        protected override bool FeedSamples(IFaceClient client)
        {
            return _end >= 0; // they were pushed as they came
        }

        protected override void StartSound()
        {
            _ring.Limit = _end >= 0 ? _end : long.MaxValue;
            _output.TurnOn();
        }
    }
}

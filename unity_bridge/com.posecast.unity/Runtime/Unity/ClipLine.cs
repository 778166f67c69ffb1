using System;
using UnityEngine;

namespace Posecast.Unity
{
    /// <summary>An audio clip, played by the audio source itself.</summary>
    internal sealed class ClipLine : VoiceLine
    {
        private const int PieceSamples = 4096;

        private readonly AudioSource _source;
        private readonly PcmOutput _output;
        private readonly AudioClip _clip;
        private readonly float[] _mono;
        private int _fed;
        private double _positionS;
        private bool _isStopped;

        /// <exception cref="ArgumentException">If the clip's samples cannot be read.</exception>
        public ClipLine(AudioSource source, PcmOutput output, AudioClip clip)
        {
            _source = source;
            _output = output;
            _clip = clip;
            var samples = new float[clip.samples * clip.channels];
            if (samples.Length == 0 || !clip.GetData(samples, 0))
            {
                throw new ArgumentException(
                    "the samples of " + clip.name + " cannot be read; set its load type to Decompress On Load");
            }
            _mono = Downmix.ToMono(samples, clip.channels);
        }

        public override bool IsOver
        {
            get { return _isStopped || (IsPlaying && !_source.isPlaying); }
        }

        public override double PositionS
        {
            get
            {
                if (IsPlaying && _source.isPlaying)
                {
                    _positionS = _source.timeSamples / (double)_clip.frequency;
                }
                return _positionS; // a source that has stopped says 0
            }
        }

        public override void Stop()
        {
            _isStopped = true;
            if (IsPlaying)
            {
                _source.Stop();
            }
        }

        protected override bool FeedSamples(IFaceClient client)
        {
            while (_fed < _mono.Length)
            {
                int taken = client.PushAudio(_mono, _fed, Math.Min(PieceSamples, _mono.Length - _fed));
                if (taken == 0)
                {
                    return false;
                }
                _fed += taken;
            }
            return true;
        }

        protected override void StartSound()
        {
            _output.TurnOff();
            _source.loop = false;
            _source.clip = _clip;
            _source.Play();
        }
    }
}

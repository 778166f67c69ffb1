using System;
using UnityEngine;

namespace Posecast.Unity
{
    /// <summary>Plays samples through an audio source, so that its volume, position and effects hold for them.</summary>
    /// <remarks>The source plays a clip of ones; the audio thread multiplies what becomes of them by the samples.</remarks>
    internal sealed class PcmOutput : IDisposable
    {
        private const double RingS = 30.0;

        private readonly AudioSource _source;
        private AudioClip _ones;
        private volatile PcmRing _ring;
        private volatile bool _isOn;
        private double _step = 1.0;

        public PcmOutput(AudioSource source)
        {
            _source = source;
        }

        /// <summary>What is played from; null before <see cref="Prepare"/>.</summary>
        public PcmRing Ring
        {
            get { return _ring; }
        }

        /// <summary>Begins anew with samples of a rate.</summary>
        public void Prepare(int sampleRateHz)
        {
            _isOn = false;
            _step = sampleRateHz / (double)AudioSettings.outputSampleRate;
            _ring = new PcmRing((int)(RingS * sampleRateHz)) { Limit = 0 };
        }

        /// <summary>Lets the source play what is in the ring.</summary>
        public void TurnOn()
        {
            if (_ones == null)
            {
                _ones = MakeOnes();
            }
            _isOn = true;
            if (_source.clip != _ones || !_source.isPlaying)
            {
                _source.clip = _ones;
                _source.loop = true;
                _source.Play();
            }
        }

        /// <summary>Leaves the source to others.</summary>
        public void TurnOff()
        {
            _isOn = false;
            if (_ones != null && _source.clip == _ones)
            {
                _source.Stop();
                _source.clip = null;
            }
        }

        /// <summary>For the audio thread: no call into the engine, no allocation.</summary>
        public void Render(float[] data, int numChannels)
        {
            PcmRing ring = _ring;
            if (ring != null && _isOn)
            {
                ring.MixInto(data, numChannels, _step);
            }
        }

        public void Dispose()
        {
            TurnOff();
            _ring = null;
            if (_ones != null)
            {
                UnityEngine.Object.Destroy(_ones);
                _ones = null;
            }
        }

        private static AudioClip MakeOnes()
        {
            int rateHz = AudioSettings.outputSampleRate;
            var samples = new float[rateHz];
            for (int i = 0; i < samples.Length; i++)
            {
                samples[i] = 1f;
            }
            AudioClip ones = AudioClip.Create("Posecast ones", rateHz, 1, rateHz, false);
            ones.SetData(samples, 0);
            return ones;
        }
    }
}

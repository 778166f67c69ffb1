using System;
using UnityEngine;

namespace Posecast.Unity
{
    /// <summary>Gives what a microphone hears to a client.</summary>
    internal sealed class MicrophoneFeed
    {
        private const int LoopS = 10;

        private readonly string _device;
        private readonly AudioClip _clip;
        private readonly float[] _samples;
        private int _position;

        /// <param name="device">Name of the microphone; null for the default one.</param>
        /// <param name="sampleRateHz">The wanted rate.</param>
        /// <exception cref="InvalidOperationException">If there is no such microphone.</exception>
        public MicrophoneFeed(string device, int sampleRateHz)
        {
            if (Microphone.devices.Length == 0)
            {
                throw new InvalidOperationException("there is no microphone, or the player may not use it");
            }
            _device = device;
            _clip = Microphone.Start(device, true, LoopS, sampleRateHz);
            if (_clip == null)
            {
                throw new InvalidOperationException("the microphone '" + device + "' does not start");
            }
            _samples = new float[_clip.samples * _clip.channels];
        }

        /// <summary>The rate that the microphone really has.</summary>
        public int SampleRateHz
        {
            get { return _clip.frequency; }
        }

        /// <summary>Gives what came since the last call.</summary>
        public void Feed(IFaceClient client)
        {
            int now = Microphone.GetPosition(_device);
            int count = (now - _position + _clip.samples) % _clip.samples;
            if (count <= 0 || !_clip.GetData(_samples, _position))
            {
                return; // GetData goes round the end of a looping clip
            }
            for (int i = 0; _clip.channels > 1 && i < count; i++)
            {
                _samples[i] = _samples[i * _clip.channels];
            }
            client.PushAudio(_samples, 0, count);
            _position = now;
        }

        public void Stop()
        {
            Microphone.End(_device);
        }
    }
}

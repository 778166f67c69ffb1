using System;
using UnityEngine;

namespace Posecast.Unity
{
    /// <summary>Gives what a microphone hears to a client.</summary>
    internal sealed class MicrophoneFeed
    {
        private const int LoopS = 10;
        private const int PieceSamples = 320; // 20 ms

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
            _samples = new float[PieceSamples];
        }

        /// <summary>The rate that the microphone really has.</summary>
        public int SampleRateHz
        {
            get { return _clip.frequency; }
        }

        /// <summary>Gives what came since the last call, in whole pieces.</summary>
        public void Feed(IFaceClient client)
        {
            int now = Microphone.GetPosition(_device);
            while ((now - _position + _clip.samples) % _clip.samples >= PieceSamples)
            {
                // Microphones are mono in Unity, and GetData goes round the end of a looping clip.
                if (!_clip.GetData(_samples, _position))
                {
                    return;
                }
                client.PushAudio(_samples, 0, PieceSamples);
                _position = (_position + PieceSamples) % _clip.samples;
            }
        }

        public void Stop()
        {
            Microphone.End(_device);
        }
    }
}

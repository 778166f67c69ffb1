using UnityEngine;

namespace Posecast.Unity.Samples
{
    /// <summary>Shows how a speech synthesis pushes its samples as they come; the tone stands for a voice.</summary>
    public sealed class ToneSynthesis : MonoBehaviour
    {
        private const int SampleRateHz = 24000;
        private const int PieceSamples = 480; // 20 ms

        [SerializeField] private PosecastVoice _voice;
        [SerializeField] private float _durationS = 3f;

        private readonly float[] _piece = new float[PieceSamples];
        private int _made;
        private int _taken = PieceSamples;

        private void Update()
        {
            while (_made < _durationS * SampleRateHz)
            {
                if (_taken == PieceSamples)
                {
                    Synthesise();
                    _taken = 0;
                }
                // The voice takes what it has room for; the rest is offered again in the next frame.
                int taken = _voice.PushPcm(_piece, _taken, PieceSamples - _taken, SampleRateHz);
                _taken += taken;
                if (taken == 0)
                {
                    return;
                }
            }
            if (enabled && _taken == PieceSamples)
            {
                _voice.EndSpeech();
                enabled = false;
            }
        }

        private void Synthesise()
        {
            for (int i = 0; i < PieceSamples; i++, _made++)
            {
                float timeS = _made / (float)SampleRateHz;
                float syllable = Mathf.Max(0f, Mathf.Sin(2f * Mathf.PI * 3f * timeS));
                _piece[i] = 0.2f * syllable * Mathf.Sin(2f * Mathf.PI * 140f * timeS);
            }
        }
    }
}

using UnityEngine;

namespace Posecast.Unity.Samples
{
    /// <summary>Says a clip on the space bar, stops on escape, listens to the microphone on M.</summary>
    public sealed class TalkingCharacter : MonoBehaviour
    {
        [SerializeField] private PosecastVoice _voice;
        [SerializeField] private AudioClip _line;

        private bool _isListening;

        private void Update()
        {
            if (Input.GetKeyDown(KeyCode.Space))
            {
                _voice.Speak(_line);
            }
            else if (Input.GetKeyDown(KeyCode.Escape))
            {
                _voice.Interrupt();
            }
            else if (Input.GetKeyDown(KeyCode.M))
            {
                Listen();
            }
        }

        private void Listen()
        {
            if (_isListening)
            {
                _voice.StopMicrophone();
            }
            else
            {
                _voice.StartMicrophone();
            }
            _isListening = !_isListening;
        }
    }
}

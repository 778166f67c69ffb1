using System;
using UnityEngine;

namespace Posecast.Unity
{
    /// <summary>Where the server is and what is asked of it, as an asset that characters share.</summary>
    [CreateAssetMenu(fileName = "PosecastConnection", menuName = "Posecast/Connection")]
    public sealed class PosecastConnection : ScriptableObject
    {
        [Tooltip("host:port of `posecast serve`")]
        [SerializeField] private string _address = "127.0.0.1:50051";

        [SerializeField] private bool _usesTls;

        [Tooltip("Certificates to trust, in PEM. Empty: those that the HTTP handler trusts by itself.")]
        [SerializeField] private TextAsset _rootCertificates;

        [Tooltip("Environment variable that holds the token. A token in an asset would be shipped with the game.")]
        [SerializeField] private string _tokenVariable = "";

        [Tooltip("25, 30, 50 or 60")]
        [SerializeField] private int _frameRateHz = 60;

        [Tooltip("For clips and speech synthesis. A microphone is always Realtime.")]
        [SerializeField] private FaceLatency _latency = FaceLatency.Balanced;

        [Tooltip("The face goes on living between utterances.")]
        [SerializeField] private bool _idles = true;

        [Range(0f, 1000f)]
        [SerializeField] private float _startDelayMs = 120f;

        [SerializeField] private float _connectTimeoutS = 5f;

        /// <summary>The token that is sent; overrides the environment variable. It is never saved.</summary>
        public string Token { get; set; }

        /// <summary>PEM of the certificates to trust; null for the handler's own.</summary>
        public string RootCertificates
        {
            get { return _rootCertificates == null ? null : _rootCertificates.text; }
        }

        /// <summary>Scheme, host and port.</summary>
        public Uri Endpoint
        {
            get { return new Uri((_usesTls ? "https://" : "http://") + _address.Trim()); }
        }

        /// <summary>The token in use; null for none.</summary>
        public string FindToken()
        {
            if (!string.IsNullOrEmpty(Token) || string.IsNullOrEmpty(_tokenVariable))
            {
                return Token;
            }
            return Environment.GetEnvironmentVariable(_tokenVariable);
        }

        /// <summary>Options of a client.</summary>
        /// <param name="sampleRateHz">Rate of the audio that will be pushed, mono.</param>
        /// <param name="isLive">Whether the audio is a microphone's, which nobody plays.</param>
        public FaceClientOptions ToOptions(int sampleRateHz, bool isLive)
        {
            return new FaceClientOptions
            {
                Endpoint = Endpoint,
                Token = FindToken(),
                SampleRateHz = sampleRateHz,
                FrameRateHz = _frameRateHz,
                Latency = isLive ? FaceLatency.Realtime : _latency,
                Idles = _idles,
                FollowsAudio = !isLive,
                StartDelayS = _startDelayMs / 1000.0,
                ConnectTimeoutS = _connectTimeoutS,
            };
        }
    }
}

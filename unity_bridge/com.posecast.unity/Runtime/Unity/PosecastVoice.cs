using System;
using System.Collections.Generic;
using UnityEngine;
using UnityEngine.Events;

namespace Posecast.Unity
{
    /// <summary>A character's voice: plays speech, sends it to the server, and has the face of the moment.</summary>
    /// <remarks>One voice, one stream. Another sample rate opens another stream, so keep to one.</remarks>
    [AddComponentMenu("Posecast/Posecast Voice")]
    [RequireComponent(typeof(AudioSource))]
    [DefaultExecutionOrder(-100)]
    public sealed class PosecastVoice : MonoBehaviour
    {
        private const int MicrophoneRateHz = 16000;

        [SerializeField] private PosecastConnection _connection;

        [Tooltip("Rate of your clips or synthesis, to connect at the start, so that the face lives from then on; 0: with the first line")]
        [SerializeField] private int _sampleRateHz = 24000;

        [Tooltip("A style of the server, or a blend: cheerful:0.6,tired:0.4")]
        [SerializeField] private string _style = "neutral";

        [Range(0f, 2f)]
        [SerializeField] private float _styleStrength = 1f;

        [Tooltip("Added to the latency of the loudspeaker; + shows the face later")]
        [Range(-200f, 500f)]
        [SerializeField] private float _faceDelayMs;

        [Tooltip("How long a line waits for its face before it is heard without one")]
        [Range(0f, 10f)]
        [SerializeField] private float _mostWaitS = 1f;

        [SerializeField] private UnityEvent _onLineStarted = new UnityEvent();
        [SerializeField] private UnityEvent _onLineFinished = new UnityEvent();
        [SerializeField] private PosecastErrorEvent _onError = new PosecastErrorEvent();

        private readonly VoiceStream _stream = new VoiceStream();
        private readonly VoiceLines _lines = new VoiceLines();
        private AudioSource _source;
        private PcmOutput _output;
        private MicrophoneFeed _microphone;
        private PcmLine _open;

        /// <summary>The face of this rendered frame; null before the server greeted.</summary>
        public Face Face { get; private set; }

        /// <summary>Names of its curves.</summary>
        public IReadOnlyList<string> CurveNames
        {
            get { return _stream.Client == null ? Array.Empty<string>() : _stream.Client.CurveNames; }
        }

        /// <summary>What the stream is doing.</summary>
        public FaceClientState State
        {
            get { return _stream.Client == null ? FaceClientState.Closed : _stream.Client.State; }
        }

        /// <summary>What went wrong last; empty if nothing did.</summary>
        public string LastError { get; private set; } = "";

        /// <summary>What was counted.</summary>
        public FaceClientStats Stats
        {
            get { return _stream.Client == null ? default(FaceClientStats) : _stream.Client.Stats; }
        }

        /// <summary>Whether something is said, or waits to be said.</summary>
        public bool IsSpeaking
        {
            get { return _lines.Count > 0; }
        }

        /// <summary>Where the server is.</summary>
        public PosecastConnection Connection
        {
            get { return _connection; }
            set { _connection = value; }
        }

        /// <summary>A line begins to be heard.</summary>
        public UnityEvent OnLineStarted
        {
            get { return _onLineStarted; }
        }

        /// <summary>A line was heard to its end, or was interrupted.</summary>
        public UnityEvent OnLineFinished
        {
            get { return _onLineFinished; }
        }

        /// <summary>Something failed; lines are then heard without a face.</summary>
        public PosecastErrorEvent OnError
        {
            get { return _onError; }
        }

        /// <summary>Says a clip, after what is being said.</summary>
        /// <exception cref="ArgumentException">If the clip's samples cannot be read.</exception>
        /// <exception cref="InvalidOperationException">If there is no connection asset or no HTTP/2.</exception>
        public void Speak(AudioClip clip)
        {
            EndSpeech();
            var line = new ClipLine(_source, _output, clip);
            Open(clip.frequency, false);
            _lines.Add(line);
        }

        /// <summary>Says samples of a speech synthesis as they come. <see cref="EndSpeech"/> ends the line.</summary>
        /// <param name="samples">Mono, -1..1.</param>
        /// <param name="offset">Where they begin.</param>
        /// <param name="count">How many.</param>
        /// <param name="sampleRateHz">Their rate, the same for a whole line.</param>
        /// <returns>How many were taken: fewer than given where too much waits; give the rest again later.</returns>
        /// <exception cref="InvalidOperationException">If there is no connection asset or no HTTP/2.</exception>
        public int PushPcm(float[] samples, int offset, int count, int sampleRateHz)
        {
            if (_open == null)
            {
                Open(sampleRateHz, false);
                _open = new PcmLine(_output, sampleRateHz);
                _lines.Add(_open);
            }
            return _lines.IsNextToFeed(_open) ? _open.Push(_stream.Client, samples, offset, count) : 0;
        }

        /// <summary>The line of <see cref="PushPcm"/> is complete.</summary>
        public void EndSpeech()
        {
            _open?.End();
            _open = null;
        }

        /// <summary>Shows the face of who speaks into a microphone, until <see cref="StopMicrophone"/>.</summary>
        /// <param name="device">Its name; null for the default one.</param>
        /// <exception cref="InvalidOperationException">If there is no such microphone, no connection asset or no HTTP/2.</exception>
        public void StartMicrophone(string device = null)
        {
            StopMicrophone();
            Interrupt();
            var microphone = new MicrophoneFeed(device, MicrophoneRateHz);
            Open(microphone.SampleRateHz, true);
            _microphone = microphone;
        }

        /// <summary>Ends what <see cref="StartMicrophone"/> began.</summary>
        public void StopMicrophone()
        {
            if (_microphone != null)
            {
                _microphone.Stop();
                _microphone = null;
                _stream.Client?.EndUtterance();
            }
        }

        /// <summary>Falls silent at once; the face eases to rest in 200 ms. Lines that wait are dropped.</summary>
        public void Interrupt()
        {
            _open = null;
            bool wasHeard = _lines.Stop();
            _stream.Client?.Interrupt();
            if (wasHeard)
            {
                _onLineFinished.Invoke();
            }
        }

        /// <summary>Changes the style, from the audio on that is pushed next.</summary>
        public void SetStyle(string style, float strength = 1f)
        {
            _style = style;
            _styleStrength = strength;
            Change(new FaceSettings { StyleName = style, StyleStrength = strength });
        }

        /// <summary>Changes settings of the server, from the audio on that is pushed next.</summary>
        public void Change(FaceSettings settings)
        {
            _stream.Client?.Update(settings);
        }

        private void OnEnable()
        {
            _source = GetComponent<AudioSource>();
            _output = new PcmOutput(_source);
        }

        private void Start()
        {
            if (_connection == null || _sampleRateHz <= 0)
            {
                return;
            }
            try
            {
                Open(_sampleRateHz, false);
            }
            catch (Exception error) when (error is InvalidOperationException || error is ArgumentException || error is UriFormatException)
            {
                Tell(error.Message); // a character without a face may still be heard
            }
        }

        // Also before a domain reload: nothing of ours may run on.
        private void OnDisable()
        {
            StopMicrophone();
            Interrupt();
            _stream.Close();
            _output.Dispose();
            Face = null;
        }

        private void Update()
        {
            IFaceClient client = _stream.Client;
            if (client == null)
            {
                return;
            }
            _microphone?.Feed(client);
            _lines.Feed(client);
            VoiceChange change = _lines.Play(client, Time.unscaledDeltaTime, FindLatencyS(), _mostWaitS);
            Face = client.Advance(Time.unscaledDeltaTime);
            TakeEvents(client);
            if (change == VoiceChange.Started)
            {
                _onLineStarted.Invoke();
            }
            else if (change == VoiceChange.Finished)
            {
                _onLineFinished.Invoke();
            }
        }

        private void TakeEvents(IFaceClient client)
        {
            FaceEvent happened;
            while (client.TryTakeEvent(out happened))
            {
                switch (happened.Kind)
                {
                    case FaceEventKind.UtteranceReady:
                        _lines.SetReady(happened.Utterance);
                        break;
                    case FaceEventKind.Reconnecting:
                    case FaceEventKind.Failed:
                        Tell(happened.Message);
                        break;
                }
            }
        }

        private void Tell(string error)
        {
            LastError = error;
            Debug.LogWarning("Posecast: " + error, this);
            _onError.Invoke(error);
        }

        /// <summary>Time from the mixer to the ear, as far as Unity tells it, and the user's own delay.</summary>
        private double FindLatencyS()
        {
            int length, count;
            AudioSettings.GetDSPBufferSize(out length, out count);
            return length * count / (double)AudioSettings.outputSampleRate + _faceDelayMs / 1000.0;
        }

        private void Open(int sampleRateHz, bool isLive)
        {
            var settings = new FaceSettings { StyleName = _style, StyleStrength = _styleStrength };
            if (_stream.Open(_connection, sampleRateHz, isLive, settings))
            {
                _lines.Stop();
                _lines.Restart();
                _output.Prepare(sampleRateHz);
            }
        }

        private void OnAudioFilterRead(float[] data, int numChannels)
        {
            _output?.Render(data, numChannels);
        }
    }
}

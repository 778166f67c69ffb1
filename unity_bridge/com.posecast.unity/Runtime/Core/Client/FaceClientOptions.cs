using System;

namespace Posecast
{
    /// <summary>Where the server is and what holds for a client's whole life.</summary>
    public sealed class FaceClientOptions
    {
        /// <summary>Scheme, host and port, e.g. `http://127.0.0.1:50051`; `https` for TLS.</summary>
        public Uri Endpoint { get; set; }

        /// <summary>Sent as `authorization: Bearer ...`; null for none. Over plain text only to this machine itself.</summary>
        public string Token { get; set; }

        /// <summary>Samples of a channel in a second of the audio that is pushed, 8000..192000.</summary>
        public int SampleRateHz { get; set; } = 16000;

        /// <summary>Channels of the audio that is pushed, 1 or 2.</summary>
        public int NumChannels { get; set; } = 1;

        /// <summary>Frames in a second: 25, 30, 50 or 60.</summary>
        public int FrameRateHz { get; set; } = 60;

        /// <summary>How many frames are made at a time.</summary>
        public FaceLatency Latency { get; set; }

        /// <summary>Whether the face lives on between utterances.</summary>
        public bool Idles { get; set; }

        /// <summary>Whether an audio player tells the time; otherwise faces are shown as they come (microphones).</summary>
        public bool FollowsAudio { get; set; } = true;

        /// <summary>What is buffered before an utterance is ready, 0..2 s.</summary>
        public double StartDelayS { get; set; } = 0.12;

        /// <summary>Audio that may wait to be sent, 1..600 s.</summary>
        public double MaxAudioS { get; set; } = 30.0;

        /// <summary>Frames that may wait to be shown, 6..50 s, for a server knows the last minute for interrupts; it waits while they are full.</summary>
        public double MaxFramesS { get; set; } = 20.0;

        /// <summary>How long the server may take to greet, 0.1 s and more.</summary>
        public double ConnectTimeoutS { get; set; } = 5.0;

        /// <summary>How long the server may be silent where it owes an answer, 0.1 s and more.</summary>
        public double SilenceTimeoutS { get; set; } = 15.0;

        /// <summary>Time before the first attempt to connect again; it doubles up to 2 s.</summary>
        public double ReconnectDelayS { get; set; } = 0.1;

        /// <summary>Choices for the face; null for all defaults.</summary>
        public FaceSettings Settings { get; set; }

        /// <summary>Checks all values.</summary>
        /// <exception cref="ArgumentException">If one is not allowed; the message tells which.</exception>
        public void Check()
        {
            if (Endpoint == null || !Endpoint.IsAbsoluteUri || (Endpoint.Scheme != "http" && Endpoint.Scheme != "https"))
            {
                throw new ArgumentException("address '" + Endpoint + "'; expected http://host:port or https://host:port");
            }
            if (!string.IsNullOrEmpty(Token) && Endpoint.Scheme == "http" && !Endpoint.IsLoopback)
            {
                throw new ArgumentException("a token for " + Endpoint.Host + " would travel in plain text; use https");
            }
            CheckRange("sample rate", SampleRateHz, 8000, 192000, "Hz");
            CheckRange("number of channels", NumChannels, 1, 2, "");
            if (FrameRateHz != 25 && FrameRateHz != 30 && FrameRateHz != 50 && FrameRateHz != 60)
            {
                throw new ArgumentException("frame rate " + FrameRateHz + " Hz; allowed: 25, 30, 50, 60");
            }
            CheckRange("start delay", StartDelayS, 0.0, 2.0, "s");
            CheckRange("audio that may wait", MaxAudioS, 1.0, 600.0, "s");
            CheckRange("frames that may wait", MaxFramesS, 6.0, 50.0, "s");
            CheckRange("connect timeout", ConnectTimeoutS, 0.1, 3600.0, "s");
            CheckRange("silence timeout", SilenceTimeoutS, 0.1, 3600.0, "s");
            CheckRange("reconnect delay", ReconnectDelayS, 0.01, 5.0, "s");
        }

        private static void CheckRange(string name, double value, double least, double most, string unit)
        {
            if (!(value >= least && value <= most))
            {
                throw new ArgumentException(
                    FormattableString.Invariant($"{name} {value} {unit}; allowed: {least} to {most} {unit}"));
            }
        }
    }
}

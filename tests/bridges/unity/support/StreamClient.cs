using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Net.Http;
using System.Threading;

namespace Posecast.Tests
{
    /// <summary>
    /// A console client for the end-to-end tests: `COMMAND http://HOST:PORT SPEECH.raw [TOKEN]`. It prints lines
    /// `KEY VALUE...`, and `face UTTERANCE TIME WEIGHTS... HEAD` for faces.
    /// </summary>
    public static class StreamClient
    {
        private const int SampleRateHz = 16000;
        private const double StepS = 1.0 / 60.0;

        public static int Main(string[] args)
        {
            AppContext.SetSwitch("System.Net.Http.SocketsHttpHandler.Http2UnencryptedSupport", true);
            var options = new FaceClientOptions
            {
                Endpoint = new Uri(args[1]),
                FrameRateHz = 25,
                Settings = new FaceSettings { Seed = 7 },
                Token = args.Length > 3 ? args[3] : null,
            };
            short[] speech = ReadSamples(args[2]);
            using (var handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false })
            {
                switch (args[0])
                {
                    case "styles":
                        return ListStyles(options, handler);
                    case "clip":
                        return AnimateClip(options, handler, args[2]);
                    case "speak":
                        return new Conversation(options, handler).Speak(speech, 2);
                    case "interrupt":
                        return new Conversation(options, handler).Interrupt(speech);
                    case "reconnect":
                        return new Conversation(options, handler).Reconnect(speech);
                    case "refused":
                        options.Settings.StyleName = "no such style";
                        return new Conversation(options, handler).TellFailure();
                    case "token":
                        return new Conversation(options, handler).TellFailure();
                    case "idle":
                        options.Idles = true;
                        options.FollowsAudio = false;
                        return new Conversation(options, handler).Idle();
                    default:
                        Console.Error.WriteLine("unknown command " + args[0]);
                        return 2;
                }
            }
        }

        private static short[] ReadSamples(string path)
        {
            byte[] bytes = File.ReadAllBytes(path);
            var samples = new short[bytes.Length / 2];
            Buffer.BlockCopy(bytes, 0, samples, 0, 2 * samples.Length);
            return samples;
        }

        private static int ListStyles(FaceClientOptions options, HttpMessageHandler handler)
        {
            var service = new FaceService(options.Endpoint, handler, options.Token);
            foreach (var style in service.ListStylesAsync(TimeSpan.FromSeconds(10), CancellationToken.None).Result.Styles)
            {
                Console.WriteLine("style " + style.Name);
            }
            var info = service.GetServerInfoAsync(TimeSpan.FromSeconds(10), CancellationToken.None).Result;
            Console.WriteLine("version " + info.ServerVersion);
            return 0;
        }

        private static int AnimateClip(FaceClientOptions options, HttpMessageHandler handler, string path)
        {
            var request = new Posecast.V1.AnimateClipRequest
            {
                Raw = new Posecast.V1.RawAudio
                {
                    Format = FaceMessages.ToConfig(options, options.Settings).Config.AudioFormat,
                    Data = Google.Protobuf.ByteString.CopyFrom(File.ReadAllBytes(path)),
                },
                Settings = FaceMessages.ToMessage(options, options.Settings),
            };
            var service = new FaceService(options.Endpoint, handler, options.Token);
            Face face = null;
            service.AnimateClipAsync(
                request,
                answer =>
                {
                    if (answer.Header != null)
                    {
                        face = new Face(answer.Header.Rig.CurveNames.Count);
                    }
                    foreach (var frame in answer.Frames?.Frames ?? new Google.Protobuf.Collections.RepeatedField<Posecast.V1.FaceFrame>())
                    {
                        FaceMessages.TryRead(frame, face);
                        Conversation.Print(0, frame.Index / 25.0, face);
                    }
                },
                TimeSpan.FromSeconds(60),
                CancellationToken.None).Wait();
            return 0;
        }

        /// <summary>A client with a fake audio player, which runs as fast as it can.</summary>
        private sealed class Conversation
        {
            private readonly HttpFaceClient _client;
            private readonly List<FaceEvent> _events = new List<FaceEvent>();

            public Conversation(FaceClientOptions options, HttpMessageHandler handler)
            {
                _client = new HttpFaceClient(options, handler);
            }

            public static void Print(uint utterance, double timeS, Face face)
            {
                var line = new List<string>
                {
                    "face", utterance.ToString(), timeS.ToString("R", CultureInfo.InvariantCulture),
                };
                foreach (float weight in face.Weights)
                {
                    line.Add(weight.ToString("R", CultureInfo.InvariantCulture));
                }
                foreach (float part in new[] { face.Head.X, face.Head.Y, face.Head.Z, face.Head.W })
                {
                    line.Add(part.ToString("R", CultureInfo.InvariantCulture));
                }
                Console.WriteLine(string.Join(" ", line));
            }

            public int Speak(short[] speech, uint numUtterances)
            {
                for (uint utterance = 0; utterance < numUtterances; utterance++)
                {
                    Say(speech);
                }
                for (uint utterance = 0; utterance < numUtterances; utterance++)
                {
                    Await(FaceEventKind.UtteranceEnded, utterance);
                    Play(utterance, 0.0, speech.Length / (double)SampleRateHz);
                    Await(FaceEventKind.UtterancePlayed, utterance);
                }
                return Finish();
            }

            public int Interrupt(short[] speech)
            {
                Say(speech);
                _client.PushAudio(speech, 0, speech.Length / 2); // of another utterance, which is open
                Await(FaceEventKind.UtteranceReady, 0);
                Play(0, 0.0, 0.5);
                _client.Interrupt();
                Console.WriteLine("interrupted " + _client.CurrentUtterance);
                Coast(0, 1.0);
                Await(FaceEventKind.UtterancePlayed, 0);
                uint next = _client.CurrentUtterance;
                Say(speech);
                Await(FaceEventKind.UtteranceEnded, next);
                Play(next, 0.0, speech.Length / (double)SampleRateHz);
                return Finish();
            }

            public int Reconnect(short[] speech)
            {
                Await(FaceEventKind.Connected, 0);
                Console.WriteLine("connected"); // the test stops the server and starts another
                Console.ReadLine();
                var watch = Stopwatch.StartNew();
                Say(speech);
                _events.Clear();
                Await(FaceEventKind.Connected, 0);
                Console.WriteLine("reconnected " + watch.Elapsed.TotalSeconds.ToString("R", CultureInfo.InvariantCulture));
                Await(FaceEventKind.UtteranceEnded, 0);
                Play(0, 0.0, speech.Length / (double)SampleRateHz);
                return Finish();
            }

            public int TellFailure()
            {
                while (_client.State != FaceClientState.Failed && _client.State != FaceClientState.Waiting)
                {
                    Step();
                }
                Console.WriteLine("state " + _client.State);
                Console.WriteLine("error " + _client.LastError);
                return Finish();
            }

            public int Idle()
            {
                Await(FaceEventKind.Connected, 0);
                Coast(0, 2.0, true);
                return Finish();
            }

            private void Say(short[] speech)
            {
                for (int start = 0; start < speech.Length; start += 320)
                {
                    _client.PushAudio(speech, start, Math.Min(320, speech.Length - start));
                }
                _client.EndUtterance();
            }

            private void Play(uint utterance, double fromS, double toS)
            {
                for (double timeS = fromS; timeS < toS; timeS += StepS)
                {
                    _client.SetAudioPosition(utterance, timeS);
                    Print(utterance, timeS, _client.Advance(StepS));
                }
            }

            private void Coast(uint utterance, double durationS, bool inRealTime = true)
            {
                for (double timeS = 0.0; timeS < durationS; timeS += StepS)
                {
                    Thread.Sleep(inRealTime ? 16 : 0);
                    Print(utterance, timeS, _client.Advance(StepS));
                }
            }

            private void Await(FaceEventKind kind, uint utterance)
            {
                var watch = Stopwatch.StartNew();
                while (!_events.Exists(happened => happened.Kind == kind && happened.Utterance == utterance))
                {
                    Step();
                    if (watch.Elapsed.TotalSeconds > 30.0)
                    {
                        throw new TimeoutException(kind + " of " + utterance + "; " + _client.LastError);
                    }
                }
            }

            private void Step()
            {
                Thread.Sleep(5);
                _client.Advance(0.005);
                FaceEvent happened;
                while (_client.TryTakeEvent(out happened))
                {
                    _events.Add(happened);
                    Console.WriteLine("event " + happened.Kind + " " + happened.Utterance + " " + happened.WasCut);
                }
            }

            private int Finish()
            {
                Step();
                FaceClientStats stats = _client.Stats;
                Console.WriteLine("received " + stats.FramesReceived);
                Console.WriteLine("dropped " + stats.FramesDropped);
                Console.WriteLine("malformed " + stats.FramesMalformed);
                _client.Dispose();
                Console.WriteLine("closed " + _client.State);
                return 0;
            }
        }
    }
}

using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using NUnit.Framework;
using Posecast.V1;

namespace Posecast.Tests
{
    [TestFixture]
    public sealed class HttpFaceClientTests
    {
        private const double StepS = 0.01;

        private readonly List<FaceEvent> _events = new List<FaceEvent>();
        private FaceClientOptions _options;

        [SetUp]
        public void MakeOptions()
        {
            _events.Clear();
            _options = new FaceClientOptions
            {
                Endpoint = new Uri("http://127.0.0.1:50051"),
                FrameRateHz = 25,
                ReconnectDelayS = 0.02,
                Settings = new FaceSettings(),
            };
        }

        private static AnimateResponse Header(ulong seed = 100)
        {
            var header = new AnimationHeader { FrameRateHz = 25, Seed = seed, ServerVersion = "0.1.0", StreamId = "id" };
            header.Rig = new FaceRig { CoordinateSystem = CoordinateSystem.RightHandedYUpFacingZ };
            header.Rig.CurveNames.Add(new[] { "jawOpen", "mouthClose" });
            return new AnimateResponse { Header = header };
        }

        /// <summary>Frames whose first weight is the index / 100.</summary>
        private static AnimateResponse Frames(uint utterance, int first, int count, bool isEasing = false)
        {
            var batch = new FrameBatch { UtteranceIndex = utterance, IsEasing = isEasing };
            for (int i = first; i < first + count; i++)
            {
                var frame = new FaceFrame { Index = (ulong)i, Head = new HeadPose { W = 1f } };
                frame.Weights.Add(new[] { i / 100f, 0f });
                batch.Frames.Add(frame);
            }
            return new AnimateResponse { Frames = batch };
        }

        private static AnimateResponse End(uint utterance, ulong numFrames, bool wasInterrupted = false)
        {
            return new AnimateResponse
            {
                End = new UtteranceEnd { UtteranceIndex = utterance, NumFrames = numFrames, WasInterrupted = wasInterrupted },
            };
        }

        /// <summary>A server in small: 640 bytes of audio (20 ms at 16 kHz) are half a frame.</summary>
        private static async Task Serve(FakeCall call, List<AnimateRequest> requests, int breakAfterBytes = int.MaxValue)
        {
            uint utterance = 0;
            int numBytes = 0;
            int total = 0;
            for (AnimateRequest request; (request = await call.ReadAsync().ConfigureAwait(false)) != null;)
            {
                lock (requests)
                {
                    requests.Add(request);
                }
                switch (request.PartCase)
                {
                    case AnimateRequest.PartOneofCase.Config:
                        call.Send(Header(request.Config.Settings.HasSeed ? request.Config.Settings.Seed : 100));
                        break;
                    case AnimateRequest.PartOneofCase.Audio:
                        int before = (numBytes + 1279) / 1280;
                        numBytes += request.Audio.Data.Length;
                        total += request.Audio.Data.Length;
                        int frames = (numBytes + 1279) / 1280;
                        if (frames > before)
                        {
                            call.Send(Frames(utterance, before, frames - before));
                        }
                        break;
                    case AnimateRequest.PartOneofCase.EndOfUtterance:
                        call.Send(End(utterance++, (ulong)((numBytes + 1279) / 1280)));
                        numBytes = 0;
                        break;
                    case AnimateRequest.PartOneofCase.Interrupt:
                        if (request.Interrupt.HasFrameIndex)
                        {
                            call.Send(Frames(request.Interrupt.UtteranceIndex, (int)request.Interrupt.FrameIndex, 5, true));
                        }
                        if (numBytes > 0)
                        {
                            call.Send(End(utterance++, (ulong)((numBytes + 1279) / 1280), true));
                            numBytes = 0;
                        }
                        break;
                }
                if (total >= breakAfterBytes)
                {
                    call.Break(new IOException("connection reset"));
                    return;
                }
            }
            call.End("0");
        }

        private Face Await(HttpFaceClient client, Func<bool> isSo)
        {
            var watch = Stopwatch.StartNew();
            Face face = null;
            while (!isSo())
            {
                Thread.Sleep(2);
                face = client.Advance(0.002);
                FaceEvent happened;
                while (client.TryTakeEvent(out happened))
                {
                    _events.Add(happened);
                }
                Assert.That(watch.Elapsed.TotalSeconds, Is.LessThan(10.0), "it never came to that; " + client.State + ": " + client.LastError);
            }
            return face;
        }

        private Func<bool> Happened(FaceEventKind kind, uint utterance = 0)
        {
            return () => _events.Exists(happened => happened.Kind == kind && happened.Utterance == utterance);
        }

        private static void Say(HttpFaceClient client, double durationS)
        {
            var samples = new short[(int)(durationS * 16000)];
            Assert.That(client.PushAudio(samples, 0, samples.Length), Is.EqualTo(samples.Length));
            client.EndUtterance();
        }

        private static float Play(HttpFaceClient client, uint utterance, double fromS, double toS)
        {
            Face face = null;
            for (double timeS = fromS; timeS < toS - 1e-9; timeS += StepS)
            {
                client.SetAudioPosition(utterance, timeS);
                face = client.Advance(StepS);
            }
            return face.Weights[0];
        }

        [Test]
        public void SpeechBecomesFacesUtteranceAfterUtterance()
        {
            var requests = new List<AnimateRequest>();
            using (var server = new FakeServer(call => Serve(call, requests)))
            using (var client = new HttpFaceClient(_options, server))
            {
                Say(client, 1.0);
                Say(client, 1.0);
                Await(client, Happened(FaceEventKind.UtteranceReady));
                Await(client, Happened(FaceEventKind.UtteranceEnded, 1));

                Assert.That(client.CurveNames, Is.EqualTo(new[] { "jawOpen", "mouthClose" }));
                Assert.That(Play(client, 0, 0.0, 0.51), Is.EqualTo(0.5f * 25f / 100f).Within(1e-5));
                Assert.That(client.State, Is.EqualTo(FaceClientState.Receiving));
                Play(client, 0, 0.51, 1.02);
                Assert.That(Play(client, 1, 0.0, 0.51), Is.EqualTo(0.125f).Within(1e-5));
                Await(client, Happened(FaceEventKind.UtterancePlayed));
                Assert.That(client.Stats.FramesReceived, Is.EqualTo(50));
                Assert.That(client.CurrentUtterance, Is.EqualTo(2));
            }
        }

        [Test]
        public void AnInterruptNamesTheFrameThatWouldBeShownNext()
        {
            var requests = new List<AnimateRequest>();
            using (var server = new FakeServer(call => Serve(call, requests)))
            using (var client = new HttpFaceClient(_options, server))
            {
                Say(client, 2.0);
                client.PushAudio(new short[16000], 0, 16000);
                Await(client, Happened(FaceEventKind.UtteranceEnded));
                Await(client, () => client.Stats.FramesReceived >= 75);
                Play(client, 0, 0.0, 1.0);

                client.Interrupt();
                Await(client, Happened(FaceEventKind.UtteranceEnded, 1));

                Interrupt sent = requests.Last().Interrupt;
                Assert.That(sent.FrameIndex, Is.EqualTo(25)); // 0.99 s is in frame 24
                Assert.That(sent.UtteranceIndex, Is.EqualTo(0));
                Await(client, Happened(FaceEventKind.UtterancePlayed));
                Assert.That(client.CurrentUtterance, Is.EqualTo(2));
                Say(client, 1.0);
                Await(client, Happened(FaceEventKind.UtteranceEnded, 2));
                Assert.That(_events.Last(happened => happened.Kind == FaceEventKind.UtteranceEnded).WasCut, Is.False);
                Assert.That(Play(client, 2, 0.0, 0.51), Is.EqualTo(0.125f).Within(1e-5));
            }
        }

        [Test]
        public void ABrokenStreamIsTakenUpAgainWithTheSameFace()
        {
            var requests = new List<AnimateRequest>();
            int numCalls = 0;
            using (var server = new FakeServer(call => Serve(call, requests, Interlocked.Increment(ref numCalls) == 1 ? 48000 : int.MaxValue)))
            using (var client = new HttpFaceClient(_options, server))
            {
                Say(client, 1.0); // 32000 bytes
                Say(client, 2.0); // breaks in the middle

                Await(client, Happened(FaceEventKind.UtteranceEnded, 1));

                Assert.That(client.Stats.Reconnections, Is.EqualTo(1));
                List<AnimateConfig> configs = requests.Where(request => request.Config != null).Select(request => request.Config).ToList();
                Assert.That(configs[0].Settings.HasSeed, Is.False);
                // The first stream was given the seed 100; the second begins with utterance 1.
                Assert.That(configs[1].Settings.Seed, Is.EqualTo(101));
                Assert.That(Play(client, 0, 0.0, 0.51), Is.EqualTo(0.125f).Within(1e-5));
                Play(client, 0, 0.51, 1.02);
                Assert.That(Play(client, 1, 0.0, 1.51), Is.EqualTo(1.5f * 25f / 100f).Within(1e-5));
                Assert.That(client.Stats.FramesDropped, Is.EqualTo(0));
            }
        }

        [Test]
        public void AnUtteranceThatBreaksEveryStreamIsGivenUpAndTheNextIsHeard()
        {
            var requests = new List<AnimateRequest>();
            int numCalls = 0;
            using (var server = new FakeServer(call => Serve(call, requests, Interlocked.Increment(ref numCalls) <= 3 ? 32000 : int.MaxValue)))
            using (var client = new HttpFaceClient(_options, server))
            {
                Say(client, 2.0);
                Say(client, 0.5);

                Await(client, Happened(FaceEventKind.UtteranceEnded, 1));

                Assert.That(_events.Single(happened => happened.Kind == FaceEventKind.UtteranceEnded && happened.Utterance == 0).WasCut, Is.True);
                Assert.That(client.Stats.Reconnections, Is.EqualTo(3));
            }
        }

        [Test]
        public void AServerThatIsBackIsFoundWithinTwoSeconds()
        {
            var requests = new List<AnimateRequest>();
            using (var server = new FakeServer(call => Serve(call, requests)) { NumRefused = int.MaxValue })
            using (var client = new HttpFaceClient(_options, server))
            {
                Await(client, () => client.Stats.Reconnections >= 5);
                Assert.That(client.State, Is.EqualTo(FaceClientState.Reconnecting));
                Assert.That(client.LastError, Is.EqualTo("Unavailable: connection refused"));
                server.NumRefused = 0;
                var watch = Stopwatch.StartNew();

                Await(client, Happened(FaceEventKind.Connected));

                Assert.That(watch.Elapsed.TotalSeconds, Is.LessThan(2.0));
            }
        }

        [Test]
        public void ARefusalIsFinalAndIsTold()
        {
            using (var server = new FakeServer(async call =>
            {
                await call.ReadAsync().ConfigureAwait(false);
                call.EndAtOnce("3", "unknown style 'x'");
            }))
            using (var client = new HttpFaceClient(_options, server))
            {
                Await(client, Happened(FaceEventKind.Failed));

                Assert.That(client.State, Is.EqualTo(FaceClientState.Failed));
                Assert.That(client.LastError, Is.EqualTo("InvalidArgument: unknown style 'x'"));
                Thread.Sleep(100);
                Assert.That(server.Requests.Count, Is.EqualTo(1));
            }
        }

        [Test]
        public void AServerThatDoesNotGreetIsLeft()
        {
            _options.ConnectTimeoutS = 0.1;
            using (var server = new FakeServer(call => new TaskCompletionSource<bool>().Task))
            using (var client = new HttpFaceClient(_options, server))
            {
                Assert.That(client.Advance(StepS), Is.Null);
                Assert.That(client.CurveNames, Is.Empty);
                Await(client, Happened(FaceEventKind.Reconnecting));

                Assert.That(client.LastError, Is.EqualTo("DeadlineExceeded: no greeting within 0.1 s"));
            }
        }

        [Test]
        public void AServerThatFallsSilentWhereItOwesAnAnswerIsLeft()
        {
            _options.SilenceTimeoutS = 0.2;
            using (var server = new FakeServer(async call =>
            {
                await call.ReadAsync().ConfigureAwait(false);
                call.Send(Header());
                while (await call.ReadAsync().ConfigureAwait(false) != null)
                {
                }
            }))
            using (var client = new HttpFaceClient(_options, server))
            {
                Await(client, Happened(FaceEventKind.Connected));
                Thread.Sleep(300);
                client.Advance(StepS);
                Assert.That(client.State, Is.EqualTo(FaceClientState.Waiting)); // nothing is owed
                Say(client, 0.1);

                Await(client, Happened(FaceEventKind.Reconnecting));

                StringAssert.Contains("fell silent", client.LastError);
            }
        }

        [Test]
        public void ATokenGoesWithEveryCall()
        {
            _options.Token = "secret";
            using (var server = new FakeServer(call => Serve(call, new List<AnimateRequest>())))
            using (var client = new HttpFaceClient(_options, server))
            {
                Await(client, Happened(FaceEventKind.Connected));

                Assert.That(server.Requests.Single().Headers.GetValues("authorization").Single(), Is.EqualTo("Bearer secret"));
            }
        }

        [Test]
        public void UpdatesKeepTheirPlaceAndHoldOnTheNextStream()
        {
            var requests = new List<AnimateRequest>();
            int numCalls = 0;
            using (var server = new FakeServer(call => Serve(call, requests, Interlocked.Increment(ref numCalls) == 1 ? 40000 : int.MaxValue)))
            using (var client = new HttpFaceClient(_options, server))
            {
                Say(client, 1.0);
                client.Update(new FaceSettings { StyleName = "calm" });
                Say(client, 1.0);

                Await(client, Happened(FaceEventKind.UtteranceEnded, 1));

                List<AnimateRequest.PartOneofCase> parts = requests.Select(request => request.PartCase).ToList();
                int update = parts.IndexOf(AnimateRequest.PartOneofCase.Update);
                Assert.That(parts[update - 1], Is.EqualTo(AnimateRequest.PartOneofCase.EndOfUtterance));
                Assert.That(parts[update + 1], Is.EqualTo(AnimateRequest.PartOneofCase.Audio));
                Assert.That(requests.Last(request => request.Config != null).Config.Settings.StyleName, Is.EqualTo("calm"));
            }
        }

        [Test]
        public void ASlowPlayerSlowsTheServerAndDropsNothing()
        {
            _options.MaxFramesS = 6.0; // 150 frames
            using (var server = new FakeServer(call => Serve(call, new List<AnimateRequest>())))
            using (var client = new HttpFaceClient(_options, server))
            {
                Say(client, 20.0);
                Await(client, Happened(FaceEventKind.UtteranceReady));
                Thread.Sleep(200);
                Assert.That(client.Stats.FramesReceived, Is.LessThan(150));
                for (double timeS = 0.0; timeS < 19.9; timeS += 0.05)
                {
                    client.SetAudioPosition(0, timeS);
                    client.Advance(0.05);
                    Await(client, () => client.Stats.FramesWaiting > 10 || client.Stats.FramesReceived == 500);
                }
                Assert.That(client.Stats.FramesDropped, Is.EqualTo(0));
                Assert.That(client.Stats.FramesReceived, Is.EqualTo(500));
            }
        }

        private static void SendAfterHeader(FakeCall call, Action answer)
        {
            call.Send(Header());
            answer();
        }

        [TestCase("garbage", "cannot be read")]
        [TestCase("no header", "before the header")]
        [TestCase("unknown utterance", "never sent")]
        public void AnswersThatMakeNoSenseEndTheStream(string answer, string told)
        {
            using (var server = new FakeServer(async call =>
            {
                await call.ReadAsync().ConfigureAwait(false);
                switch (answer)
                {
                    case "garbage":
                        call.SendBytes(0, 0, 0, 0, 2, 0xFF, 0xFF);
                        break;
                    case "no header":
                        call.Send(Frames(0, 0, 1));
                        break;
                    default:
                        SendAfterHeader(call, () => call.Send(Frames(3, 0, 1)));
                        break;
                }
            }))
            using (var client = new HttpFaceClient(_options, server))
            {
                Await(client, Happened(FaceEventKind.Reconnecting));

                StringAssert.Contains(told, client.LastError);
            }
        }

        [Test]
        public void PartsOfANewerServerAreIgnoredAndBadFramesCounted()
        {
            using (var server = new FakeServer(async call =>
            {
                await call.ReadAsync().ConfigureAwait(false);
                call.Send(Header());
                call.SendBytes(0, 0, 0, 0, 3, 0xFA, 0x07, 0x00); // field 127, an empty message
                await call.ReadAsync().ConfigureAwait(false);
                AnimateResponse frames = Frames(0, 0, 10);
                frames.Frames.Frames[4].Weights.RemoveAt(0);
                frames.Frames.Frames[5].Weights[0] = float.NaN;
                call.Send(frames);
                call.Send(End(0, 10));
            }))
            using (var client = new HttpFaceClient(_options, server))
            {
                Say(client, 0.4);
                Await(client, Happened(FaceEventKind.UtteranceEnded));

                Assert.That(client.Stats.FramesMalformed, Is.EqualTo(2));
                Assert.That(Play(client, 0, 0.0, 0.19), Is.EqualTo(4.5f / 100f).Within(1e-5)); // between the good ones
            }
        }

        [Test]
        public void NothingIsAllocatedForAFrame()
        {
            var allocated = typeof(GC).GetMethod("GetAllocatedBytesForCurrentThread");
            if (allocated == null)
            {
                Assert.Ignore("this runtime does not count what a thread allocates");
            }
            var read = (Func<long>)Delegate.CreateDelegate(typeof(Func<long>), allocated);
            using (var server = new FakeServer(call => Serve(call, new List<AnimateRequest>())))
            using (var client = new HttpFaceClient(_options, server))
            {
                Say(client, 12.0);
                Await(client, Happened(FaceEventKind.UtteranceEnded));
                Play(client, 0, 0.0, 1.0);
                long before = read();
                Play(client, 0, 1.0, 11.0);
                Assert.That(read() - before, Is.EqualTo(0));
                Assert.That(client.State, Is.EqualTo(FaceClientState.Receiving));
            }
        }

        [Test]
        public void DisposingEndsTheCallAndAllThatRuns()
        {
            FakeCall seen = null;
            using (var server = new FakeServer(call => { seen = call; return Serve(call, new List<AnimateRequest>()); }))
            {
                var client = new HttpFaceClient(_options, server);
                Await(client, Happened(FaceEventKind.Connected));
                var watch = Stopwatch.StartNew();

                client.Dispose();
                client.Dispose();

                Assert.That(watch.Elapsed.TotalSeconds, Is.LessThan(1.0));
                Assert.That(seen.WasCancelled, Is.True);
                Assert.That(client.State, Is.EqualTo(FaceClientState.Closed));
            }
        }

        [Test]
        public void WrongOptionsAreRefusedWithWhatIsAllowed()
        {
            Action<string, Action<FaceClientOptions>> check = (told, change) =>
            {
                MakeOptions();
                change(_options);
                StringAssert.Contains(told, Assert.Throws<ArgumentException>(() => _options.Check()).Message);
            };

            check("expected http://host:port", options => options.Endpoint = null);
            check("expected http://host:port", options => options.Endpoint = new Uri("ftp://host"));
            check("use https", options => { options.Endpoint = new Uri("http://face.example:50051"); options.Token = "secret"; });
            check("allowed: 25, 30, 50, 60", options => options.FrameRateHz = 24);
            check("allowed: 8000 to 192000 Hz", options => options.SampleRateHz = 7999);
            check("allowed: 1 to 2", options => options.NumChannels = 3);
            check("start delay NaN s; allowed: 0 to 2 s", options => options.StartDelayS = double.NaN);
            check("allowed: 6 to 600 s", options => options.MaxFramesS = 1.0);
        }
    }
}

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
    public sealed class HttpFaceClientTests : HttpFaceClientFixture
    {
        [Test]
        public void SpeechBecomesFacesUtteranceAfterUtterance()
        {
            var requests = new List<AnimateRequest>();
            using (var server = new FakeServer(call => FaceServer.Serve(call, requests)))
            using (var client = new HttpFaceClient(Options, server))
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
            using (var server = new FakeServer(call => FaceServer.Serve(call, requests)))
            using (var client = new HttpFaceClient(Options, server))
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
                Assert.That(Events.Last(happened => happened.Kind == FaceEventKind.UtteranceEnded).WasCut, Is.False);
                Assert.That(Play(client, 2, 0.0, 0.51), Is.EqualTo(0.125f).Within(1e-5));
            }
        }

        [Test]
        public void ABrokenStreamIsTakenUpAgainWithTheSameFace()
        {
            var requests = new List<AnimateRequest>();
            int numCalls = 0;
            using (var server = new FakeServer(call => FaceServer.Serve(call, requests, Interlocked.Increment(ref numCalls) == 1 ? 48000 : int.MaxValue)))
            using (var client = new HttpFaceClient(Options, server))
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
            using (var server = new FakeServer(call => FaceServer.Serve(call, requests, Interlocked.Increment(ref numCalls) <= 3 ? 32000 : int.MaxValue)))
            using (var client = new HttpFaceClient(Options, server))
            {
                Say(client, 2.0);
                Say(client, 0.5);

                Await(client, Happened(FaceEventKind.UtteranceEnded, 1));

                Assert.That(Events.Single(happened => happened.Kind == FaceEventKind.UtteranceEnded && happened.Utterance == 0).WasCut, Is.True);
                Assert.That(client.Stats.Reconnections, Is.EqualTo(3));
            }
        }

        [Test]
        public void AServerThatIsBackIsFoundWithinTwoSeconds()
        {
            var requests = new List<AnimateRequest>();
            using (var server = new FakeServer(call => FaceServer.Serve(call, requests)) { NumRefused = int.MaxValue })
            using (var client = new HttpFaceClient(Options, server))
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
            using (var client = new HttpFaceClient(Options, server))
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
            Options.ConnectTimeoutS = 0.1;
            using (var server = new FakeServer(call => new TaskCompletionSource<bool>().Task))
            using (var client = new HttpFaceClient(Options, server))
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
            Options.SilenceTimeoutS = 0.2;
            using (var server = new FakeServer(async call =>
            {
                await call.ReadAsync().ConfigureAwait(false);
                call.Send(FaceServer.Header());
                while (await call.ReadAsync().ConfigureAwait(false) != null)
                {
                }
            }))
            using (var client = new HttpFaceClient(Options, server))
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
            Options.Token = "secret";
            using (var server = new FakeServer(call => FaceServer.Serve(call, new List<AnimateRequest>())))
            using (var client = new HttpFaceClient(Options, server))
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
            using (var server = new FakeServer(call => FaceServer.Serve(call, requests, Interlocked.Increment(ref numCalls) == 1 ? 40000 : int.MaxValue)))
            using (var client = new HttpFaceClient(Options, server))
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
            Options.MaxFramesS = 6.0; // 150 frames
            using (var server = new FakeServer(call => FaceServer.Serve(call, new List<AnimateRequest>())))
            using (var client = new HttpFaceClient(Options, server))
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

        [Test]
        public void NothingIsAllocatedForAFrame()
        {
            var allocated = typeof(GC).GetMethod("GetAllocatedBytesForCurrentThread");
            if (allocated == null)
            {
                Assert.Ignore("this runtime does not count what a thread allocates");
            }
            var read = (Func<long>)Delegate.CreateDelegate(typeof(Func<long>), allocated);
            using (var server = new FakeServer(call => FaceServer.Serve(call, new List<AnimateRequest>())))
            using (var client = new HttpFaceClient(Options, server))
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
            using (var server = new FakeServer(call => { seen = call; return FaceServer.Serve(call, new List<AnimateRequest>()); }))
            {
                var client = new HttpFaceClient(Options, server);
                Await(client, Happened(FaceEventKind.Connected));
                var watch = Stopwatch.StartNew();

                client.Dispose();
                client.Dispose();

                Assert.That(watch.Elapsed.TotalSeconds, Is.LessThan(1.0));
                Assert.That(seen.WasCancelled, Is.True);
                Assert.That(client.State, Is.EqualTo(FaceClientState.Closed));
            }
        }
    }
}

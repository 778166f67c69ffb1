using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Threading;
using NUnit.Framework;

namespace Posecast.Tests
{
    /// <summary>A client's life in a test: it is spoken to, played and waited for.</summary>
    public abstract class HttpFaceClientFixture
    {
        protected const double StepS = 0.01;

        /// <summary>What the client told.</summary>
        protected List<FaceEvent> Events { get; } = new List<FaceEvent>();

        /// <summary>Those of the next client.</summary>
        protected FaceClientOptions Options { get; private set; }

        [SetUp]
        public void MakeOptions()
        {
            Events.Clear();
            Options = new FaceClientOptions
            {
                Endpoint = new Uri("http://127.0.0.1:50051"),
                FrameRateHz = 25,
                ReconnectDelayS = 0.02,
                Settings = new FaceSettings(),
            };
        }

        protected Face Await(HttpFaceClient client, Func<bool> isSo)
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
                    Events.Add(happened);
                }
                Assert.That(watch.Elapsed.TotalSeconds, Is.LessThan(10.0), "it never came to that; " + client.State + ": " + client.LastError);
            }
            return face;
        }

        protected Func<bool> Happened(FaceEventKind kind, uint utterance = 0)
        {
            return () => Events.Exists(happened => happened.Kind == kind && happened.Utterance == utterance);
        }

        protected static void Say(HttpFaceClient client, double durationS)
        {
            var samples = new short[(int)(durationS * 16000)];
            Assert.That(client.PushAudio(samples, 0, samples.Length), Is.EqualTo(samples.Length));
            client.EndUtterance();
        }

        protected static float Play(HttpFaceClient client, uint utterance, double fromS, double toS)
        {
            Face face = null;
            for (double timeS = fromS; timeS < toS - 1e-9; timeS += StepS)
            {
                client.SetAudioPosition(utterance, timeS);
                face = client.Advance(StepS);
            }
            return face.Weights[0];
        }
    }
}

using System;
using System.Collections.Generic;
using NUnit.Framework;

namespace Posecast.Tests
{
    [TestFixture]
    public sealed class VoiceLinesTests
    {
        private const double StepS = 0.02;
        private const double LatencyS = 0.05;

        private FakeClient _client;
        private VoiceLines _lines;

        [SetUp]
        public void Make()
        {
            _client = new FakeClient();
            _lines = new VoiceLines();
        }

        private VoiceChange Step()
        {
            _lines.Feed(_client);
            return _lines.Play(_client, StepS, LatencyS, 1.0);
        }

        [Test]
        public void ALineWaitsForItsFace()
        {
            var line = new FakeLine { NumPieces = 1 };
            _lines.Add(line);

            Assert.That(Step(), Is.EqualTo(VoiceChange.None));
            _lines.SetReady(0);
            Assert.That(Step(), Is.EqualTo(VoiceChange.Started));
            line.Position = 0.3;
            Assert.That(Step(), Is.EqualTo(VoiceChange.None));

            Assert.That(_client.Told, Is.EqualTo("0@0.25"));
        }

        [Test]
        public void WithoutAServerALineIsHeardAllTheSame()
        {
            _lines.Add(new FakeLine { NumPieces = 1 });
            int steps = 1;
            while (Step() != VoiceChange.Started)
            {
                steps++;
                Assert.That(steps, Is.LessThan(100));
            }
            Assert.That(steps * StepS, Is.EqualTo(1.0).Within(2 * StepS));
        }

        [Test]
        public void TheFaceRunsOnForAMomentAfterTheSound()
        {
            var line = new FakeLine { NumPieces = 1, Position = 2.0 };
            _lines.Add(line);
            _lines.SetReady(0);
            Step();
            line.Over = true;

            Assert.That(Step(), Is.EqualTo(VoiceChange.Finished));
            Assert.That(_lines.Count, Is.EqualTo(0));
            for (int i = 0; i < 10; i++)
            {
                Assert.That(Step(), Is.EqualTo(VoiceChange.None));
            }
            Assert.That(_client.Told, Is.EqualTo("0@2.15")); // 1.95 and ten steps
            for (int i = 0; i < 100; i++)
            {
                Step();
            }
            Assert.That(_client.LastTimeS, Is.LessThan(3.1));
        }

        [Test]
        public void LinesAreFedAheadAndPlayedInOrder()
        {
            var first = new FakeLine { NumPieces = 3 };
            var second = new FakeLine { NumPieces = 1 };
            _lines.Add(first);
            _lines.Add(second);
            Assert.That(_lines.IsNextToFeed(second), Is.False);

            Step();
            Assert.That(first.IsFed, Is.False);
            Step();
            Step();
            Assert.That(first.IsFed && second.IsFed, Is.True);
            Assert.That(first.Utterance, Is.EqualTo(0));
            Assert.That(second.Utterance, Is.EqualTo(1));
            _lines.SetReady(1);
            Assert.That(Step(), Is.EqualTo(VoiceChange.Started));
            Assert.That(first.IsPlaying && !second.IsPlaying, Is.True);
            first.Over = true;
            Assert.That(Step(), Is.EqualTo(VoiceChange.Finished));
            Assert.That(Step(), Is.EqualTo(VoiceChange.Started));
            Assert.That(second.IsPlaying, Is.True);
        }

        [Test]
        public void StoppingEndsAllLines()
        {
            var first = new FakeLine { NumPieces = 1 };
            var second = new FakeLine { NumPieces = 1 };
            _lines.Add(first);
            _lines.Add(second);
            Assert.That(_lines.Stop(), Is.False); // nothing was heard yet
            _lines.Add(first);
            _lines.SetReady(0);
            Step();

            Assert.That(_lines.Stop(), Is.True);
            Assert.That(first.NumStops, Is.EqualTo(2));
            Assert.That(second.NumStops, Is.EqualTo(1));
            Assert.That(_lines.Count, Is.EqualTo(0));
            _client.Told = "";
            Step();
            Assert.That(_client.Told, Is.EqualTo(""));
        }

        private sealed class FakeLine : VoiceLine
        {
            public int NumPieces;
            public bool Over;
            public double Position;
            public int NumStops;

            public override bool IsOver
            {
                get { return Over; }
            }

            public override double PositionS
            {
                get { return Position; }
            }

            public override void Stop()
            {
                NumStops++;
            }

            protected override bool FeedSamples(IFaceClient client)
            {
                return --NumPieces <= 0;
            }

            protected override void StartSound()
            {
            }
        }

        private sealed class FakeClient : IFaceClient
        {
            public string Told { get; set; } = "";

            public double LastTimeS { get; private set; }

            public uint CurrentUtterance { get; private set; }

            public FaceClientState State
            {
                get { return FaceClientState.Waiting; }
            }

            public string LastError
            {
                get { return ""; }
            }

            public IReadOnlyList<string> CurveNames
            {
                get { return new string[0]; }
            }

            public FaceClientStats Stats
            {
                get { return default(FaceClientStats); }
            }

            public void SetAudioPosition(uint utterance, double timeS)
            {
                LastTimeS = timeS;
                Told = FormattableString.Invariant($"{utterance}@{Math.Round(timeS, 6)}");
            }

            public void EndUtterance()
            {
                CurrentUtterance++;
            }

            public int PushAudio(float[] samples, int offset, int count)
            {
                return count;
            }

            public int PushAudio(short[] samples, int offset, int count)
            {
                return count;
            }

            public void Interrupt()
            {
            }

            public void Update(FaceSettings settings)
            {
            }

            public Face Advance(double deltaS)
            {
                return null;
            }

            public bool TryTakeEvent(out FaceEvent happened)
            {
                happened = default(FaceEvent);
                return false;
            }

            public void Dispose()
            {
            }
        }
    }
}

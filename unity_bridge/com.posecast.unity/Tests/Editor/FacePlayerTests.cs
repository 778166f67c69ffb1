using System;
using NUnit.Framework;

namespace Posecast.Tests
{
    [TestFixture]
    public sealed class FacePlayerTests
    {
        private const double RateHz = 50.0;
        private const double StepS = 1.0 / 100.0;

        private FrameBuffer _speech;
        private FrameBuffer _idle;
        private FacePlayer _player;

        [SetUp]
        public void MakePlayer()
        {
            MakePlayer(true);
        }

        private void MakePlayer(bool followsAudio)
        {
            _speech = new FrameBuffer(1000, FaceMaker.NumCurves);
            _idle = new FrameBuffer(200, FaceMaker.NumCurves);
            _player = new FacePlayer(_speech, _idle, RateHz, 0.12, followsAudio);
        }

        private float Jaw
        {
            get { return _player.Shown.Weights[0]; }
        }

        private void Play(uint utterance, double fromS, double toS)
        {
            for (int i = 0; fromS + i * StepS < toS - 1e-9; i++)
            {
                _player.SetAudioPosition(utterance, fromS + i * StepS);
                _player.Advance(StepS);
            }
        }

        private void Coast(double durationS)
        {
            for (int i = 0; i < Math.Round(durationS / StepS); i++)
            {
                _player.Advance(StepS);
            }
        }

        [Test]
        public void AnUtteranceIsReadyOnceEnoughIsBuffered()
        {
            FaceMaker.Fill(_speech, 0, 0, 5);
            Assert.That(_player.IsReady(0), Is.False); // 0.1 s
            FaceMaker.Fill(_speech, 0, 5, 1);
            Assert.That(_player.IsReady(0), Is.True); // 0.12 s
            FaceMaker.Fill(_speech, 1, 0, 2);
            Assert.That(_player.IsReady(1), Is.False);
            _speech.MarkEnd(1, 2);
            Assert.That(_player.IsReady(1), Is.True); // short, but complete
        }

        [Test]
        public void TheFaceIsThatOfTheAudiosPosition()
        {
            FaceMaker.Fill(_speech, 0, 0, 200);

            Play(0, 0.0, 1.0);

            Assert.That(_player.State, Is.EqualTo(PlayerState.Speaking));
            Assert.That(_player.PositionS, Is.EqualTo(0.99).Within(1e-9));
            Assert.That(Jaw, Is.EqualTo(0.99 * RateHz / 1000.0).Within(1e-6));
        }

        [Test]
        public void AnUnderrunHoldsThenEasesToRestAndComesBackWithoutAJump()
        {
            FaceMaker.Fill(_speech, 0, 0, 50); // until 0.98 s
            Play(0, 0.0, 1.05);
            Assert.That(_player.State, Is.EqualTo(PlayerState.Behind));
            Assert.That(Jaw, Is.EqualTo(0.049f).Within(1e-5)); // held
            Play(0, 1.05, 1.2);
            Assert.That(Jaw, Is.GreaterThan(0.001f).And.LessThan(0.048f)); // on its way
            Play(0, 1.2, 1.4);
            Assert.That(Jaw, Is.EqualTo(0f)); // at rest
            Assert.That(_player.NumUnderruns, Is.EqualTo(1));

            FaceMaker.Fill(_speech, 0, 50, 150);
            float before = Jaw;
            for (double timeS = 1.4; timeS < 1.6; timeS += StepS)
            {
                Play(0, timeS, timeS + StepS);
                Assert.That(Math.Abs(Jaw - before), Is.LessThan(0.02f)); // of 0.08
                before = Jaw;
            }
            Assert.That(Jaw, Is.EqualTo(_player.PositionS * RateHz / 1000.0).Within(1e-5));
        }

        [Test]
        public void TheEndOfAnUtteranceEasesToRestAndIsTold()
        {
            FaceMaker.Fill(_speech, 0, 0, 50);
            _speech.MarkEnd(0, 50);
            uint played;

            Play(0, 0.0, 1.0);
            Assert.That(_player.TryTakePlayed(out played), Is.False);
            Play(0, 1.0, 1.3);

            Assert.That(_player.TryTakePlayed(out played), Is.True);
            Assert.That(played, Is.EqualTo(0));
            Assert.That(_player.TryTakePlayed(out played), Is.False);
            Assert.That(Jaw, Is.EqualTo(0f));
            Assert.That(_player.State, Is.EqualTo(PlayerState.Resting));
            Assert.That(_player.NumUnderruns, Is.EqualTo(0));
        }

        [Test]
        public void TheNextUtteranceTakesOverAndAnOlderOneDoesNot()
        {
            FaceMaker.Fill(_speech, 0, 0, 50);
            _speech.MarkEnd(0, 50);
            FaceMaker.Fill(_speech, 1, 0, 100);
            Play(0, 0.0, 0.5);

            Play(1, 0.0, 0.5);
            _player.SetAudioPosition(0, 0.7);
            _player.Advance(0.0);

            Assert.That(_player.Utterance, Is.EqualTo(1));
            Assert.That(Jaw, Is.EqualTo(0.49 * RateHz / 1000.0).Within(1e-5));
        }

        [Test]
        public void AnInterruptShowsTheServersEasingFrames()
        {
            FaceMaker.Fill(_speech, 0, 0, 100);
            FaceMaker.Fill(_speech, 1, 0, 100);
            Play(0, 0.0, 1.0);
            uint utterance, played;
            long next;

            Assert.That(_player.Interrupt(out utterance, out next), Is.True);
            Assert.That(utterance, Is.EqualTo(0));
            Assert.That(next, Is.EqualTo(50)); // 0.99 s is in frame 49
            Assert.That(_speech.Count, Is.LessThanOrEqualTo(2));
            Coast(0.05);
            Assert.That(Jaw, Is.EqualTo(0.0495f).Within(1e-5)); // waits for the server
            for (int i = 0; i < 10; i++)
            {
                _speech.Push(0, 50 + i, FaceMaker.Make(0.045 - 0.005 * i));
            }
            _speech.MarkEnd(0, 60);
            Coast(0.1);
            Assert.That(Jaw, Is.EqualTo(0.0225f).Within(1e-4)); // half way down
            Assert.That(_player.State, Is.EqualTo(PlayerState.Stopping));
            Coast(0.3);
            Assert.That(Jaw, Is.EqualTo(0f));
            Assert.That(_player.State, Is.EqualTo(PlayerState.Resting));
            Assert.That(_player.TryTakePlayed(out played), Is.True);
            Play(0, 1.0, 1.2); // the audio player that is told late
            Assert.That(_player.State, Is.EqualTo(PlayerState.Resting));
        }

        [Test]
        public void AnInterruptWithoutAnAnswerEasesByItself()
        {
            FaceMaker.Fill(_speech, 0, 0, 100);
            Play(0, 0.0, 1.0);
            uint utterance;
            long next;
            _player.Interrupt(out utterance, out next);

            Coast(0.3);
            Assert.That(Jaw, Is.GreaterThan(0.04f));
            Coast(0.25);

            Assert.That(Jaw, Is.EqualTo(0f));
        }

        [Test]
        public void AnInterruptOfSilenceDropsWhatWaits()
        {
            FaceMaker.Fill(_speech, 0, 0, 100);
            uint utterance;
            long next;

            Assert.That(_player.Interrupt(out utterance, out next), Is.False);
            Assert.That(_speech.Count, Is.EqualTo(0));
        }

        [Test]
        public void FramesOfALiveStreamAreShownAsTheyCome()
        {
            MakePlayer(false);
            double pushed = 0.0;
            for (int i = 0; i < 500; i++)
            {
                pushed += StepS * RateHz;
                while (pushed >= 6.0)
                {
                    long first = (long)Math.Round(i * StepS * RateHz / 6.0) * 6;
                    FaceMaker.Fill(_speech, 0, first, 6);
                    pushed -= 6.0;
                }
                _player.Advance(StepS);
            }
            Assert.That(_player.State, Is.EqualTo(PlayerState.Speaking));
            Assert.That(_player.PositionS, Is.EqualTo(5.0).Within(0.35)); // a window, the start delay, a lead
            Assert.That(Jaw, Is.EqualTo(_player.PositionS * RateHz / 1000.0).Within(1e-3));
        }

        [Test]
        public void IdleLifeIsShownBetweenUtterancesAndSpeechTakesOver()
        {
            for (int i = 0; i < 200; i++)
            {
                if (i % 2 == 0)
                {
                    _idle.Push(0, i / 2, FaceMaker.Make(0.3));
                }
                _player.Advance(StepS);
            }
            Assert.That(_player.State, Is.EqualTo(PlayerState.Idling));
            Assert.That(Jaw, Is.EqualTo(0.3f).Within(1e-6));

            FaceMaker.Fill(_speech, 0, 0, 100);
            Play(0, 0.0, 0.5);
            Assert.That(_player.State, Is.EqualTo(PlayerState.Speaking));
            Assert.That(Jaw, Is.EqualTo(0.0245f).Within(1e-5));
        }

        [Test]
        public void IdleLifeThatStopsEasesToRest()
        {
            for (int i = 0; i < 20; i++)
            {
                _idle.Push(0, i, FaceMaker.Make(0.3));
            }
            Coast(1.5);

            Assert.That(_player.State, Is.EqualTo(PlayerState.Resting));
            Assert.That(Jaw, Is.EqualTo(0f));
        }

        [Test]
        public void LookUpIsExactOverTenMinutesOfJitteryArrival()
        {
            const double DurationS = 600.0;
            const double FrameHz = 60.0;
            var random = new Random(5);
            _speech = new FrameBuffer(1200, FaceMaker.NumCurves);
            _player = new FacePlayer(_speech, _idle, FrameHz, 0.12, true);
            long arrived = 0;
            double nextArrivalS = 0.0;
            double startS = -1.0;
            double worstAtClock = 0.0;
            double worstOfClock = 0.0;
            double nowS = 0.0;
            int renders = 0;
            while (startS < 0.0 || nowS - startS < DurationS - 1.0)
            {
                double deltaS = (1.0 + 0.5 * (random.NextDouble() - 0.5)) / 60.0; // frames of the game are uneven
                nowS += deltaS;
                if (nowS >= nextArrivalS && arrived < DurationS * FrameHz)
                {
                    // Windows of 12 to 60 frames, each up to 150 ms late, but on the whole ahead of the audio.
                    int window = random.Next(12, 61);
                    for (int i = 0; i < window; i++, arrived++)
                    {
                        _speech.Push(0, arrived, FaceMaker.Make(Wave(arrived / FrameHz)));
                    }
                    nextArrivalS = Math.Max(nowS, arrived / FrameHz - 0.3) + 0.15 * random.NextDouble();
                }
                if (startS < 0.0 && _player.IsReady(0))
                {
                    startS = nowS;
                }
                if (startS >= 0.0)
                {
                    double heardS = (nowS - startS) * 1.00005; // a sound card that is 50 ppm fast
                    _player.SetAudioPosition(0, Math.Floor(heardS / 0.02133) * 0.02133);
                    _player.Advance(deltaS);
                    renders++;
                    worstOfClock = Math.Max(worstOfClock, Math.Abs(_player.PositionS - heardS));
                    if (renders > 60)
                    {
                        worstAtClock = Math.Max(worstAtClock, Math.Abs(Jaw - Expected(_player.PositionS, FrameHz)));
                    }
                }
            }
            Assert.That(_player.NumUnderruns, Is.EqualTo(0));
            Assert.That(_speech.NumDropped, Is.EqualTo(0));
            Assert.That(renders, Is.GreaterThan(30000));
            Assert.That(worstAtClock, Is.LessThan(1e-5)); // floats
            Assert.That(worstOfClock, Is.LessThan(0.0214)); // one buffer of the sound card
        }

        private static double Wave(double timeS)
        {
            return 0.3 + 0.3 * Math.Sin(2.0 * Math.PI * 3.0 * timeS);
        }

        private static double Expected(double timeS, double frameHz)
        {
            double position = timeS * frameHz;
            double index = Math.Floor(position);
            double part = position - index;
            return (1.0 - part) * (float)Wave(index / frameHz) + part * (float)Wave((index + 1.0) / frameHz);
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
            FaceMaker.Fill(_speech, 0, 0, 900);
            for (int i = 0; i < 100; i++)
            {
                _idle.Push(0, i, FaceMaker.Make(0.1));
            }
            Play(0, 0.0, 1.0); // warm
            long before = read();
            Play(0, 1.0, 17.0);
            long after = read();

            Assert.That(_player.State, Is.EqualTo(PlayerState.Speaking));
            Assert.That(after - before, Is.EqualTo(0));
        }
    }
}

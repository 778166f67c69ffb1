using System;
using NUnit.Framework;

namespace Posecast.Tests
{
    [TestFixture]
    public sealed class ClockTests
    {
        private const double StepS = 1.0 / 60.0;

        [Test]
        public void AnAudioClockThatStepsIsFollowedSmoothly()
        {
            var clock = new PlaybackClock();
            double before = 0.0;
            double worst = 0.0;
            for (int i = 0; i < 600; i++)
            {
                double trueS = i * StepS;
                clock.Observe(Math.Floor(trueS / 0.0213) * 0.0213); // buffers of 1024 samples at 48 kHz
                clock.Advance(StepS);
                Assert.That(clock.PositionS, Is.GreaterThanOrEqualTo(before));
                Assert.That(clock.PositionS - before, Is.LessThan(2.0 * StepS));
                before = clock.PositionS;
                worst = Math.Max(worst, Math.Abs(clock.PositionS - trueS));
            }
            Assert.That(worst, Is.LessThan(0.0213)); // never further than a buffer from what is heard
            Assert.That(clock.NumJumps, Is.EqualTo(0));
        }

        [TestCase(1.001)]
        [TestCase(0.999)]
        public void ADriftingClockIsFollowedWithoutAJump(double rate)
        {
            var clock = new PlaybackClock();
            for (int i = 0; i < 60 * 120; i++)
            {
                clock.Observe(i * StepS * rate);
                clock.Advance(StepS);
            }
            Assert.That(clock.PositionS, Is.EqualTo((60 * 120 - 1) * StepS * rate).Within(0.001));
            Assert.That(clock.NumJumps, Is.EqualTo(0));
        }

        [Test]
        public void ASeekIsFollowedAtOnce()
        {
            var clock = new PlaybackClock();
            clock.Observe(1.0);
            clock.Advance(StepS);
            clock.Observe(5.0);
            clock.Advance(StepS);

            Assert.That(clock.PositionS, Is.EqualTo(5.0).Within(StepS));
            Assert.That(clock.NumJumps, Is.EqualTo(1));
        }

        [Test]
        public void APausedPlayerHoldsTheClock()
        {
            var clock = new PlaybackClock();
            for (int i = 0; i < 60; i++)
            {
                clock.Observe(Math.Min(i * StepS, 0.5));
                clock.Advance(StepS);
            }
            Assert.That(clock.IsRunning, Is.False);
            Assert.That(clock.PositionS, Is.EqualTo(0.5).Within(0.13));
            double held = clock.PositionS;
            for (int i = 0; i < 60; i++)
            {
                clock.Observe(0.5);
                clock.Advance(StepS);
            }
            Assert.That(clock.PositionS, Is.EqualTo(held).Within(1e-3));
        }

        [Test]
        public void ALiveClockStaysALittleBehindBurstsOfFrames()
        {
            var clock = new LiveClock();
            clock.Start(0.0);
            double newestS = 0.12;
            double latestLeadS = 0.0;
            for (int i = 0; i < 60 * 60; i++)
            {
                double nowS = i * StepS;
                newestS = 0.12 + Math.Floor(nowS / 0.12) * 0.12; // a window each 0.12 s
                clock.Advance(StepS, Math.Max(0.0, newestS - clock.PositionS), false);
                Assert.That(clock.PositionS, Is.LessThanOrEqualTo(newestS + 1e-9));
                latestLeadS = newestS - clock.PositionS;
            }
            Assert.That(latestLeadS, Is.LessThan(0.25));
            Assert.That(newestS - clock.PositionS, Is.GreaterThan(0.0));
        }

        [Test]
        public void ALiveClockCatchesUpAfterAPauseOfTheNetwork()
        {
            var clock = new LiveClock();
            clock.Start(0.0);
            double nowS = 0.0;
            for (; nowS < 30.0; nowS += StepS)
            {
                bool isStalled = nowS > 5.0 && nowS < 6.0;
                double newestS = isStalled ? 5.1 : nowS + 0.1;
                clock.Advance(StepS, Math.Max(0.0, newestS - clock.PositionS), false);
            }
            Assert.That(nowS + 0.1 - clock.PositionS, Is.LessThan(0.2));
        }
    }
}

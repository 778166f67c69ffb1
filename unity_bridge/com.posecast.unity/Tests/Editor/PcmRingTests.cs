using System.Linq;
using NUnit.Framework;

namespace Posecast.Tests
{
    [TestFixture]
    public sealed class PcmRingTests
    {
        private static float[] Ramp(int count)
        {
            return Enumerable.Range(0, count).Select(i => i / 1000f).ToArray();
        }

        private static float[] Ones(int count)
        {
            return Enumerable.Repeat(1f, count).ToArray();
        }

        [Test]
        public void SoundComesOutAsItWentInOnEveryChannel()
        {
            var ring = new PcmRing(64);
            Assert.That(ring.Write(Ramp(20), 0, 20), Is.EqualTo(20));
            float[] output = Ones(20);

            Assert.That(ring.MixInto(output, 2, 1.0), Is.EqualTo(10));

            for (int i = 0; i < 20; i++)
            {
                Assert.That(output[i], Is.EqualTo(i / 2 / 1000f).Within(1e-7));
            }
            Assert.That(ring.NumRead, Is.EqualTo(10));
            Assert.That(ring.NumWaiting, Is.EqualTo(10));
        }

        [Test]
        public void GainsOfTheOutputAreKeptAndWhatIsMissingIsSilence()
        {
            var ring = new PcmRing(64);
            ring.Write(new[] { 0.5f, 0.5f }, 0, 2);
            var output = new[] { 0.1f, 0.2f, 1f, 1f };

            Assert.That(ring.MixInto(output, 1, 1.0), Is.EqualTo(2));

            Assert.That(output, Is.EqualTo(new[] { 0.05f, 0.1f, 0f, 0f }).Within(1e-7));
            Assert.That(ring.NumWaiting, Is.EqualTo(0));
        }

        [Test]
        public void ItResamplesWithoutDrift()
        {
            var ring = new PcmRing(100000);
            ring.Write(Ramp(16000), 0, 16000);
            double step = 16000.0 / 48000.0;
            int total = 0;
            for (int i = 0; i < 40; i++)
            {
                float[] output = Ones(1024);
                ring.MixInto(output, 1, step);
                for (int j = 0; j < output.Length; j++)
                {
                    Assert.That(output[j], Is.EqualTo((total + j) * step / 1000.0).Within(1e-4));
                }
                total += output.Length;
            }
            Assert.That(ring.NumRead, Is.EqualTo((long)(total * step)).Within(1));
        }

        [Test]
        public void TheReaderStopsAtItsLimit()
        {
            var ring = new PcmRing(64) { Limit = 0 };
            ring.Write(Ramp(20), 0, 20);

            Assert.That(ring.MixInto(Ones(8), 1, 1.0), Is.EqualTo(0));
            ring.Limit = 5;
            Assert.That(ring.MixInto(Ones(8), 1, 1.0), Is.EqualTo(5));
            Assert.That(ring.NumRead, Is.EqualTo(5));
            ring.Limit = long.MaxValue;
            float[] output = Ones(1);
            ring.MixInto(output, 1, 1.0);
            Assert.That(output[0], Is.EqualTo(0.005f).Within(1e-7));
        }

        [Test]
        public void ChannelsAreMixedToTheirMean()
        {
            Assert.That(Downmix.ToMono(new[] { 0.2f, 0.4f, -1f, 1f }, 2), Is.EqualTo(new[] { 0.3f, 0f }).Within(1e-7));
            Assert.That(Downmix.ToMono(new[] { 0.2f, 0.4f }, 1), Is.EqualTo(new[] { 0.2f, 0.4f }));
        }

        [Test]
        public void AFullRingTakesNoMoreAndAClearedOneIsEmpty()
        {
            var ring = new PcmRing(8);

            Assert.That(ring.Write(Ramp(20), 0, 20), Is.EqualTo(8));
            Assert.That(ring.Write(Ramp(1), 0, 1), Is.EqualTo(0));
            ring.Clear();
            Assert.That(ring.NumWaiting, Is.EqualTo(0));
            float[] output = Ones(4);
            Assert.That(ring.MixInto(output, 1, 1.0), Is.EqualTo(0));
            Assert.That(output, Is.EqualTo(new float[4]));
            Assert.That(ring.Write(Ramp(8), 0, 8), Is.EqualTo(8));
        }
    }
}

using System;
using NUnit.Framework;

namespace Posecast.Tests
{
    [TestFixture]
    public sealed class FrameBufferTests
    {
        private readonly Face _face = new Face(FaceMaker.NumCurves);

        [Test]
        public void FacesBetweenFramesAreThoseOfTheGoldenCases()
        {
            foreach (GoldenCases golden in GoldenCases.Read("interpolation.csv"))
            {
                var buffer = new FrameBuffer(4, FaceMaker.NumCurves);
                foreach (string side in new[] { "a_", "b_" })
                {
                    var frame = new Face(FaceMaker.NumCurves) { Head = golden.Rotation(side) };
                    for (int i = 0; i < FaceMaker.NumCurves; i++)
                    {
                        frame.Weights[i] = (float)golden.Number(side + "weight_" + i);
                    }
                    buffer.Push(0, (long)golden.Number(side + "index"), frame);
                }

                buffer.Sample(0, golden.Number("time_s") * golden.Number("rate_hz"), _face);

                for (int i = 0; i < FaceMaker.NumCurves; i++)
                {
                    Assert.That(_face.Weights[i], Is.EqualTo(golden.Number("weight_" + i)).Within(1e-6), golden.Text("case"));
                }
                GoldenCases.AssertEqual(_face.Head, golden.Rotation(""), golden.Text("case"));
            }
        }

        [Test]
        public void WhatIsThereIsToldApart()
        {
            var buffer = new FrameBuffer(10, FaceMaker.NumCurves);
            Assert.That(buffer.Sample(0, 0.0, _face), Is.EqualTo(FrameMatch.Nothing));
            FaceMaker.Fill(buffer, 0, 2, 3);

            Assert.That(buffer.Sample(0, 1.0, _face), Is.EqualTo(FrameMatch.Before));
            Assert.That(_face.Weights[0], Is.EqualTo(0.002f));
            Assert.That(buffer.Sample(0, 2.5, _face), Is.EqualTo(FrameMatch.Found));
            Assert.That(_face.Weights[0], Is.EqualTo(0.0025f).Within(1e-7));
            Assert.That(buffer.Sample(0, 4.0, _face), Is.EqualTo(FrameMatch.Found));
            Assert.That(buffer.Sample(0, 4.1, _face), Is.EqualTo(FrameMatch.Behind));
            Assert.That(_face.Weights[0], Is.EqualTo(0.004f));
            Assert.That(buffer.Sample(1, 0.0, _face), Is.EqualTo(FrameMatch.Nothing));
            buffer.MarkEnd(0, 5);
            Assert.That(buffer.Sample(0, 4.9, _face), Is.EqualTo(FrameMatch.Found));
            Assert.That(buffer.Sample(0, 5.0, _face), Is.EqualTo(FrameMatch.Over));
        }

        [Test]
        public void OverflowDropsTheOldestAndCounts()
        {
            var buffer = new FrameBuffer(4, FaceMaker.NumCurves);

            FaceMaker.Fill(buffer, 0, 0, 7);

            Assert.That(buffer.NumDropped, Is.EqualTo(3));
            Assert.That(buffer.Count, Is.EqualTo(4));
            Assert.That(buffer.Sample(0, 1.0, _face), Is.EqualTo(FrameMatch.Before));
            Assert.That(_face.Weights[0], Is.EqualTo(0.003f));
        }

        [Test]
        public void FramesThatCameAlreadyArePassedOver()
        {
            var buffer = new FrameBuffer(8, FaceMaker.NumCurves);
            FaceMaker.Fill(buffer, 0, 0, 3);

            Assert.That(buffer.Push(0, 2, FaceMaker.Make(9.0)), Is.False);
            buffer.DropBefore(0, 2.0);
            Assert.That(buffer.Push(0, 1, FaceMaker.Make(9.0)), Is.False);
            Assert.That(buffer.Push(0, 3, FaceMaker.Make(0.003)), Is.True);

            Assert.That(buffer.NumStale, Is.EqualTo(2));
            buffer.Sample(0, 2.5, _face);
            Assert.That(_face.Weights[0], Is.EqualTo(0.0025f).Within(1e-7));
        }

        [Test]
        public void ShownFramesAreForgottenButTheOneThatIsShown()
        {
            var buffer = new FrameBuffer(16, FaceMaker.NumCurves);
            FaceMaker.Fill(buffer, 0, 0, 5);
            FaceMaker.Fill(buffer, 1, 0, 5);

            buffer.DropBefore(0, 3.4);
            Assert.That(buffer.Count, Is.EqualTo(7));
            Assert.That(buffer.Sample(0, 3.4, _face), Is.EqualTo(FrameMatch.Found));
            buffer.DropBefore(1, 0.0);
            Assert.That(buffer.Count, Is.EqualTo(5));
            Assert.That(buffer.Sample(0, 3.4, _face), Is.EqualTo(FrameMatch.Nothing));
        }

        [Test]
        public void UtterancesDoNotMix()
        {
            var buffer = new FrameBuffer(16, FaceMaker.NumCurves);
            FaceMaker.Fill(buffer, 0, 0, 3);
            buffer.Push(1, 0, FaceMaker.Make(1.0));

            Assert.That(buffer.Sample(0, 2.7, _face), Is.EqualTo(FrameMatch.Behind));
            Assert.That(_face.Weights[0], Is.EqualTo(0.002f));
        }

        [Test]
        public void FramesFromAnInterruptOnAreReplaced()
        {
            var buffer = new FrameBuffer(32, FaceMaker.NumCurves);
            FaceMaker.Fill(buffer, 0, 0, 10);
            buffer.MarkEnd(0, 10);
            FaceMaker.Fill(buffer, 1, 0, 5);

            buffer.TruncateFrom(0, 4);
            Assert.That(buffer.Count, Is.EqualTo(4));
            Assert.That(buffer.Push(0, 4, FaceMaker.Make(0.5)), Is.True);
            buffer.MarkEnd(0, 5);

            buffer.Sample(0, 3.5, _face);
            Assert.That(_face.Weights[0], Is.EqualTo(0.2515f).Within(1e-6));
            Assert.That(buffer.Sample(0, 5.0, _face), Is.EqualTo(FrameMatch.Over));
        }

        [Test]
        public void AGapOfALostConnectionIsBridged()
        {
            var buffer = new FrameBuffer(8, FaceMaker.NumCurves);
            FaceMaker.Fill(buffer, 0, 0, 2);
            FaceMaker.Fill(buffer, 0, 11, 2);

            Assert.That(buffer.Sample(0, 6.0, _face), Is.EqualTo(FrameMatch.Found));
            Assert.That(_face.Weights[0], Is.EqualTo(0.006f).Within(1e-6));
        }

        [Test]
        public void WhatWaitsIsCounted()
        {
            var buffer = new FrameBuffer(16, FaceMaker.NumCurves);
            FaceMaker.Fill(buffer, 3, 0, 10);
            bool isComplete;

            Assert.That(buffer.CountFrom(3, 0.0, out isComplete), Is.EqualTo(10));
            Assert.That(buffer.CountFrom(3, 4.0, out isComplete), Is.EqualTo(6));
            Assert.That(buffer.CountFrom(3, 4.2, out isComplete), Is.EqualTo(5));
            Assert.That(isComplete, Is.False);
            buffer.MarkEnd(3, 10);
            Assert.That(buffer.CountFrom(2, 0.0, out isComplete), Is.EqualTo(0));
            Assert.That(isComplete, Is.False);
            Assert.That(buffer.CountFrom(3, 99.0, out isComplete), Is.EqualTo(0));
            Assert.That(isComplete, Is.True);
        }

        [Test]
        public void ManyUtterancesLaterTheRingIsStillRight()
        {
            var buffer = new FrameBuffer(7, FaceMaker.NumCurves);
            for (uint utterance = 0; utterance < 1000; utterance++)
            {
                FaceMaker.Fill(buffer, utterance, 0, 4);
                buffer.MarkEnd(utterance, 4);
                Assert.That(buffer.Sample(utterance, 1.25, _face), Is.EqualTo(FrameMatch.Found));
                Assert.That(_face.Weights[0], Is.EqualTo(0.00125f).Within(1e-7));
                buffer.DropBefore(utterance, 2.0);
            }
            Assert.That(buffer.NumDropped, Is.EqualTo(0));
        }

        [Test]
        public void WrongSizesAreRefusedWithTheirRange()
        {
            StringAssert.Contains("2 and more", Assert.Throws<ArgumentOutOfRangeException>(() => new FrameBuffer(1, 3)).Message);
            StringAssert.Contains("1 to 256", Assert.Throws<ArgumentOutOfRangeException>(() => new FrameBuffer(2, 0)).Message);
            StringAssert.Contains("1 to 256", Assert.Throws<ArgumentOutOfRangeException>(() => new Face(257)).Message);
        }
    }
}

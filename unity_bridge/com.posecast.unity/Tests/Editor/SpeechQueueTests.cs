using System;
using System.Collections.Generic;
using System.Linq;
using NUnit.Framework;

namespace Posecast.Tests
{
    [TestFixture]
    public sealed class SpeechQueueTests
    {
        private readonly byte[] _target = new byte[64];

        private static short[] Samples(int first, int count)
        {
            return Enumerable.Range(first, count).Select(i => (short)i).ToArray();
        }

        private static void Push(SpeechQueue queue, int first, int count)
        {
            Assert.That(queue.Push(Samples(first, count), 0, count), Is.EqualTo(count));
        }

        /// <summary>All that is to be sent now, told in words.</summary>
        private string Drain(SpeechQueue queue, int mostBytes = 64)
        {
            var told = new List<string>();
            while (true)
            {
                SpeechItem item = queue.Next(_target, 0, mostBytes);
                switch (item.Kind)
                {
                    case SpeechItemKind.Nothing:
                        return string.Join(" ", told);
                    case SpeechItemKind.Audio:
                        short first = BitConverter.ToInt16(_target, 0);
                        short last = BitConverter.ToInt16(_target, item.NumBytes - 2);
                        string offset = item.FrameOffset > 0 ? "@" + item.FrameOffset : "";
                        told.Add(item.Utterance + offset + ":" + first + "-" + last);
                        break;
                    case SpeechItemKind.End:
                        told.Add("end" + item.Utterance);
                        break;
                    case SpeechItemKind.Update:
                        told.Add("update" + item.Settings.Seed);
                        break;
                    default:
                        told.Add(item.Place.HasValue ? "stop" + item.Place.Value.Utterance + "/" + item.Place.Value.FrameIndex : "stop");
                        break;
                }
            }
        }

        [Test]
        public void SamplesComeOutInOrderWithTheirUtterances()
        {
            var queue = new SpeechQueue(100, 1);
            Push(queue, 0, 40);
            queue.End();
            queue.Update(new FaceSettings { Seed = 5 });
            Push(queue, 40, 10);

            Assert.That(Drain(queue), Is.EqualTo("0:0-31 0:32-39 end0 update5 1:40-49"));
            Assert.That(queue.Current, Is.EqualTo(1));
            queue.End();
            queue.End(); // an utterance without a sample
            Assert.That(Drain(queue), Is.EqualTo("end1 end2"));
        }

        [Test]
        public void AnUpdateKeepsItsPlaceAmongTheSamples()
        {
            var queue = new SpeechQueue(100, 1);
            Push(queue, 0, 5);
            queue.Update(new FaceSettings { Seed = 1 });
            Push(queue, 5, 5);

            Assert.That(Drain(queue), Is.EqualTo("0:0-4 update1 0:5-9"));
        }

        [Test]
        public void AFullQueueRefusesAndARingGoesRound()
        {
            var queue = new SpeechQueue(10, 1);
            Assert.That(queue.Push(Samples(0, 12), 0, 12), Is.EqualTo(10));
            Assert.That(queue.NumRefused, Is.EqualTo(2));
            for (int i = 0; i < 20; i++)
            {
                Assert.That(Drain(queue), Is.EqualTo("0:" + i * 10 + "-" + (i * 10 + 9)));
                Push(queue, (i + 1) * 10, 10);
            }
        }

        [Test]
        public void FloatsAreRoundedAndClipped()
        {
            var queue = new SpeechQueue(10, 1);
            queue.Push(new[] { 0f, 0.5f, -0.5f, 3f, -3f, float.NaN }, 0, 6);

            SpeechItem item = queue.Next(_target, 0, 64);

            short[] sent = Enumerable.Range(0, 6).Select(i => BitConverter.ToInt16(_target, 2 * i)).ToArray();
            Assert.That(item.NumBytes, Is.EqualTo(12));
            Assert.That(sent, Is.EqualTo(new short[] { 0, 16384, -16384, 32767, -32767, 0 }));
        }

        [Test]
        public void SamplesOfTwoChannelsStayTogether()
        {
            var queue = new SpeechQueue(3, 2);

            Assert.That(queue.Push(Samples(0, 7), 0, 7), Is.EqualTo(6));
            SpeechItem item = queue.Next(_target, 0, 7);
            Assert.That(item.NumBytes, Is.EqualTo(4));
        }

        [Test]
        public void AnInterruptOvertakesAndDropsEverything()
        {
            var queue = new SpeechQueue(100, 1);
            Push(queue, 0, 10);
            queue.End();
            Push(queue, 10, 10);
            queue.Next(_target, 0, 8);

            Assert.That(queue.Interrupt(new FramePlace { Utterance = 0, FrameIndex = 3 }), Is.EqualTo(1));
            Push(queue, 20, 2);

            Assert.That(Drain(queue), Is.EqualTo("stop0/3 2:20-21"));
            Assert.That(queue.InterruptedThrough, Is.EqualTo(1));
        }

        [Test]
        public void AnInterruptOfNothingOpensNoUtterance()
        {
            var queue = new SpeechQueue(100, 1);

            Assert.That(queue.Interrupt(null), Is.EqualTo(-1));
            Assert.That(queue.Current, Is.EqualTo(0));
            Assert.That(Drain(queue), Is.EqualTo("stop"));
        }

        [Test]
        public void WhatHasNoAnswerIsSentAgainOnAnotherStream()
        {
            var queue = new SpeechQueue(100, 1);
            uint first;
            Push(queue, 0, 10);
            queue.End();
            Push(queue, 10, 10);
            queue.End();
            Push(queue, 20, 5);
            Drain(queue);
            queue.Answered(0);

            Assert.That(queue.Rewind(16000, 25, out first), Is.Empty);

            Assert.That(first, Is.EqualTo(1));
            Assert.That(Drain(queue), Is.EqualTo("1:10-19 end1 2:20-24"));
            Assert.That(queue.IsOwedAnEnd, Is.True);
            queue.Answered(1);
            Assert.That(queue.IsOwedAnEnd, Is.False);
        }

        [Test]
        public void WhatWasForgottenIsSkippedToTheNextFrameThatBeginsOnASample()
        {
            var queue = new SpeechQueue(20, 1); // 100 Hz and 25 frames a second: 4 samples a frame
            uint first;
            for (int i = 0; i < 5; i++)
            {
                Push(queue, 10 * i, 10);
                Drain(queue);
            }

            queue.Rewind(100, 25, out first); // 30 to 49 are left

            Assert.That(first, Is.EqualTo(0));
            Assert.That(Drain(queue), Is.EqualTo("0@8:32-49"));
        }

        [Test]
        public void AnUtteranceThatWasForgottenInWholeIsOnlyEnded()
        {
            var queue = new SpeechQueue(20, 1);
            uint first;
            Push(queue, 0, 10);
            queue.End();
            Drain(queue);
            Push(queue, 10, 20);
            Drain(queue);
            Push(queue, 30, 8);

            queue.Rewind(100, 25, out first); // 18 to 37 are left

            Assert.That(Drain(queue), Is.EqualTo("end0 1@2:18-37"));
        }

        [Test]
        public void AnUtteranceThatBreaksTheStreamAgainAndAgainIsGivenUp()
        {
            var queue = new SpeechQueue(100, 1);
            uint first;
            Push(queue, 0, 10);
            queue.End();
            Push(queue, 10, 10);
            for (int i = 0; i < 2; i++)
            {
                Drain(queue);
                Assert.That(queue.Rewind(16000, 25, out first), Is.Empty);
            }
            Drain(queue);

            Assert.That(queue.Rewind(16000, 25, out first), Is.EqualTo(new List<uint> { 0 }));
            Assert.That(first, Is.EqualTo(1));
            Assert.That(Drain(queue), Is.EqualTo("1:10-19"));
        }

        [Test]
        public void AnOpenUtteranceThatIsGivenUpGivesWayToTheNext()
        {
            var queue = new SpeechQueue(100, 1);
            uint first;
            Push(queue, 0, 10);
            for (int i = 0; i < 3; i++)
            {
                Drain(queue);
                queue.Rewind(16000, 25, out first);
            }

            Assert.That(queue.Current, Is.EqualTo(1));
            Push(queue, 10, 3);
            Assert.That(Drain(queue), Is.EqualTo("1:10-12"));
        }

        [Test]
        public void FailuresBeforeAnythingWasSentGiveNothingUp()
        {
            var queue = new SpeechQueue(100, 1);
            uint first;
            Push(queue, 0, 10);
            for (int i = 0; i < 9; i++)
            {
                Assert.That(queue.Rewind(16000, 25, out first), Is.Empty);
            }
            Assert.That(Drain(queue), Is.EqualTo("0:0-9"));
        }
    }
}

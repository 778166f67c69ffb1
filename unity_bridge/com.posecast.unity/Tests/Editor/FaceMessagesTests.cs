using System;
using System.Collections.Generic;
using System.Linq;
using Google.Protobuf;
using NUnit.Framework;
using Posecast.V1;

namespace Posecast.Tests
{
    [TestFixture]
    public sealed class FaceMessagesTests
    {
        [TestCase(0)]
        [TestCase(1)]
        [TestCase(125)]
        [TestCase(126)]
        [TestCase(127)]
        [TestCase(128)]
        [TestCase(640)]
        [TestCase(16383)]
        [TestCase(16384)]
        [TestCase(3000000)]
        public void AudioIsWrittenAsProtobufWritesIt(int numBytes)
        {
            var buffer = new byte[FaceMessages.AudioHeaderRoom + numBytes];
            new Random(1).NextBytes(buffer);
            byte[] data = buffer.Skip(FaceMessages.AudioHeaderRoom).ToArray();
            byte[] expected = FaceMessages.Frame(new AnimateRequest { Audio = new AudioChunk { Data = ByteString.CopyFrom(data) } });

            int start = FaceMessages.WriteAudioHeader(buffer, numBytes);

            if (numBytes > 0)
            {
                Assert.That(buffer.Skip(start).ToArray(), Is.EqualTo(expected));
            }
            var read = AnimateRequest.Parser.ParseFrom(buffer, start + 5, buffer.Length - start - 5);
            Assert.That(read.Audio.Data.Length, Is.EqualTo(numBytes));
        }

        [Test]
        public void AllSettingsArriveInTheMessage()
        {
            var settings = new FaceSettings
            {
                StyleName = "calm", StyleStrength = 1.5f, Seed = 3, SamplingSteps = 4, AudioGuidance = 1.1f, StyleGuidance = 1.2f,
                UpperFace = 0.1f, LowerFace = 0.2f, Head = 0.3f, Blinks = 0f, UpperFaceSmoothingS = 0.01f,
                LowerFaceSmoothingS = 0.02f, HeadSmoothingS = 0.03f,
            };
            settings.CurveChanges.Add(new CurveChange { CurveName = "jawOpen", Multiplier = 2f, Offset = 0.1f, Minimum = 0.2f, Maximum = 0.9f });
            var options = new FaceClientOptions { FrameRateHz = 50, Latency = FaceLatency.Realtime, SampleRateHz = 48000, NumChannels = 2, Idles = true };

            AnimateConfig config = FaceMessages.ToConfig(options, settings).Config;

            string expected = "{ \"audioFormat\": { \"encoding\": \"AUDIO_ENCODING_PCM_S16LE\", \"sampleRateHz\": 48000, \"numChannels\": 2 }, "
                + "\"settings\": { \"styleName\": \"calm\", \"seed\": \"3\", \"frameRateHz\": 50, \"latencyMode\": \"LATENCY_MODE_REALTIME\", "
                + "\"audioGuidance\": 1.1, \"styleGuidance\": 1.2, \"samplingSteps\": 4, \"styleStrength\": 1.5, "
                + "\"curveAdjustments\": [ { \"curveName\": \"jawOpen\", \"multiplier\": 2, \"offset\": 0.1, \"minimum\": 0.2, \"maximum\": 0.9 } ], "
                + "\"strengths\": { \"upperFace\": 0.1, \"lowerFace\": 0.2, \"head\": 0.3, \"blinks\": 0 }, "
                + "\"smoothing\": { \"upperFaceS\": 0.01, \"lowerFaceS\": 0.02, \"headS\": 0.03 } }, \"idles\": true }";
            Assert.That(config, Is.EqualTo(AnimateConfig.Parser.ParseJson(expected)));
        }

        [Test]
        public void WhatIsNotSetIsNotSent()
        {
            Assert.That(FaceMessages.ToMessage(new FaceSettings()).CalculateSize(), Is.EqualTo(0));
        }

        [Test]
        public void AStyleOfOnesOwnTakesThePlaceOfAName()
        {
            var settings = new FaceSettings { StyleName = "calm" };
            settings.MergeFrom(new FaceSettings { StyleVector = new[] { 1f, 2f } });
            AnimationSettings message = FaceMessages.ToMessage(settings);

            Assert.That(message.StyleCase, Is.EqualTo(AnimationSettings.StyleOneofCase.StyleVector));
            Assert.That(message.StyleVector.Values, Is.EqualTo(new[] { 1f, 2f }));
            settings.MergeFrom(new FaceSettings { StyleName = "sad", Head = 0.5f });
            settings.MergeFrom(new FaceSettings { StyleStrength = 2f });
            message = FaceMessages.ToMessage(settings);
            Assert.That(message.StyleName, Is.EqualTo("sad"));
            Assert.That(message.Strengths.Head, Is.EqualTo(0.5f));
        }

        [Test]
        public void AChangeOfTheSameCurveReplacesTheOneBefore()
        {
            var settings = new FaceSettings();
            settings.CurveChanges.Add(new CurveChange { CurveName = "jawOpen", Multiplier = 2f });
            var update = new FaceSettings();
            update.CurveChanges.Add(new CurveChange { CurveName = "jawOpen", Multiplier = 3f });
            update.CurveChanges.Add(new CurveChange { CurveName = "mouthClose" });

            FaceSettings clone = settings.Clone();
            settings.MergeFrom(update);

            Assert.That(settings.CurveChanges.Select(change => change.Multiplier), Is.EqualTo(new[] { 3f, 1f }));
            Assert.That(clone.CurveChanges.Single().Multiplier, Is.EqualTo(2f));
        }

        [Test]
        public void FramesThatAreNotOfTheStreamAreRefused()
        {
            var face = new Face(2);
            Func<float[], HeadPose, FaceFrame> frame = (weights, head) =>
            {
                var made = new FaceFrame { Head = head };
                made.Weights.AddRange((IEnumerable<float>)weights);
                return made;
            };

            Assert.That(FaceMessages.TryRead(frame(new[] { 0.5f, 1f }, new HeadPose { Y = 2f }), face), Is.True);
            Assert.That(face.Head.Y, Is.EqualTo(1f)); // made a unit
            Assert.That(FaceMessages.TryRead(frame(new[] { 0.5f, 1f }, null), face), Is.True);
            Assert.That(face.Head.W, Is.EqualTo(1f));
            Assert.That(FaceMessages.TryRead(frame(new[] { 0.5f }, null), face), Is.False);
            Assert.That(FaceMessages.TryRead(frame(new[] { 0.5f, float.NaN }, null), face), Is.False);
            Assert.That(FaceMessages.TryRead(frame(new[] { 0.5f, 0f }, new HeadPose { W = float.PositiveInfinity }), face), Is.False);
            var far = frame(new[] { 0.5f, 0f }, null);
            far.Index = ulong.MaxValue;
            Assert.That(FaceMessages.TryRead(far, face), Is.False);
        }

        [Test]
        public void HeadersThatCannotBePlayedAreTold()
        {
            var header = new AnimationHeader { FrameRateHz = 25, Rig = new FaceRig { CoordinateSystem = CoordinateSystem.RightHandedYUpFacingZ } };
            StringAssert.Contains("0 curves", FaceMessages.FindFault(header));
            header.Rig.CurveNames.Add("jawOpen");
            Assert.That(FaceMessages.FindFault(header), Is.Null);
            header.Rig.CoordinateSystem = (CoordinateSystem)9;
            StringAssert.Contains("axes are 9", FaceMessages.FindFault(header));
            header.FrameRateHz = 0;
            StringAssert.Contains("frame rate is 0 Hz", FaceMessages.FindFault(header));
        }
    }
}

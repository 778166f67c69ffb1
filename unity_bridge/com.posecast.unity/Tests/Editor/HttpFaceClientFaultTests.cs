using System;
using System.Collections.Generic;
using NUnit.Framework;
using Posecast.V1;

namespace Posecast.Tests
{
    /// <summary>Answers and options that are wrong.</summary>
    [TestFixture]
    public sealed class HttpFaceClientFaultTests : HttpFaceClientFixture
    {
        private static void SendAfterHeader(FakeCall call, Action answer)
        {
            call.Send(FaceServer.Header());
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
                        call.Send(FaceServer.Frames(0, 0, 1));
                        break;
                    default:
                        SendAfterHeader(call, () => call.Send(FaceServer.Frames(3, 0, 1)));
                        break;
                }
            }))
            using (var client = new HttpFaceClient(Options, server))
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
                call.Send(FaceServer.Header());
                call.SendBytes(0, 0, 0, 0, 3, 0xFA, 0x07, 0x00); // field 127, an empty message
                await call.ReadAsync().ConfigureAwait(false);
                AnimateResponse frames = FaceServer.Frames(0, 0, 10);
                frames.Frames.Frames[4].Weights.RemoveAt(0);
                frames.Frames.Frames[5].Weights[0] = float.NaN;
                call.Send(frames);
                call.Send(FaceServer.End(0, 10));
            }))
            using (var client = new HttpFaceClient(Options, server))
            {
                Say(client, 0.4);
                Await(client, Happened(FaceEventKind.UtteranceEnded));

                Assert.That(client.Stats.FramesMalformed, Is.EqualTo(2));
                Assert.That(Play(client, 0, 0.0, 0.19), Is.EqualTo(4.5f / 100f).Within(1e-5)); // between the good ones
            }
        }

        [Test]
        public void WrongOptionsAreRefusedWithWhatIsAllowed()
        {
            Action<string, Action<FaceClientOptions>> check = (told, change) =>
            {
                MakeOptions();
                change(Options);
                StringAssert.Contains(told, Assert.Throws<ArgumentException>(() => Options.Check()).Message);
            };

            check("expected http://host:port", options => options.Endpoint = null);
            check("expected http://host:port", options => options.Endpoint = new Uri("ftp://host"));
            check("use https", options => { options.Endpoint = new Uri("http://face.example:50051"); options.Token = "secret"; });
            check("allowed: 25, 30, 50, 60", options => options.FrameRateHz = 24);
            check("allowed: 8000 to 192000 Hz", options => options.SampleRateHz = 7999);
            check("allowed: 1 to 2", options => options.NumChannels = 3);
            check("start delay NaN s; allowed: 0 to 2 s", options => options.StartDelayS = double.NaN);
            check("allowed: 6 to 50 s", options => options.MaxFramesS = 1.0);
        }
    }
}

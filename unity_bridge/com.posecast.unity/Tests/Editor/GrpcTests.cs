using System;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Threading;
using System.Threading.Tasks;
using NUnit.Framework;
using Posecast.V1;

namespace Posecast.Tests
{
    [TestFixture]
    public sealed class GrpcTests
    {
        private static readonly Uri _endpoint = new Uri("http://server.test:50051");

        private static GrpcStatus Run(Func<FakeCall, Task> script, GrpcCallOptions options = null, int numMessages = -1)
        {
            using (var server = new FakeServer(script))
            using (var call = new GrpcCall(server, _endpoint, "a.B/C", options ?? new GrpcCallOptions(), CancellationToken.None))
            {
                call.Start();
                byte[] message = FaceMessages.Frame(new ListStylesRequest());
                call.WriteAsync(message, 0, message.Length).ContinueWith(done => done.Exception); // may fail with the call
                int read = 0;
                while (call.ReadAsync().Result)
                {
                    read++;
                }
                if (numMessages >= 0)
                {
                    Assert.That(read, Is.EqualTo(numMessages));
                }
                return call.Status;
            }
        }

        private static Task Done()
        {
            return Task.FromResult(true);
        }

        [Test]
        public void ARequestIsWhatGrpcWants()
        {
            FakeCall seen = null;
            var options = new GrpcCallOptions { Deadline = TimeSpan.FromSeconds(2.5) };
            options.Metadata["authorization"] = "Bearer secret";

            Run(call => { seen = call; call.End("0"); return Done(); }, options);

            HttpRequestMessage request = seen.Request;
            Assert.That(request.Method, Is.EqualTo(HttpMethod.Post));
            Assert.That(request.RequestUri.ToString(), Is.EqualTo("http://server.test:50051/a.B/C"));
            Assert.That(request.Version, Is.EqualTo(new Version(2, 0)));
            Assert.That(request.Headers.TE.ToString(), Is.EqualTo("trailers"));
            Assert.That(request.Headers.GetValues("authorization").Single(), Is.EqualTo("Bearer secret"));
            Assert.That(request.Headers.GetValues("grpc-timeout").Single(), Is.EqualTo("2500m"));
            StringAssert.StartsWith("posecast-unity/", request.Headers.GetValues("user-agent").First());
        }

        [Test]
        public void MessagesGoBothWaysWhileTheCallIsOpen()
        {
            using (var server = new FakeServer(async echo =>
            {
                for (AnimateRequest request; (request = await echo.ReadAsync()) != null;)
                {
                    echo.Send(request);
                }
                echo.End("0");
            }))
            using (var call = new GrpcCall(server, _endpoint, "a.B/C", new GrpcCallOptions(), CancellationToken.None))
            {
                call.Start();
                for (uint i = 1; i < 100; i++)
                {
                    var sent = new AnimateRequest { Interrupt = new Interrupt { UtteranceIndex = i } };
                    byte[] framed = FaceMessages.Frame(sent);
                    call.WriteAsync(framed, 0, framed.Length).Wait();
                    Assert.That(call.ReadAsync().Result, Is.True);
                    Assert.That(AnimateRequest.Parser.ParseFrom(call.Message, 0, call.MessageLength), Is.EqualTo(sent));
                }
                call.Finish();
                Assert.That(call.ReadAsync().Result, Is.False);
                Assert.That(call.Status.Code, Is.EqualTo(GrpcStatusCode.Ok));
            }
        }

        [TestCase("0", null, GrpcStatusCode.Ok, "")]
        [TestCase("3", "frame rate 24 Hz; allowed: 25, 30, 50, 60", GrpcStatusCode.InvalidArgument, "frame rate 24 Hz; allowed: 25, 30, 50, 60")]
        [TestCase("8", "zu viele Str%C3%B6me: 100%25 %zz%", GrpcStatusCode.ResourceExhausted, "zu viele Ströme: 100% %zz%")]
        [TestCase("16", "", GrpcStatusCode.Unauthenticated, "")]
        [TestCase("17", "new", GrpcStatusCode.Unknown, "unknown status '17'")]
        [TestCase("-1", "", GrpcStatusCode.Unknown, "unknown status '-1'")]
        [TestCase("fine", "", GrpcStatusCode.Unknown, "unknown status 'fine'")]
        [TestCase(null, null, GrpcStatusCode.Internal, "without a status")]
        public void TheStatusIsReadFromTrailers(string status, string message, GrpcStatusCode code, string told)
        {
            GrpcStatus read = Run(call => { call.End(status, message); return Done(); });

            Assert.That(read.Code, Is.EqualTo(code));
            StringAssert.Contains(told, read.Message);
        }

        [Test]
        public void AServerThatFailsAtOnceTellsInItsHeaders()
        {
            GrpcStatus status = Run(call => { call.EndAtOnce("7", "no token"); return Done(); }, null, 0);

            Assert.That(status.Code, Is.EqualTo(GrpcStatusCode.PermissionDenied));
            Assert.That(status.Message, Is.EqualTo("no token"));
        }

        [TestCase(HttpStatusCode.NotFound, GrpcStatusCode.Unimplemented)]
        [TestCase(HttpStatusCode.Unauthorized, GrpcStatusCode.Unauthenticated)]
        [TestCase(HttpStatusCode.Forbidden, GrpcStatusCode.PermissionDenied)]
        [TestCase(HttpStatusCode.ServiceUnavailable, GrpcStatusCode.Unavailable)]
        [TestCase(HttpStatusCode.BadRequest, GrpcStatusCode.Internal)]
        [TestCase(HttpStatusCode.InternalServerError, GrpcStatusCode.Unknown)]
        public void AnswersThatAreNotOkAreTranslated(HttpStatusCode http, GrpcStatusCode code)
        {
            GrpcStatus status = Run(call => { call.Response.StatusCode = http; call.End(null); return Done(); });

            Assert.That(status.Code, Is.EqualTo(code));
            StringAssert.Contains("HTTP " + (int)http, status.Message);
        }

        [Test]
        public void AWebPageIsNotAnAnswer()
        {
            GrpcStatus status = Run(call =>
            {
                call.Response.Content.Headers.ContentType = new MediaTypeHeaderValue("text/html");
                call.End(null);
                return Done();
            });

            Assert.That(status.Code, Is.EqualTo(GrpcStatusCode.Unknown));
            StringAssert.Contains("text/html", status.Message);
        }

        [TestCase(new byte[] { 0, 0 }, GrpcStatusCode.Unavailable, "2 of 5 bytes")]
        [TestCase(new byte[] { 0, 0, 0, 0, 3, 1 }, GrpcStatusCode.Unavailable, "1 of 3 bytes")]
        [TestCase(new byte[] { 1, 0, 0, 0, 0 }, GrpcStatusCode.Internal, "compressed")]
        [TestCase(new byte[] { 7, 0, 0, 0, 0 }, GrpcStatusCode.Internal, "flag 7")]
        [TestCase(new byte[] { 0, 255, 255, 255, 255 }, GrpcStatusCode.ResourceExhausted, "4294967295 bytes")]
        public void MalformedFramesEndTheCall(byte[] body, GrpcStatusCode code, string told)
        {
            GrpcStatus status = Run(call => { call.SendBytes(body); call.End("0"); return Done(); }, null, 0);

            Assert.That(status.Code, Is.EqualTo(code));
            StringAssert.Contains(told, status.Message);
        }

        [Test]
        public void AMessageCutIntoSingleBytesIsRead()
        {
            byte[] framed = FaceMessages.Frame(new StyleInfo { Name = "neutral" });

            GrpcStatus status = Run(
                call =>
                {
                    foreach (byte single in framed)
                    {
                        call.SendBytes(single);
                    }
                    call.SendBytes(0, 0, 0, 0, 0); // and an empty one
                    call.End("0");
                    return Done();
                },
                null,
                2);

            Assert.That(status.Code, Is.EqualTo(GrpcStatusCode.Ok));
        }

        [Test]
        public void ADeadlineEndsTheCall()
        {
            var options = new GrpcCallOptions { Deadline = TimeSpan.FromMilliseconds(50) };

            GrpcStatus status = Run(call => new TaskCompletionSource<bool>().Task, options, 0);

            Assert.That(status.Code, Is.EqualTo(GrpcStatusCode.DeadlineExceeded));
        }

        [Test]
        public void CancellingReachesTheServer()
        {
            FakeCall seen = null;
            using (var cancellation = new CancellationTokenSource())
            using (var server = new FakeServer(call => { seen = call; call.SendBytes(0, 0, 0, 0, 0); return Done(); }))
            using (var call = new GrpcCall(server, _endpoint, "a.B/C", new GrpcCallOptions(), cancellation.Token))
            {
                call.Start();
                Assert.That(call.ReadAsync().Result, Is.True);
                Task<bool> reading = call.ReadAsync();
                cancellation.Cancel();

                Assert.That(reading.Result, Is.False);
                Assert.That(call.Status.Code, Is.EqualTo(GrpcStatusCode.Cancelled));
                Assert.That(seen.WasCancelled, Is.True);
            }
        }

        [Test]
        public void ALostConnectionIsUnavailableWithItsReason()
        {
            GrpcStatus status = Run(call =>
            {
                call.SendBytes(0, 0, 0, 0, 0);
                call.Break(new IOException("outer", new IOException("connection reset by peer")));
                return Done();
            });

            Assert.That(status.Code, Is.EqualTo(GrpcStatusCode.Unavailable));
            Assert.That(status.Message, Is.EqualTo("connection reset by peer"));
        }

        [TestCase(0.0, "1m")]
        [TestCase(0.05, "50m")]
        [TestCase(99999.999, "99999999m")]
        [TestCase(100000.0, "100000S")]
        [TestCase(1e9, "99999999S")]
        public void TimeoutsHaveAtMostEightDigits(double seconds, string text)
        {
            Assert.That(GrpcCall.TimeoutText(TimeSpan.FromSeconds(seconds)), Is.EqualTo(text));
        }

        [Test]
        public void CallsWithOneAnswerGiveItOrFail()
        {
            Func<string, ListStylesResponse> list = status =>
            {
                using (var server = new FakeServer(call =>
                {
                    if (status == "0")
                    {
                        call.Send(new ListStylesResponse { Styles = { new StyleInfo { Name = "calm" } } });
                    }
                    call.End(status == "none" ? "0" : status, "busy");
                    return Done();
                }))
                {
                    return new FaceService(_endpoint, server).ListStylesAsync(TimeSpan.FromSeconds(5), CancellationToken.None).Result;
                }
            };

            Assert.That(list("0").Styles.Single().Name, Is.EqualTo("calm"));
            var failed = Assert.Throws<AggregateException>(() => list("8")).InnerException as GrpcException;
            Assert.That(failed.Status.ToString(), Is.EqualTo("ResourceExhausted: busy"));
            var empty = Assert.Throws<AggregateException>(() => list("none")).InnerException as GrpcException;
            Assert.That(empty.Status.Code, Is.EqualTo(GrpcStatusCode.Internal));
        }
    }
}

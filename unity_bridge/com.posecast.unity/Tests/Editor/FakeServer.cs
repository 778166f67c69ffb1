using System;
using System.Collections.Generic;
using System.Net;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Threading;
using System.Threading.Tasks;
using Google.Protobuf;

namespace Posecast.Tests
{
    /// <summary>An HTTP/2 handler that hands each call to a script in the place of a network.</summary>
    internal sealed class FakeServer : HttpMessageHandler
    {
        private readonly Func<FakeCall, Task> _script;

        public FakeServer(Func<FakeCall, Task> script)
        {
            _script = script;
        }

        /// <summary>The requests that came.</summary>
        public List<HttpRequestMessage> Requests { get; } = new List<HttpRequestMessage>();

        /// <summary>Fails the next calls before they reach the script.</summary>
        public int NumRefused { get; set; }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellation)
        {
            lock (Requests)
            {
                Requests.Add(request);
                if (NumRefused > 0)
                {
                    NumRefused--;
                    throw new HttpRequestException("an error", new Exception("connection refused"));
                }
            }
            var call = new FakeCall(request);
            Task.Run(async () =>
            {
                try
                {
                    await _script(call).ConfigureAwait(false);
                }
                catch (Exception error)
                {
                    call.Break(error);
                }
            });
            cancellation.Register(call.Cancel);
            return call.Answer;
        }
    }

    /// <summary>One call, from the server's side.</summary>
    internal sealed class FakeCall
    {
        private readonly TaskCompletionSource<HttpResponseMessage> _answer = new TaskCompletionSource<HttpResponseMessage>();
        private readonly HttpResponseMessage _response;
        private readonly PipeStream _sent = new PipeStream();
        private readonly PipeStream _received = new PipeStream();
        private readonly GrpcMessageReader _reader;

        public FakeCall(HttpRequestMessage request)
        {
            Request = request;
            _response = new HttpResponseMessage(HttpStatusCode.OK)
            {
                RequestMessage = request,
                Content = new StreamContent(_sent),
            };
            _response.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
            _reader = new GrpcMessageReader(_received, 1 << 24);
            Receive();
        }

        public HttpRequestMessage Request { get; }

        public HttpResponseMessage Response
        {
            get { return _response; }
        }

        public Task<HttpResponseMessage> Answer
        {
            get { return _answer.Task; }
        }

        public bool WasCancelled { get; private set; }

        private async void Receive()
        {
            try
            {
                await Request.Content.CopyToAsync(_received).ConfigureAwait(false);
            }
            catch (Exception)
            {
                // The client gave up.
            }
            _received.End();
        }

        /// <summary>The next request; null after the last.</summary>
        public async Task<Posecast.V1.AnimateRequest> ReadAsync()
        {
            bool isThere = await _reader.ReadAsync(CancellationToken.None).ConfigureAwait(false);
            return isThere ? Posecast.V1.AnimateRequest.Parser.ParseFrom(_reader.Buffer, 0, _reader.Length) : null;
        }

        /// <summary>Sends headers, and a message.</summary>
        public void Send(IMessage message)
        {
            SendBytes(FaceMessages.Frame(message));
        }

        /// <summary>Sends headers, and bytes of the body.</summary>
        public void SendBytes(params byte[] bytes)
        {
            _answer.TrySetResult(_response);
            _sent.Write(bytes, 0, bytes.Length);
        }

        /// <summary>Ends the call with trailers.</summary>
        public void End(string status, string message = null)
        {
            var trailers = new FakeTrailers();
            if (status != null)
            {
                trailers.TryAddWithoutValidation("grpc-status", status);
            }
            if (message != null)
            {
                trailers.TryAddWithoutValidation("grpc-message", message);
            }
            Request.Properties[ResponseTrailers.PropertyName] = trailers;
            _answer.TrySetResult(_response);
            _sent.End();
        }

        /// <summary>Ends the call with headers only.</summary>
        public void EndAtOnce(string status, string message)
        {
            _response.Headers.TryAddWithoutValidation("grpc-status", status);
            _response.Headers.TryAddWithoutValidation("grpc-message", message);
            _answer.TrySetResult(_response);
            _sent.End();
        }

        /// <summary>Loses the connection.</summary>
        public void Break(Exception error)
        {
            _answer.TrySetException(error);
            _sent.Fault = error;
            _sent.End();
        }

        public void Cancel()
        {
            WasCancelled = true;
            Break(new OperationCanceledException());
        }

        private sealed class FakeTrailers : HttpHeaders
        {
        }
    }
}

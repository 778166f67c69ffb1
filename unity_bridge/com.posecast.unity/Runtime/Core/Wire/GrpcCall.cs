using System;
using System.Globalization;
using System.IO;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Threading;
using System.Threading.Tasks;

namespace Posecast
{
    /// <summary>One gRPC call over an HTTP/2 handler: messages out, messages in, a status at the end.</summary>
    /// <remarks>One thread may write while another reads.</remarks>
    public sealed class GrpcCall : IDisposable
    {
        private static readonly Version _http2 = new Version(2, 0);

        private readonly HttpMessageInvoker _invoker;
        private readonly HttpRequestMessage _request;
        private readonly StreamingContent _content = new StreamingContent();
        private readonly CancellationTokenSource _cancellation;
        private readonly int _mostBytes;
        private readonly Timer _deadline;
        private Task<HttpResponseMessage> _sending;
        private HttpResponseMessage _response;
        private GrpcMessageReader _reader;
        private GrpcStatus _cause;

        /// <param name="handler">Speaks HTTP/2; it stays the caller's.</param>
        /// <param name="endpoint">Scheme, host and port.</param>
        /// <param name="method">`package.Service/Method`.</param>
        /// <param name="options">Metadata, deadline and limits.</param>
        /// <param name="cancellation">Ends the call.</param>
        public GrpcCall(
            HttpMessageHandler handler, Uri endpoint, string method, GrpcCallOptions options, CancellationToken cancellation)
        {
            _invoker = new HttpMessageInvoker(handler, false);
            _cancellation = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            _mostBytes = options.MaxMessageBytes;
            _request = new HttpRequestMessage(HttpMethod.Post, new Uri(endpoint, "/" + method))
            {
                Version = _http2,
                Content = _content,
            };
            _request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
            _request.Headers.TryAddWithoutValidation("user-agent", "posecast-unity/" + PosecastVersion.Text);
            _request.Headers.TryAddWithoutValidation("grpc-accept-encoding", "identity");
            foreach (var entry in options.Metadata)
            {
                _request.Headers.TryAddWithoutValidation(entry.Key, entry.Value);
            }
            if (options.Deadline.HasValue)
            {
                _request.Headers.TryAddWithoutValidation("grpc-timeout", TimeoutText(options.Deadline.Value));
                _deadline = new Timer(OnDeadline, null, options.Deadline.Value, Timeout.InfiniteTimeSpan);
            }
        }

        /// <summary>The message that was read last, in its first <see cref="MessageLength"/> bytes.</summary>
        public byte[] Message
        {
            get { return _reader.Buffer; }
        }

        /// <summary>Length of the message that was read last.</summary>
        public int MessageLength
        {
            get { return _reader.Length; }
        }

        /// <summary>How the call ended; null before.</summary>
        public GrpcStatus Status { get; private set; }

        /// <summary>Begins the call. Write the first message at once: servers answer it, not the headers.</summary>
        public void Start()
        {
            _sending = _invoker.SendAsync(_request, _cancellation.Token);
        }

        /// <summary>Sends bytes that are framed already; see <see cref="GrpcFraming"/>.</summary>
        public async Task WriteAsync(byte[] framed, int offset, int count)
        {
            Stream body = await BodyAsync().ConfigureAwait(false);
            await body.WriteAsync(framed, offset, count, _cancellation.Token).ConfigureAwait(false);
            await body.FlushAsync(_cancellation.Token).ConfigureAwait(false);
        }

        /// <summary>No more messages will be sent.</summary>
        public void Finish()
        {
            _content.Finish();
        }

        /// <summary>Reads the next message.</summary>
        /// <returns>False when the call is over; then <see cref="Status"/> tells how it went.</returns>
        public async Task<bool> ReadAsync()
        {
            try
            {
                if (_reader == null && !await OpenAsync().ConfigureAwait(false))
                {
                    return false;
                }
                if (await _reader.ReadAsync(_cancellation.Token).ConfigureAwait(false))
                {
                    return true;
                }
                Status = GrpcStatus.Read(ResponseTrailers.Of(_response))
                    ?? new GrpcStatus(GrpcStatusCode.Internal, "the answer ended without a status");
            }
            catch (Exception error)
            {
                // Whatever the transport throws ends the call; what ended it first is the reason.
                Status = _cause ?? GrpcStatus.FromException(error);
                _cancellation.Cancel();
            }
            _content.Abandon();
            return false;
        }

        /// <summary>Ends the call for a reason of the client's own.</summary>
        public void Cancel(GrpcStatus reason)
        {
            Interlocked.CompareExchange(ref _cause, reason, null);
            _content.Abandon();
            try
            {
                _cancellation.Cancel();
            }
            catch (ObjectDisposedException)
            {
                // The call is over already.
            }
        }

        public void Dispose()
        {
            Cancel(new GrpcStatus(GrpcStatusCode.Cancelled, "the call was closed"));
            _deadline?.Dispose();
            _response?.Dispose();
            _request.Dispose();
            _invoker.Dispose();
            _cancellation.Dispose();
        }

        /// <summary>A duration as gRPC writes it: at most eight digits and a unit.</summary>
        public static string TimeoutText(TimeSpan timeout)
        {
            long milliseconds = Math.Max(1L, (long)timeout.TotalMilliseconds);
            return milliseconds < 100000000L
                ? milliseconds.ToString(CultureInfo.InvariantCulture) + "m"
                : Math.Min(99999999L, milliseconds / 1000L).ToString(CultureInfo.InvariantCulture) + "S";
        }

        private async Task<bool> OpenAsync()
        {
            _response = await _sending.ConfigureAwait(false);
            Status = GrpcStatus.Read(_response.Headers) ?? GrpcStatus.CheckHttp(_response);
            if (Status != null)
            {
                _content.Abandon();
                return false;
            }
            Stream body = await _response.Content.ReadAsStreamAsync().ConfigureAwait(false);
            _reader = new GrpcMessageReader(body, _mostBytes);
            return true;
        }

        /// <summary>The body's stream, unless the request fails before it is opened.</summary>
        private async Task<Stream> BodyAsync()
        {
            if (!_content.Opened.IsCompleted)
            {
                await Task.WhenAny(_content.Opened, _sending).ConfigureAwait(false);
                if (!_content.Opened.IsCompleted && (_sending.IsFaulted || _sending.IsCanceled))
                {
                    await _sending.ConfigureAwait(false);
                }
            }
            return await _content.Opened.ConfigureAwait(false);
        }

        private void OnDeadline(object state)
        {
            Cancel(new GrpcStatus(GrpcStatusCode.DeadlineExceeded, "the server did not answer in time"));
        }
    }
}

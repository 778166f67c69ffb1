using System.IO;
using System.Net;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Threading.Tasks;

namespace Posecast
{
    /// <summary>A request body that is written piece by piece while the answer is read.</summary>
    internal sealed class StreamingContent : HttpContent
    {
        private readonly TaskCompletionSource<Stream> _opened =
            new TaskCompletionSource<Stream>(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource<bool> _finished =
            new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);

        public StreamingContent()
        {
            Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        }

        /// <summary>Comes once the transport is ready for the body.</summary>
        public Task<Stream> Opened
        {
            get { return _opened.Task; }
        }

        /// <summary>The body is complete: half-closes the stream.</summary>
        public void Finish()
        {
            _finished.TrySetResult(true);
        }

        /// <summary>Nobody will write any more.</summary>
        public void Abandon()
        {
            _opened.TrySetCanceled();
            _finished.TrySetCanceled();
        }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext context)
        {
            _opened.TrySetResult(stream);
            return _finished.Task;
        }

        protected override bool TryComputeLength(out long length)
        {
            length = -1;
            return false;
        }
    }
}

using System;
using System.IO;
using System.Threading;
using System.Threading.Tasks;

namespace Posecast
{
    /// <summary>Reads the messages of an answer into one buffer that is used again for each.</summary>
    public sealed class GrpcMessageReader
    {
        private readonly Stream _stream;
        private readonly int _mostBytes;
        private readonly byte[] _header = new byte[GrpcFraming.HeaderLength];

        /// <param name="stream">Body of the answer.</param>
        /// <param name="mostBytes">Longest message that is taken.</param>
        public GrpcMessageReader(Stream stream, int mostBytes)
        {
            _stream = stream;
            _mostBytes = mostBytes;
            Buffer = new byte[4096];
        }

        /// <summary>Holds the message in its first <see cref="Length"/> bytes, until the next is read.</summary>
        public byte[] Buffer { get; private set; }

        /// <summary>Length of the message.</summary>
        public int Length { get; private set; }

        /// <summary>Reads the next message.</summary>
        /// <returns>False at the end of the body.</returns>
        /// <exception cref="GrpcException">If the body ends inside a message or is no gRPC.</exception>
        public async Task<bool> ReadAsync(CancellationToken cancellation)
        {
            int got = await FillAsync(_header, _header.Length, cancellation).ConfigureAwait(false);
            if (got == 0)
            {
                return false;
            }
            CheckWhole(got, _header.Length);
            int length = GrpcFraming.ReadHeader(_header, _mostBytes);
            if (length > Buffer.Length)
            {
                Buffer = new byte[Math.Max(length, 2 * Buffer.Length)];
            }
            CheckWhole(await FillAsync(Buffer, length, cancellation).ConfigureAwait(false), length);
            Length = length;
            return true;
        }

        private async Task<int> FillAsync(byte[] target, int count, CancellationToken cancellation)
        {
            int filled = 0;
            while (filled < count)
            {
                int got = await _stream.ReadAsync(target, filled, count - filled, cancellation).ConfigureAwait(false);
                if (got == 0)
                {
                    break;
                }
                filled += got;
            }
            return filled;
        }

        private static void CheckWhole(int got, int wanted)
        {
            if (got < wanted)
            {
                throw new GrpcException(
                    GrpcStatusCode.Unavailable, "the answer ended inside a message: " + got + " of " + wanted + " bytes");
            }
        }
    }
}

using System;
using System.Collections.Generic;
using System.IO;
using System.Threading;
using System.Threading.Tasks;

namespace Posecast.Tests
{
    /// <summary>Bytes from one task to another, in the pieces in which they were written.</summary>
    internal sealed class PipeStream : Stream
    {
        private readonly Queue<byte[]> _pieces = new Queue<byte[]>();
        private readonly SemaphoreSlim _available = new SemaphoreSlim(0);
        private byte[] _piece = new byte[0];
        private int _taken;
        private bool _isOver;

        /// <summary>Given to readers in the place of an end.</summary>
        public Exception Fault { get; set; }

        public override bool CanRead
        {
            get { return true; }
        }

        public override bool CanSeek
        {
            get { return false; }
        }

        public override bool CanWrite
        {
            get { return true; }
        }

        public override long Length
        {
            get { throw new NotSupportedException(); }
        }

        public override long Position
        {
            get { throw new NotSupportedException(); }
            set { throw new NotSupportedException(); }
        }

        public override void Write(byte[] buffer, int offset, int count)
        {
            var piece = new byte[count];
            Buffer.BlockCopy(buffer, offset, piece, 0, count);
            lock (_pieces)
            {
                _pieces.Enqueue(piece);
            }
            _available.Release();
        }

        /// <summary>Nothing more will be written.</summary>
        public void End()
        {
            _available.Release();
        }

        public override async Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellation)
        {
            if (_taken == _piece.Length && !_isOver)
            {
                await _available.WaitAsync(cancellation).ConfigureAwait(false);
                lock (_pieces)
                {
                    _isOver = _pieces.Count == 0;
                    _piece = _isOver ? new byte[0] : _pieces.Dequeue();
                    _taken = 0;
                }
            }
            if (_isOver && Fault != null)
            {
                throw Fault;
            }
            int got = Math.Min(count, _piece.Length - _taken);
            Buffer.BlockCopy(_piece, _taken, buffer, offset, got);
            _taken += got;
            return got;
        }

        public override int Read(byte[] buffer, int offset, int count)
        {
            return ReadAsync(buffer, offset, count, CancellationToken.None).Result;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin)
        {
            throw new NotSupportedException();
        }

        public override void SetLength(long value)
        {
            throw new NotSupportedException();
        }
    }
}

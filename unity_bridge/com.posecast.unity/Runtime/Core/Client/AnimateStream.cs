using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Threading;
using System.Threading.Tasks;
using Google.Protobuf;
using Posecast.V1;

namespace Posecast
{
    /// <summary>One `Animate` stream, from its configuration to its status.</summary>
    /// <remarks>The server counts the utterances of this stream; the client counts those of its whole life.</remarks>
    internal sealed class AnimateStream
    {
        private const string Method = "posecast.v1.FaceAnimationService/Animate";
        private const int ChunkBytes = 16384;
        private const int RoomPollMs = 10;
        private const double LargestBatchS = 4.2; // a window of the offline mode, and a little
        private const int ReaderGraceMs = 1000;

        private readonly FaceClientOptions _options;
        private readonly SpeechQueue _queue;
        private readonly IStreamOwner _owner;
        private readonly GrpcCall _call;
        private readonly CancellationToken _cancellation;
        private readonly object _gate = new object();
        private readonly List<SentUtterance> _sent = new List<SentUtterance>();
        private readonly byte[] _buffer = new byte[FaceMessages.AudioHeaderRoom + ChunkBytes];
        private PlaybackState _playback;
        private GrpcStatus _fault;
        private Face _face;
        private long _heardAt;
        private volatile bool _isWaitingForRoom;

        public AnimateStream(
            FaceClientOptions options, System.Net.Http.HttpMessageHandler handler, SpeechQueue queue, IStreamOwner owner,
            CancellationToken cancellation)
        {
            _options = options;
            _queue = queue;
            _owner = owner;
            _cancellation = cancellation;
            var callOptions = new GrpcCallOptions();
            if (!string.IsNullOrEmpty(options.Token))
            {
                callOptions.Metadata["authorization"] = "Bearer " + options.Token;
            }
            _call = new GrpcCall(handler, options.Endpoint, Method, callOptions, cancellation);
            _heardAt = Stopwatch.GetTimestamp();
        }

        /// <summary>Whether the server greeted.</summary>
        public bool HasHeader { get; private set; }

        /// <summary>How long nothing came, though something was read for.</summary>
        public double SilenceS
        {
            get
            {
                long ticks = Stopwatch.GetTimestamp() - Interlocked.Read(ref _heardAt);
                return _isWaitingForRoom ? 0.0 : ticks / (double)Stopwatch.Frequency;
            }
        }

        /// <summary>Ends the stream for a reason of the client's own.</summary>
        public void Cancel(GrpcStatus reason)
        {
            _call.Cancel(reason);
        }

        /// <summary>Runs to the end.</summary>
        /// <param name="settings">Choices that hold from the start.</param>
        /// <returns>How it ended.</returns>
        public async Task<GrpcStatus> RunAsync(FaceSettings settings)
        {
            byte[] config = FaceMessages.Frame(FaceMessages.ToConfig(_options, settings));
            using (var stopWriting = CancellationTokenSource.CreateLinkedTokenSource(_cancellation))
            using (new Timer(OnLate, null, TimeSpan.FromSeconds(_options.ConnectTimeoutS), Timeout.InfiniteTimeSpan))
            using (_call)
            {
                _call.Start();
                Task writing = WriteAllAsync(config, stopWriting.Token);
                while (await _call.ReadAsync().ConfigureAwait(false) && Handle())
                {
                    await WaitForRoomAsync().ConfigureAwait(false);
                }
                GrpcStatus status = _call.Status ?? _fault;
                stopWriting.Cancel();
                _call.Cancel(status);
                await writing.ConfigureAwait(false);
                return status;
            }
        }

        private void OnLate(object state)
        {
            if (!HasHeader)
            {
                _call.Cancel(new GrpcStatus(GrpcStatusCode.DeadlineExceeded,
                    FormattableString.Invariant($"no greeting within {_options.ConnectTimeoutS} s")));
            }
        }

        // Writing -----------------------------------------------------------------------------------------------

        private async Task WriteAllAsync(byte[] config, CancellationToken cancellation)
        {
            try
            {
                await _call.WriteAsync(config, 0, config.Length).ConfigureAwait(false);
                while (true)
                {
                    SpeechItem item = _queue.Next(_buffer, FaceMessages.AudioHeaderRoom, ChunkBytes);
                    if (item.Kind == SpeechItemKind.Nothing)
                    {
                        await _queue.WaitAsync(cancellation).ConfigureAwait(false);
                    }
                    else
                    {
                        await WriteAsync(item).ConfigureAwait(false);
                    }
                }
            }
            catch (Exception error)
            {
                // A writer only learns that the call is over; why, the reader will tell in a moment.
                await Task.WhenAny(Task.Delay(ReaderGraceMs, cancellation)).ConfigureAwait(false);
                _call.Cancel(GrpcStatus.FromException(error));
            }
        }

        private Task WriteAsync(SpeechItem item)
        {
            if (item.Kind == SpeechItemKind.Audio)
            {
                Remember(item);
                int start = FaceMessages.WriteAudioHeader(_buffer, item.NumBytes);
                return _call.WriteAsync(_buffer, start, FaceMessages.AudioHeaderRoom - start + item.NumBytes);
            }
            byte[] framed = FaceMessages.Frame(ToRequest(item));
            return _call.WriteAsync(framed, 0, framed.Length);
        }

        private AnimateRequest ToRequest(SpeechItem item)
        {
            switch (item.Kind)
            {
                case SpeechItemKind.End:
                    Remember(item);
                    return new AnimateRequest { EndOfUtterance = new EndOfUtterance() };
                case SpeechItemKind.Update:
                    FaceSettings settings = _owner.OnUpdate(item.Settings);
                    return new AnimateRequest
                    {
                        Update = new SettingsUpdate { Settings = FaceMessages.ToMessage(settings) },
                    };
                default:
                    return new AnimateRequest { Interrupt = ToInterrupt(item.Place) };
            }
        }

        private void Remember(SpeechItem item)
        {
            lock (_gate)
            {
                bool isKnown = _sent.Count > 0 && _sent[_sent.Count - 1].Number == item.Utterance;
                if (!isKnown)
                {
                    _sent.Add(new SentUtterance { Number = item.Utterance, FrameOffset = item.FrameOffset });
                }
            }
        }

        private Interrupt ToInterrupt(FramePlace? place)
        {
            var interrupt = new Interrupt();
            lock (_gate)
            {
                for (int i = 0; place.HasValue && i < _sent.Count; i++)
                {
                    if (_sent[i].Number == place.Value.Utterance && place.Value.FrameIndex >= _sent[i].FrameOffset)
                    {
                        interrupt.UtteranceIndex = (uint)i;
                        interrupt.FrameIndex = (ulong)(place.Value.FrameIndex - _sent[i].FrameOffset);
                    }
                }
            }
            return interrupt;
        }

        // Reading -----------------------------------------------------------------------------------------------

        private bool Handle()
        {
            Interlocked.Exchange(ref _heardAt, Stopwatch.GetTimestamp());
            AnimateResponse response;
            try
            {
                response = AnimateResponse.Parser.ParseFrom(_call.Message, 0, _call.MessageLength);
            }
            catch (InvalidProtocolBufferException error)
            {
                return Fail(GrpcStatusCode.Internal, "a message that cannot be read: " + error.Message);
            }
            switch (response.PartCase)
            {
                case AnimateResponse.PartOneofCase.Header:
                    return Take(response.Header);
                case AnimateResponse.PartOneofCase.Frames:
                    return _playback == null ? Fail(GrpcStatusCode.Internal, "frames came before the header") : Take(response.Frames);
                case AnimateResponse.PartOneofCase.End:
                    return _playback == null ? Fail(GrpcStatusCode.Internal, "an end came before the header") : Take(response.End);
                default:
                    return true; // of a newer server
            }
        }

        private bool Take(AnimationHeader header)
        {
            string fault = FaceMessages.FindFault(header);
            if (fault != null)
            {
                return Fail(GrpcStatusCode.FailedPrecondition, fault);
            }
            _playback = _owner.OnHeader(header);
            _face = new Face(_playback.CurveNames.Count);
            HasHeader = true;
            return true;
        }

        private bool Take(FrameBatch batch)
        {
            if (batch.Frames.Count == 0)
            {
                return true;
            }
            if (batch.IsIdle)
            {
                Push(_playback.Idle, batch, batch.UtteranceIndex, 0);
                return true;
            }
            SentUtterance sent;
            if (!TryFind(batch.UtteranceIndex, out sent))
            {
                return Fail(GrpcStatusCode.Internal, "frames of utterance " + batch.UtteranceIndex + ", which was never sent");
            }
            lock (_playback.InterruptGate)
            {
                if (batch.IsEasing)
                {
                    _playback.Speech.TruncateFrom(sent.Number, (long)batch.Frames[0].Index + sent.FrameOffset);
                    Push(_playback.Speech, batch, sent.Number, sent.FrameOffset);
                }
                else if (sent.Number > _queue.InterruptedThrough) // others were made before the interrupt was heard
                {
                    Push(_playback.Speech, batch, sent.Number, sent.FrameOffset);
                }
            }
            return true;
        }

        private void Push(FrameBuffer buffer, FrameBatch batch, uint utterance, long offset)
        {
            int numMalformed = 0;
            foreach (FaceFrame frame in batch.Frames)
            {
                if (FaceMessages.TryRead(frame, _face))
                {
                    buffer.Push(utterance, (long)frame.Index + offset, _face);
                }
                else
                {
                    numMalformed++;
                }
            }
            _owner.OnFrames(batch.Frames.Count, numMalformed);
        }

        private bool Take(UtteranceEnd end)
        {
            SentUtterance sent;
            if (!TryFind(end.UtteranceIndex, out sent))
            {
                return Fail(GrpcStatusCode.Internal, "the end of utterance " + end.UtteranceIndex + ", which was never sent");
            }
            _playback.Speech.MarkEnd(sent.Number, (long)end.NumFrames + sent.FrameOffset);
            _queue.Answered(sent.Number);
            _owner.OnEnd(sent.Number, end.WasInterrupted);
            return true;
        }

        private bool TryFind(uint utteranceIndex, out SentUtterance sent)
        {
            lock (_gate)
            {
                bool isThere = utteranceIndex < _sent.Count;
                sent = isThere ? _sent[(int)utteranceIndex] : default(SentUtterance);
                return isThere;
            }
        }

        private bool Fail(GrpcStatusCode code, string message)
        {
            _fault = new GrpcStatus(code, message);
            return false;
        }

        /// <summary>Reads no more than the buffer can hold: the server then waits, and nothing is dropped.</summary>
        private async Task WaitForRoomAsync()
        {
            while (_playback != null && _playback.Speech.Room < LargestBatchS * _playback.RateHz)
            {
                _isWaitingForRoom = true;
                await Task.Delay(RoomPollMs, _cancellation).ConfigureAwait(false);
            }
            if (_isWaitingForRoom)
            {
                _isWaitingForRoom = false;
                Interlocked.Exchange(ref _heardAt, Stopwatch.GetTimestamp());
            }
        }

        private struct SentUtterance
        {
            public uint Number;
            public long FrameOffset;
        }
    }
}

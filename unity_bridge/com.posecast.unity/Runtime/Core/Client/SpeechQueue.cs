using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;

namespace Posecast
{
    /// <summary>Speech on its way to the server, kept until it is answered so that a broken stream can be taken up again.</summary>
    /// <remarks>
    /// One ring holds what was sent without an answer and what waits. Where room is needed, what was sent is forgotten
    /// first, and what is pushed beyond the room is refused. Any thread may use it.
    /// </remarks>
    internal sealed class SpeechQueue
    {
        private const int MaxReplays = 2; // an utterance that breaks the stream each time is given up

        private readonly object _gate = new object();
        private readonly byte[] _ring;
        private readonly int _sampleBytes;
        private readonly long _capacity;
        private readonly List<Utterance> _utterances = new List<Utterance>();
        private readonly Queue<PendingUpdate> _updates = new Queue<PendingUpdate>();
        private readonly SemaphoreSlim _signal = new SemaphoreSlim(0, 1);
        private long _tail;
        private long _cursor;
        private long _head;
        private Utterance _open;
        private uint _current;
        private SpeechItem _interrupt;
        private long _interruptedThrough = -1;

        /// <param name="capacitySamples">Samples of all channels that may wait.</param>
        /// <param name="numChannels">Channels.</param>
        public SpeechQueue(int capacitySamples, int numChannels)
        {
            _sampleBytes = 2 * numChannels;
            _capacity = capacitySamples;
            _ring = new byte[capacitySamples * _sampleBytes];
        }

        /// <summary>The utterance that samples pushed now belong to.</summary>
        public uint Current
        {
            get { lock (_gate) { return _current; } }
        }

        /// <summary>Samples that were refused.</summary>
        public long NumRefused { get; private set; }

        /// <summary>The last utterance that an interrupt dropped; -1 if none did.</summary>
        public long InterruptedThrough
        {
            get { lock (_gate) { return _interruptedThrough; } }
        }

        /// <summary>Whether the server owes the end of an utterance that was sent to its end.</summary>
        public bool IsOwedAnEnd
        {
            get { lock (_gate) { return _utterances.Count > 0 && _utterances[0].IsEndSent; } }
        }

        /// <summary>Takes 16-bit samples of all channels.</summary>
        /// <returns>How many values were taken.</returns>
        public int Push(short[] samples, int offset, int count)
        {
            lock (_gate)
            {
                int taken = MakeRoom(count);
                for (int i = 0; i < taken; i++)
                {
                    Put(samples[offset + i], i);
                }
                return Pushed(taken);
            }
        }

        /// <summary>Takes samples in -1..1; beyond it they are clipped.</summary>
        /// <returns>How many values were taken.</returns>
        public int Push(float[] samples, int offset, int count)
        {
            lock (_gate)
            {
                int taken = MakeRoom(count);
                for (int i = 0; i < taken; i++)
                {
                    float sample = samples[offset + i] * 32767f;
                    // A NaN falls through both comparisons, and would be a click.
                    short rounded = sample >= 32767f ? (short)32767 : sample <= -32767f ? (short)-32767
                        : float.IsNaN(sample) ? (short)0 : (short)Math.Round(sample);
                    Put(rounded, i);
                }
                return Pushed(taken);
            }
        }

        /// <summary>Ends the current utterance, even if it has no sample.</summary>
        public void End()
        {
            lock (_gate)
            {
                OpenIfNeeded();
                _open.End = _head;
                _open = null;
                _current++;
            }
            Signal();
        }

        /// <summary>Puts a change of settings behind the samples that were pushed so far.</summary>
        public void Update(FaceSettings settings)
        {
            lock (_gate)
            {
                _updates.Enqueue(new PendingUpdate { Utterance = _current, Position = _head, Settings = settings });
            }
            Signal();
        }

        /// <summary>Drops all samples and tells the server before anything else.</summary>
        /// <param name="place">The frame that would be shown next; null if none is shown.</param>
        /// <returns>The last utterance that is dropped, -1 if there never was one.</returns>
        public long Interrupt(FramePlace? place)
        {
            lock (_gate)
            {
                if (_open != null)
                {
                    _open = null;
                    _current++;
                }
                _utterances.Clear();
                _tail = _cursor = _head;
                _interrupt = new SpeechItem { Kind = SpeechItemKind.Interrupt, Place = place };
                _interruptedThrough = (long)_current - 1;
            }
            Signal();
            return InterruptedThrough;
        }

        /// <summary>Waits until there may be something to send.</summary>
        public Task WaitAsync(CancellationToken cancellation)
        {
            return _signal.WaitAsync(cancellation);
        }

        /// <summary>Gives what is to be sent next.</summary>
        /// <param name="target">Takes audio.</param>
        /// <param name="offset">Where in it.</param>
        /// <param name="count">How many bytes at most.</param>
        public SpeechItem Next(byte[] target, int offset, int count)
        {
            lock (_gate)
            {
                if (_interrupt.Kind == SpeechItemKind.Interrupt)
                {
                    SpeechItem interrupt = _interrupt;
                    _interrupt = default(SpeechItem);
                    return interrupt;
                }
                Utterance next = _utterances.Find(utterance => !utterance.IsEndSent);
                bool isUpdateDue = _updates.Count > 0
                    && (next == null || (IsUpdateOf(next) && _updates.Peek().Position <= Math.Max(_cursor, next.First)));
                if (isUpdateDue)
                {
                    return new SpeechItem { Kind = SpeechItemKind.Update, Settings = _updates.Dequeue().Settings };
                }
                return next == null ? default(SpeechItem) : NextOf(next, target, offset, count / _sampleBytes);
            }
        }

        /// <summary>The server has answered an utterance in full.</summary>
        public void Answered(uint number)
        {
            lock (_gate)
            {
                while (_utterances.Count > 0 && _utterances[0].Number <= number && _utterances[0] != _open)
                {
                    _utterances.RemoveAt(0);
                }
                _tail = _utterances.Count > 0 ? Math.Max(_tail, _utterances[0].Start) : _cursor;
            }
        }

        /// <summary>Begins anew on another stream, with the first utterance that has no answer.</summary>
        /// <param name="sampleRateHz">Samples in a second.</param>
        /// <param name="frameRateHz">Frames in a second.</param>
        /// <param name="first">The utterance that comes first.</param>
        /// <returns>Utterances that are given up, because they broke the stream before.</returns>
        public List<uint> Rewind(int sampleRateHz, int frameRateHz, out uint first)
        {
            var lost = new List<uint>();
            lock (_gate)
            {
                _interrupt = default(SpeechItem);
                if (_utterances.Count > 0 && WasBegun(_utterances[0]) && ++_utterances[0].NumReplays > MaxReplays)
                {
                    lost.Add(_utterances[0].Number);
                    GiveUpFirst();
                }
                foreach (Utterance utterance in _utterances)
                {
                    utterance.IsEndSent = false;
                    // Only where a frame begins on a sample can what is left be taken up again.
                    long grid = sampleRateHz / GreatestDivisor(sampleRateHz, frameRateHz);
                    long missing = Math.Max(0, _tail - utterance.Start);
                    long skipped = (missing + grid - 1) / grid * grid;
                    utterance.First = Math.Min(utterance.End >= 0 ? utterance.End : _head, utterance.Start + skipped);
                    utterance.FrameOffset = skipped * frameRateHz / sampleRateHz;
                }
                first = _utterances.Count > 0 ? _utterances[0].Number : _current;
                _cursor = _utterances.Count > 0 ? _utterances[0].First : _cursor;
            }
            Signal();
            return lost;
        }

        /// <summary>Whether the next update comes before the end of an utterance.</summary>
        private bool IsUpdateOf(Utterance utterance)
        {
            return _updates.Count > 0 && _updates.Peek().Utterance <= utterance.Number;
        }

        private bool WasBegun(Utterance utterance)
        {
            return _cursor > utterance.Start || utterance.IsEndSent;
        }

        private void GiveUpFirst()
        {
            Utterance given = _utterances[0];
            _utterances.RemoveAt(0);
            if (given == _open)
            {
                _open = null;
                _current++;
                given.End = _head;
            }
            _tail = _cursor = given.End;
        }

        private SpeechItem NextOf(Utterance utterance, byte[] target, int offset, int mostSamples)
        {
            var item = new SpeechItem { Utterance = utterance.Number, FrameOffset = utterance.FrameOffset };
            long limit = utterance.End >= 0 ? utterance.End : _head;
            _cursor = Math.Max(_cursor, utterance.First);
            if (IsUpdateOf(utterance))
            {
                limit = Math.Min(limit, _updates.Peek().Position);
            }
            int samples = (int)Math.Min(mostSamples, limit - _cursor);
            if (samples > 0)
            {
                Copy(_cursor, samples, target, offset);
                _cursor += samples;
                item.Kind = SpeechItemKind.Audio;
                item.NumBytes = samples * _sampleBytes;
            }
            else if (utterance.End >= 0 && _cursor >= utterance.End)
            {
                utterance.IsEndSent = true;
                item.Kind = SpeechItemKind.End;
            }
            return item;
        }

        private void Copy(long from, int samples, byte[] target, int offset)
        {
            int start = (int)(from % _capacity) * _sampleBytes;
            int bytes = samples * _sampleBytes;
            int until = Math.Min(bytes, _ring.Length - start);
            Buffer.BlockCopy(_ring, start, target, offset, until);
            Buffer.BlockCopy(_ring, 0, target, offset + until, bytes - until);
        }

        /// <summary>Makes room for values of all channels and says how many fit.</summary>
        private int MakeRoom(int numValues)
        {
            int numChannels = _sampleBytes / 2;
            long samples = Math.Min(numValues / numChannels, _capacity - (_head - _cursor));
            NumRefused += numValues / numChannels - samples;
            _tail = Math.Max(_tail, _head + samples - _capacity);
            return (int)samples * numChannels;
        }

        private void Put(short value, int place)
        {
            long position = (_head * _sampleBytes + 2L * place) % _ring.Length;
            _ring[position] = (byte)value;
            _ring[position + 1] = (byte)(value >> 8);
        }

        private int Pushed(int numValues)
        {
            if (numValues > 0)
            {
                OpenIfNeeded();
                _head += numValues / (_sampleBytes / 2);
                Signal();
            }
            return numValues;
        }

        private void OpenIfNeeded()
        {
            if (_open == null)
            {
                _open = new Utterance { Number = _current, Start = _head, First = _head };
                _utterances.Add(_open);
            }
        }

        private void Signal()
        {
            lock (_signal)
            {
                if (_signal.CurrentCount == 0)
                {
                    _signal.Release();
                }
            }
        }

        private static long GreatestDivisor(long a, long b)
        {
            return b == 0 ? a : GreatestDivisor(b, a % b);
        }

        private sealed class Utterance
        {
            public uint Number;
            public long Start;
            public long End = -1;
            public bool IsEndSent;
            public int NumReplays;
            public long First; // the first sample that is sent on this stream
            public long FrameOffset;
        }

        private struct PendingUpdate
        {
            public uint Utterance;
            public long Position;
            public FaceSettings Settings;
        }
    }
}

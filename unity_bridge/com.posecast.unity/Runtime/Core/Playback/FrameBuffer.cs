using System;

namespace Posecast
{
    /// <summary>Frames of a stream, put in as they come and looked up by time. Fixed memory; any thread may use it.</summary>
    /// <remarks>
    /// A frame's key is its utterance and its index. Keys only grow; one that does not is a frame that is here
    /// already, as after a reconnection, and is passed over.
    /// </remarks>
    public sealed class FrameBuffer
    {
        private const int MaxEnds = 64;
        private const double Exact = 1e-6; // frames; less than a tenth of a microsecond of speech

        private readonly object _gate = new object();
        private readonly int _capacity;
        private readonly int _numCurves;
        private readonly float[] _weights;
        private readonly Rotation[] _heads;
        private readonly uint[] _utterances;
        private readonly long[] _indices;
        private readonly uint[] _endUtterances = new uint[MaxEnds];
        private readonly long[] _endFrames = new long[MaxEnds];
        private int _numEnds;
        private int _first;
        private int _count;
        private uint _newestUtterance;
        private long _newestIndex = -1;
        private long _numDropped;
        private long _numStale;

        /// <param name="capacity">Most frames that wait, 2 and more.</param>
        /// <param name="numCurves">Weights of a frame, 1..256.</param>
        public FrameBuffer(int capacity, int numCurves)
        {
            if (capacity < 2)
            {
                throw new ArgumentOutOfRangeException(nameof(capacity), capacity, "allowed: 2 and more");
            }
            if (numCurves < 1 || numCurves > Face.MaxCurves)
            {
                throw new ArgumentOutOfRangeException(nameof(numCurves), numCurves, "allowed: 1 to " + Face.MaxCurves);
            }
            _capacity = capacity;
            _numCurves = numCurves;
            _weights = new float[capacity * numCurves];
            _heads = new Rotation[capacity];
            _utterances = new uint[capacity];
            _indices = new long[capacity];
        }

        /// <summary>Weights of a frame.</summary>
        public int NumCurves
        {
            get { return _numCurves; }
        }

        /// <summary>Frames that are here.</summary>
        public int Count
        {
            get { lock (_gate) { return _count; } }
        }

        /// <summary>How many more fit without dropping one.</summary>
        public int Room
        {
            get { lock (_gate) { return _capacity - _count; } }
        }

        /// <summary>Frames that were dropped because newer ones came: the oldest.</summary>
        public long NumDropped
        {
            get { lock (_gate) { return _numDropped; } }
        }

        /// <summary>Frames that were passed over because they were here already.</summary>
        public long NumStale
        {
            get { lock (_gate) { return _numStale; } }
        }

        /// <summary>Takes a frame.</summary>
        /// <param name="utterance">Its utterance.</param>
        /// <param name="index">Its index in the utterance.</param>
        /// <param name="face">Its content; it is copied.</param>
        /// <returns>False if it is not newer than the newest one.</returns>
        public bool Push(uint utterance, long index, Face face)
        {
            lock (_gate)
            {
                if (_newestIndex >= 0 && Compare(utterance, index, _newestUtterance, _newestIndex) <= 0)
                {
                    _numStale++;
                    return false;
                }
                if (_count == _capacity)
                {
                    DropOldest(1);
                    _numDropped++;
                }
                int slot = SlotOf(_count);
                Buffer.BlockCopy(face.Weights, 0, _weights, slot * _numCurves * sizeof(float), _numCurves * sizeof(float));
                _heads[slot] = face.Head;
                _utterances[slot] = _newestUtterance = utterance;
                _indices[slot] = _newestIndex = index;
                _count++;
                return true;
            }
        }

        /// <summary>No more frames of an utterance will come.</summary>
        /// <param name="utterance">Which one.</param>
        /// <param name="numFrames">How many it has, shown or not.</param>
        public void MarkEnd(uint utterance, long numFrames)
        {
            lock (_gate)
            {
                int place = _numEnds++ % MaxEnds;
                _endUtterances[place] = utterance;
                _endFrames[place] = numFrames;
            }
        }

        /// <summary>Whether the end of an utterance is known, and how many frames it has.</summary>
        public bool TryGetEnd(uint utterance, out long numFrames)
        {
            lock (_gate)
            {
                return FindEnd(utterance, out numFrames);
            }
        }

        /// <summary>Looks up the face of an instant, between two frames if need be. Allocates nothing.</summary>
        /// <param name="utterance">The utterance that is heard.</param>
        /// <param name="position">Where in it, in frames.</param>
        /// <param name="face">Takes the face, unless there is nothing.</param>
        public FrameMatch Sample(uint utterance, double position, Face face)
        {
            lock (_gate)
            {
                int later = FindAfter(utterance, position);
                bool hasEarlier = later > 0 && _utterances[SlotOf(later - 1)] == utterance;
                bool hasLater = later < _count && _utterances[SlotOf(later)] == utterance;
                if (!hasEarlier)
                {
                    if (!hasLater)
                    {
                        return FrameMatch.Nothing;
                    }
                    Copy(SlotOf(later), face);
                    return FrameMatch.Before;
                }
                int slot = SlotOf(later - 1);
                if (hasLater)
                {
                    Mix(slot, SlotOf(later), position, face);
                    return FrameMatch.Found;
                }
                Copy(slot, face);
                long numFrames;
                if (FindEnd(utterance, out numFrames))
                {
                    return position < numFrames ? FrameMatch.Found : FrameMatch.Over;
                }
                return position - _indices[slot] <= Exact ? FrameMatch.Found : FrameMatch.Behind;
            }
        }

        /// <summary>Forgets the frames that are over at an instant; the one that is shown stays.</summary>
        public void DropBefore(uint utterance, double position)
        {
            lock (_gate)
            {
                int later = FindAfter(utterance, position);
                bool hasEarlier = later > 0 && _utterances[SlotOf(later - 1)] == utterance;
                DropOldest(hasEarlier ? later - 1 : later);
            }
        }

        /// <summary>Forgets all frames from one on, so that others can take their place.</summary>
        public void TruncateFrom(uint utterance, long index)
        {
            lock (_gate)
            {
                while (_count > 0)
                {
                    int slot = SlotOf(_count - 1);
                    if (Compare(_utterances[slot], _indices[slot], utterance, index) < 0)
                    {
                        break;
                    }
                    _count--;
                }
                if (_newestIndex >= 0 && Compare(_newestUtterance, _newestIndex, utterance, index) >= 0)
                {
                    _newestUtterance = utterance;
                    _newestIndex = index - 1;
                }
                for (int i = 0; i < Math.Min(_numEnds, MaxEnds); i++)
                {
                    if (_endUtterances[i] >= utterance)
                    {
                        _endFrames[i] = Math.Min(_endFrames[i], _endUtterances[i] == utterance ? index : 0);
                    }
                }
            }
        }

        /// <summary>Frames of an utterance at or behind an instant, and whether no more will come.</summary>
        public long CountFrom(uint utterance, double position, out bool isComplete)
        {
            lock (_gate)
            {
                long numFrames;
                isComplete = FindEnd(utterance, out numFrames);
                int first = FindAfter(utterance, position - 2.0 * Exact);
                int last = FindAfter(utterance, double.PositiveInfinity);
                return last - first;
            }
        }

        /// <summary>The oldest and the newest frame that are here.</summary>
        /// <returns>False if there are none.</returns>
        public bool TryGetEnds(out uint oldestUtterance, out long oldestIndex, out uint newestUtterance, out long newestIndex)
        {
            lock (_gate)
            {
                int oldest = SlotOf(0);
                int newest = SlotOf(Math.Max(0, _count - 1));
                oldestUtterance = _utterances[oldest];
                oldestIndex = _indices[oldest];
                newestUtterance = _utterances[newest];
                newestIndex = _indices[newest];
                return _count > 0;
            }
        }

        /// <summary>Empty, as it was made; the counters stay.</summary>
        public void Clear()
        {
            lock (_gate)
            {
                _first = _count = _numEnds = 0;
                _newestUtterance = 0;
                _newestIndex = -1;
            }
        }

        private bool FindEnd(uint utterance, out long numFrames)
        {
            for (int i = 0; i < Math.Min(_numEnds, MaxEnds); i++)
            {
                if (_endUtterances[i] == utterance)
                {
                    numFrames = _endFrames[i];
                    return true;
                }
            }
            numFrames = 0;
            return false;
        }

        /// <summary>How many frames, from the oldest on, are at or before an instant.</summary>
        private int FindAfter(uint utterance, double position)
        {
            int low = 0;
            int high = _count;
            while (low < high)
            {
                int middle = (low + high) / 2;
                int slot = SlotOf(middle);
                bool isAfter = _utterances[slot] != utterance
                    ? _utterances[slot] > utterance
                    : _indices[slot] > position + Exact;
                if (isAfter)
                {
                    high = middle;
                }
                else
                {
                    low = middle + 1;
                }
            }
            return low;
        }

        private void Mix(int earlier, int later, double position, Face face)
        {
            double span = _indices[later] - _indices[earlier];
            float part = (float)Math.Max(0.0, Math.Min(1.0, (position - _indices[earlier]) / span));
            float[] weights = face.Weights;
            int from = earlier * _numCurves;
            int to = later * _numCurves;
            for (int i = 0; i < _numCurves; i++)
            {
                float weight = _weights[from + i];
                weights[i] = weight + part * (_weights[to + i] - weight);
            }
            face.Head = Rotation.Between(_heads[earlier], _heads[later], part);
        }

        private void Copy(int slot, Face face)
        {
            Buffer.BlockCopy(_weights, slot * _numCurves * sizeof(float), face.Weights, 0, _numCurves * sizeof(float));
            face.Head = _heads[slot].Normalised();
        }

        private void DropOldest(int number)
        {
            _first = SlotOf(number);
            _count -= number;
        }

        private int SlotOf(int place)
        {
            int slot = _first + place;
            return slot < _capacity ? slot : slot - _capacity;
        }

        private static int Compare(uint utteranceA, long indexA, uint utteranceB, long indexB)
        {
            int order = utteranceA.CompareTo(utteranceB);
            return order != 0 ? order : indexA.CompareTo(indexB);
        }
    }
}

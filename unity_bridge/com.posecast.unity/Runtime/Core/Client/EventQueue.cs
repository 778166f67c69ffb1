namespace Posecast
{
    /// <summary>Events from any thread to one that polls; if nobody does, the oldest are dropped.</summary>
    internal sealed class EventQueue
    {
        private readonly object _gate = new object();
        private readonly FaceEvent[] _events;
        private int _first;
        private int _count;

        public EventQueue(int capacity)
        {
            _events = new FaceEvent[capacity];
        }

        /// <summary>Events that nobody polled.</summary>
        public long NumDropped { get; private set; }

        public void Add(in FaceEvent added)
        {
            lock (_gate)
            {
                if (_count == _events.Length)
                {
                    _first = (_first + 1) % _events.Length;
                    _count--;
                    NumDropped++;
                }
                _events[(_first + _count) % _events.Length] = added;
                _count++;
            }
        }

        public bool TryTake(out FaceEvent taken)
        {
            lock (_gate)
            {
                taken = _count > 0 ? _events[_first] : default(FaceEvent);
                if (_count == 0)
                {
                    return false;
                }
                _events[_first] = default(FaceEvent);
                _first = (_first + 1) % _events.Length;
                _count--;
                return true;
            }
        }
    }
}

namespace Posecast
{
    /// <summary>Counted since a client was made.</summary>
    public struct FaceClientStats
    {
        /// <summary>Frames that came.</summary>
        public long FramesReceived;

        /// <summary>Frames that wait to be shown.</summary>
        public long FramesWaiting;

        /// <summary>Frames that were dropped because the buffer was full: the oldest.</summary>
        public long FramesDropped;

        /// <summary>Frames that could not be read.</summary>
        public long FramesMalformed;

        /// <summary>How often the next frame was not there in time.</summary>
        public long Underruns;

        /// <summary>Samples that were refused because too much waited.</summary>
        public long SamplesRefused;

        /// <summary>Connections after the first.</summary>
        public long Reconnections;

        /// <summary>Events that nobody polled.</summary>
        public long EventsDropped;
    }
}

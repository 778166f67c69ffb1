namespace Posecast
{
    /// <summary>The next thing to send to the server.</summary>
    internal struct SpeechItem
    {
        public SpeechItemKind Kind;

        /// <summary>Of audio and an end: which utterance.</summary>
        public uint Utterance;

        /// <summary>Of audio and an end: the utterance's frame that its first sample on this stream belongs to.</summary>
        public long FrameOffset;

        /// <summary>Of audio: bytes that were written.</summary>
        public int NumBytes;

        /// <summary>Of an update.</summary>
        public FaceSettings Settings;

        /// <summary>Of an interrupt: the frame that would be shown next.</summary>
        public FramePlace? Place;
    }

    internal enum SpeechItemKind
    {
        Nothing,
        Audio,
        End,
        Update,
        Interrupt,
    }

    /// <summary>A frame of an utterance.</summary>
    internal struct FramePlace
    {
        public uint Utterance;
        public long FrameIndex;
    }
}

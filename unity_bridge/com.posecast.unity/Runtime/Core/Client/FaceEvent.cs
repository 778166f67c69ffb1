namespace Posecast
{
    /// <summary>Something that happened to a client.</summary>
    public readonly struct FaceEvent
    {
        public FaceEvent(FaceEventKind kind, uint utterance = 0, bool wasCut = false, string message = "")
        {
            Kind = kind;
            Utterance = utterance;
            WasCut = wasCut;
            Message = message;
        }

        public FaceEventKind Kind { get; }

        /// <summary>Which utterance, counted over the client's whole life.</summary>
        public uint Utterance { get; }

        /// <summary>Of an end: whether an interrupt or a lost connection cut the utterance short.</summary>
        public bool WasCut { get; }

        /// <summary>For people.</summary>
        public string Message { get; }
    }
}

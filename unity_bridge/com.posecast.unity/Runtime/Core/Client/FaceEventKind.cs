namespace Posecast
{
    /// <summary>What happened to a client.</summary>
    public enum FaceEventKind
    {
        /// <summary>The server greeted: curve names are known, and may be others than before.</summary>
        Connected,

        /// <summary>Enough of an utterance is buffered: start its audio.</summary>
        UtteranceReady,

        /// <summary>The server has sent all frames of an utterance.</summary>
        UtteranceEnded,

        /// <summary>The last frame of an utterance is over.</summary>
        UtterancePlayed,

        /// <summary>The stream broke; another attempt follows.</summary>
        Reconnecting,

        /// <summary>The stream has failed for good.</summary>
        Failed,
    }
}

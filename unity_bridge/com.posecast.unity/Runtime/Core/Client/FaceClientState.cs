namespace Posecast
{
    /// <summary>What a client is doing.</summary>
    public enum FaceClientState
    {
        /// <summary>The server has not greeted yet.</summary>
        Connecting,

        /// <summary>Connected; nothing is shown but idle life.</summary>
        Waiting,

        /// <summary>An utterance is shown.</summary>
        Receiving,

        /// <summary>An utterance is shown, and its next frame is not there.</summary>
        Behind,

        /// <summary>The stream broke; another attempt follows by itself.</summary>
        Reconnecting,

        /// <summary>For good: make another client.</summary>
        Failed,

        /// <summary>Disposed of.</summary>
        Closed,
    }
}

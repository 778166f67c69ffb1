namespace Posecast
{
    /// <summary>What a face player shows.</summary>
    public enum PlayerState
    {
        /// <summary>Nothing, or the way to it.</summary>
        Resting,

        /// <summary>Idle life between utterances.</summary>
        Idling,

        /// <summary>An utterance.</summary>
        Speaking,

        /// <summary>An utterance whose next frame is not there yet: the last face, held or on its way to rest.</summary>
        Behind,

        /// <summary>The way to rest after an interrupt.</summary>
        Stopping,
    }
}

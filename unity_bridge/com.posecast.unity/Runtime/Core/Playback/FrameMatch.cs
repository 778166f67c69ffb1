namespace Posecast
{
    /// <summary>What a frame buffer has for an instant.</summary>
    public enum FrameMatch
    {
        /// <summary>No frame of the utterance.</summary>
        Nothing,

        /// <summary>The instant lies before the first frame that is there; that one was given.</summary>
        Before,

        /// <summary>The instant lies on or between frames.</summary>
        Found,

        /// <summary>The instant lies behind the newest frame; that one was given, and more are to come.</summary>
        Behind,

        /// <summary>The instant lies behind the last frame of the utterance; that one was given.</summary>
        Over,
    }
}

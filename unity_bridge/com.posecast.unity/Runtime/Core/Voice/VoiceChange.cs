namespace Posecast
{
    /// <summary>What became of the lines of a voice in a rendered frame.</summary>
    internal enum VoiceChange
    {
        None,
        Started,
        Finished,
    }
}

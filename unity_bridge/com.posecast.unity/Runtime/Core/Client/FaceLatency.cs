namespace Posecast
{
    /// <summary>How many frames the server makes at a time; the contract tells the windows.</summary>
    public enum FaceLatency
    {
        /// <summary>The server's default: balanced.</summary>
        Default = 0,

        /// <summary>Windows of four seconds, for baking.</summary>
        Offline = 1,

        /// <summary>Windows of one second, for speech synthesis that runs ahead.</summary>
        Balanced = 2,

        /// <summary>Windows of 0.12 s, for microphones.</summary>
        Realtime = 3,
    }
}

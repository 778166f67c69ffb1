using Posecast.V1;

namespace Posecast
{
    /// <summary>What a stream tells its client, from threads of its own.</summary>
    internal interface IStreamOwner
    {
        /// <summary>The server greeted.</summary>
        /// <returns>Where its frames go.</returns>
        PlaybackState OnHeader(AnimationHeader header);

        void OnFrames(int numFrames, int numMalformed);

        void OnEnd(uint utterance, bool wasInterrupted);

        /// <summary>A change of settings is about to be sent.</summary>
        /// <returns>The same in this stream's own count of utterances.</returns>
        FaceSettings OnUpdate(FaceSettings settings);
    }
}

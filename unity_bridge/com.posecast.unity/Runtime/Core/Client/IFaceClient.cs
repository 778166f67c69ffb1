using System;
using System.Collections.Generic;

namespace Posecast
{
    /// <summary>Speech goes in, the face of the moment comes out. For one thread, but for the pushing of audio.</summary>
    public interface IFaceClient : IDisposable
    {
        FaceClientState State { get; }

        /// <summary>What went wrong last; empty if nothing did.</summary>
        string LastError { get; }

        /// <summary>Names of the curves; empty before the server greeted.</summary>
        IReadOnlyList<string> CurveNames { get; }

        /// <summary>The utterance that audio pushed now belongs to.</summary>
        uint CurrentUtterance { get; }

        FaceClientStats Stats { get; }

        /// <summary>Takes samples in -1..1, channels alternating. Never waits.</summary>
        /// <returns>How many values were taken: fewer than given when too much waits.</returns>
        int PushAudio(float[] samples, int offset, int count);

        /// <summary>Takes 16-bit samples, channels alternating. Never waits.</summary>
        /// <returns>How many values were taken: fewer than given when too much waits.</returns>
        int PushAudio(short[] samples, int offset, int count);

        /// <summary>The utterance is complete; what is pushed from now on belongs to the next.</summary>
        void EndUtterance();

        /// <summary>Stops speaking at once: drops all audio and frames, and eases to rest in 200 ms.</summary>
        void Interrupt();

        /// <summary>Changes settings, from the audio on that is pushed next.</summary>
        void Update(FaceSettings settings);

        /// <summary>Tells where the audio player is; see <see cref="FaceClientOptions.FollowsAudio"/>.</summary>
        void SetAudioPosition(uint utterance, double timeS);

        /// <summary>Moves on to the present rendered frame. Allocates nothing in steady state.</summary>
        /// <param name="deltaS">Time since the last one.</param>
        /// <returns>The face to show, the same object each time; null before the server greeted.</returns>
        Face Advance(double deltaS);

        /// <summary>Takes the next event.</summary>
        bool TryTakeEvent(out FaceEvent happened);
    }
}

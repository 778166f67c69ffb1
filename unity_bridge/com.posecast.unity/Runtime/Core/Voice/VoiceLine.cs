namespace Posecast
{
    /// <summary>Something that is said: it feeds the server and is played.</summary>
    internal abstract class VoiceLine
    {
        /// <summary>The client's number of it.</summary>
        public uint Utterance { get; private set; }

        /// <summary>Whether all of it was given to the client.</summary>
        public bool IsFed { get; private set; }

        /// <summary>Whether its sound has begun.</summary>
        public bool IsPlaying { get; private set; }

        /// <summary>Whether its sound is over.</summary>
        public abstract bool IsOver { get; }

        /// <summary>What is heard of it now, before the loudspeaker's latency.</summary>
        public abstract double PositionS { get; }

        /// <summary>Gives the client as much as it takes.</summary>
        /// <returns>Whether it was the last piece.</returns>
        public bool Feed(IFaceClient client)
        {
            Utterance = client.CurrentUtterance;
            if (!FeedSamples(client))
            {
                return false;
            }
            client.EndUtterance();
            IsFed = true;
            return true;
        }

        /// <summary>Begins the sound.</summary>
        public void Play()
        {
            IsPlaying = true;
            StartSound();
        }

        /// <summary>Ends the sound at once.</summary>
        public abstract void Stop();

        /// <summary>Gives samples.</summary>
        /// <returns>Whether they were the last.</returns>
        protected abstract bool FeedSamples(IFaceClient client);

        protected abstract void StartSound();
    }
}

using System;

namespace Posecast
{
    /// <summary>Several channels become one.</summary>
    public static class Downmix
    {
        /// <summary>The mean of all channels.</summary>
        /// <param name="interleaved">Samples, channels alternating.</param>
        /// <param name="numChannels">How many, 1 and more.</param>
        /// <returns>As many samples as each channel has.</returns>
        public static float[] ToMono(float[] interleaved, int numChannels)
        {
            if (numChannels < 1)
            {
                throw new ArgumentOutOfRangeException(nameof(numChannels), numChannels, "allowed: 1 and more");
            }
            var mono = new float[interleaved.Length / numChannels];
            for (int i = 0; i < mono.Length; i++)
            {
                float sum = 0f;
                for (int channel = 0; channel < numChannels; channel++)
                {
                    sum += interleaved[i * numChannels + channel];
                }
                mono[i] = sum / numChannels;
            }
            return mono;
        }
    }
}

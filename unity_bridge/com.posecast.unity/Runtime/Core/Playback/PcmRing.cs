using System;
using System.Threading;

namespace Posecast
{
    /// <summary>Samples on their way to the loudspeaker: one thread writes, the audio thread reads and is never kept waiting.</summary>
    public sealed class PcmRing
    {
        private readonly float[] _samples;
        private long _written;
        private long _read;
        private long _clearTo;
        private long _limit = long.MaxValue;
        private double _part; // how far between two samples the reader is, 0..1

        /// <param name="capacitySamples">Most samples that wait, 2 and more.</param>
        public PcmRing(int capacitySamples)
        {
            if (capacitySamples < 2)
            {
                throw new ArgumentOutOfRangeException(nameof(capacitySamples), capacitySamples, "allowed: 2 and more");
            }
            _samples = new float[capacitySamples];
        }

        /// <summary>Samples that wait.</summary>
        public int NumWaiting
        {
            get { return (int)(Interlocked.Read(ref _written) - Math.Max(Interlocked.Read(ref _read), Interlocked.Read(ref _clearTo))); }
        }

        /// <summary>Samples that were read since the making.</summary>
        public long NumRead
        {
            get { return Interlocked.Read(ref _read); }
        }

        /// <summary>Samples that were written since the making.</summary>
        public long NumWritten
        {
            get { return Interlocked.Read(ref _written); }
        }

        /// <summary>How many more fit.</summary>
        public int Room
        {
            get { return _samples.Length - (int)(Interlocked.Read(ref _written) - Interlocked.Read(ref _read)); }
        }

        /// <summary>The reader stops before this sample, counted since the making.</summary>
        public long Limit
        {
            get { return Interlocked.Read(ref _limit); }
            set { Interlocked.Exchange(ref _limit, value); }
        }

        /// <summary>Takes samples.</summary>
        /// <returns>How many fitted.</returns>
        public int Write(float[] samples, int offset, int count)
        {
            long written = _written;
            int taken = Math.Min(count, Room);
            for (int i = 0; i < taken; i++)
            {
                _samples[(int)((written + i) % _samples.Length)] = samples[offset + i];
            }
            Interlocked.Exchange(ref _written, written + taken);
            return taken;
        }

        /// <summary>Multiplies what is in an output buffer by the sound, at another rate if need be.</summary>
        /// <param name="output">Interleaved channels; ones are replaced by the sound, gains are kept.</param>
        /// <param name="numChannels">Channels of the output.</param>
        /// <param name="step">Samples of the ring for one of the output: the ratio of their rates.</param>
        /// <returns>Output frames that had sound; the rest is silence.</returns>
        public int MixInto(float[] output, int numChannels, double step)
        {
            long clearTo = Interlocked.Read(ref _clearTo);
            if (clearTo > _read)
            {
                Interlocked.Exchange(ref _read, clearTo);
                _part = 0.0;
            }
            long read = _read;
            long available = Math.Min(Interlocked.Read(ref _written), Interlocked.Read(ref _limit)) - read;
            int numFrames = output.Length / numChannels;
            int frame = 0;
            for (; frame < numFrames && available > 0; frame++)
            {
                float earlier = _samples[(int)(read % _samples.Length)];
                float later = available > 1 ? _samples[(int)((read + 1) % _samples.Length)] : earlier;
                float sample = earlier + (float)_part * (later - earlier);
                for (int channel = 0; channel < numChannels; channel++)
                {
                    output[frame * numChannels + channel] *= sample;
                }
                _part += step;
                long whole = Math.Min((long)_part, available);
                _part -= whole;
                read += whole;
                available -= whole;
            }
            Array.Clear(output, frame * numChannels, output.Length - frame * numChannels);
            Interlocked.Exchange(ref _read, read);
            return frame;
        }

        /// <summary>Drops what waits. For the writer's thread.</summary>
        public void Clear()
        {
            Interlocked.Exchange(ref _clearTo, _written);
        }
    }
}

using System;
using System.Diagnostics;
using System.Globalization;
using Posecast.V1;

namespace Posecast.Tests
{
    /// <summary>Measures what the core costs a game for each rendered frame, and prints one line of JSON.</summary>
    public static class FrameBench
    {
        private const int NumCurves = 52;
        private const double RateHz = 60.0;

        public static int Main(string[] args)
        {
            int numFrames = int.Parse(args[0], CultureInfo.InvariantCulture);
            var read = (Func<long>)Delegate.CreateDelegate(
                typeof(Func<long>), typeof(GC).GetMethod("GetAllocatedBytesForCurrentThread"));
            var speech = new FrameBuffer(1200, NumCurves);
            var player = new FacePlayer(speech, new FrameBuffer(240, NumCurves), RateHz, 0.12, true);
            var share = new HeadShare { SmoothingS = 0.05f };
            var frame = new Face(NumCurves);
            long pushed = 0;
            Render(player, share, speech, frame, 0, 600, ref pushed); // warm
            var watch = Stopwatch.StartNew();
            long before = read();
            Render(player, share, speech, frame, 600, 600 + numFrames, ref pushed);
            long allocated = read() - before;
            double microseconds = watch.Elapsed.TotalMilliseconds * 1000.0 / numFrames;
            long allocatedByParse;
            double parse = MeasureParse(numFrames, read, out allocatedByParse);
            Console.WriteLine(string.Format(
                CultureInfo.InvariantCulture,
                "{{\"what\": \"unity_core\", \"num_curves\": {0}, \"frames\": {1}, \"us_per_frame\": {2:0.00}, "
                + "\"bytes_per_frame\": {3}, \"receive_us_per_frame\": {4:0.00}, \"receive_bytes_per_frame\": {5}}}",
                NumCurves, numFrames, microseconds, allocated / numFrames, parse, allocatedByParse));
            return speech.NumDropped == 0 && player.NumUnderruns == 0 ? 0 : 1;
        }

        /// <summary>What the game's thread does in a frame, and what the network's thread puts in.</summary>
        private static void Render(
            FacePlayer player, HeadShare share, FrameBuffer speech, Face frame, int from, int to, ref long pushed)
        {
            for (int i = from; i < to; i++)
            {
                for (; pushed < i + 60; pushed++)
                {
                    frame.Weights[(int)(pushed % NumCurves)] = (pushed % 100) / 100f;
                    frame.Head = new Rotation(0.01f * (pushed % 10), 0.1f, 0f, 0.99f).Normalised();
                    speech.Push(0, pushed, frame);
                }
                player.SetAudioPosition(0, Math.Floor((i + 0.37) / 1.28) * 1.28 / RateHz);
                player.Advance(1.0 / RateHz);
                share.Advance(UnityAxes.FromWire(player.Shown.Head), 1f / 60f);
            }
        }

        /// <summary>What the network's thread spends on a frame that comes, in batches of 12.</summary>
        private static double MeasureParse(int numFrames, Func<long> read, out long bytesPerFrame)
        {
            var batch = new FrameBatch();
            for (int i = 0; i < 12; i++)
            {
                var frame = new FaceFrame { Index = (ulong)i, Head = new HeadPose { W = 1f } };
                for (int curve = 0; curve < NumCurves; curve++)
                {
                    frame.Weights.Add(0.5f);
                }
                batch.Frames.Add(frame);
            }
            byte[] message = FaceMessages.Frame(new AnimateResponse { Frames = batch });
            var buffer = new FrameBuffer(24, NumCurves);
            var face = new Face(NumCurves);
            Receive(message, buffer, face, 0);
            long before = read();
            var watch = Stopwatch.StartNew();
            int numBatches = numFrames / 12;
            for (int i = 1; i <= numBatches; i++)
            {
                Receive(message, buffer, face, 12 * i);
            }
            double microseconds = watch.Elapsed.TotalMilliseconds * 1000.0 / (12 * numBatches);
            bytesPerFrame = (read() - before) / (12 * numBatches);
            return microseconds;
        }

        private static void Receive(byte[] message, FrameBuffer buffer, Face face, long offset)
        {
            AnimateResponse response = AnimateResponse.Parser.ParseFrom(message, 5, message.Length - 5);
            foreach (FaceFrame frame in response.Frames.Frames)
            {
                FaceMessages.TryRead(frame, face);
                buffer.Push(0, (long)frame.Index + offset, face);
            }
        }
    }
}

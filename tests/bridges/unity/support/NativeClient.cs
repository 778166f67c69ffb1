using System;
using System.IO;

namespace Posecast.Tests
{
    /// <summary>The console client over the native core: `COMMAND http://HOST:PORT SPEECH.raw`. See StreamClient.</summary>
    public static class NativeClient
    {
        public static int Main(string[] args)
        {
            byte[] bytes = File.ReadAllBytes(args[2]);
            var speech = new short[bytes.Length / 2];
            Buffer.BlockCopy(bytes, 0, speech, 0, 2 * speech.Length);
            var settings = new FaceSettings { Seed = 7, StyleStrength = 1f, Head = 1f, HeadSmoothingS = 0f };
            settings.CurveChanges.Add(new CurveChange { CurveName = "tongueOut", Maximum = 0f });
            var options = new FaceClientOptions { Endpoint = new Uri(args[1]), FrameRateHz = 25, Settings = settings };
            switch (args[0])
            {
                case "speak":
                    return new Conversation(new NativeFaceClient(options), true).Speak(speech, 1);
                case "interrupt":
                    return new Conversation(new NativeFaceClient(options), true).Interrupt(speech);
                case "refused":
                    settings.StyleName = "no such style";
                    return new Conversation(new NativeFaceClient(options), true).TellFailure();
                case "sizes":
                    return TellSizes();
                case "wrong":
                    return TellWrongOption(options);
                default:
                    return TellAllocation(options, speech);
            }
        }

        private static int TellSizes()
        {
            foreach (Type type in typeof(NativeFaceClient).Assembly.GetTypes())
            {
                if (type.Name.StartsWith("Native", StringComparison.Ordinal) && type.IsValueType)
                {
                    Console.WriteLine(type.Name + " " + System.Runtime.InteropServices.Marshal.SizeOf(type));
                }
            }
            return 0;
        }

        private static int TellWrongOption(FaceClientOptions options)
        {
            options.Settings.StyleVector = new float[0];
            try
            {
                new NativeFaceClient(options).Dispose();
                Console.WriteLine("no complaint");
            }
            catch (ArgumentException error)
            {
                Console.WriteLine(error.Message);
            }
            return 0;
        }

        private static int TellAllocation(FaceClientOptions options, short[] speech)
        {
            var read = (Func<long>)Delegate.CreateDelegate(
                typeof(Func<long>), typeof(GC).GetMethod("GetAllocatedBytesForCurrentThread"));
            using (var client = new NativeFaceClient(options))
            {
                client.PushAudio(speech, 0, speech.Length);
                client.EndUtterance();
                while (client.Advance(0.0) == null)
                {
                    System.Threading.Thread.Sleep(5);
                    client.SetAudioPosition(0, 0.0);
                }
                client.SetAudioPosition(0, 0.1);
                long before = read();
                for (int i = 0; i < 1000; i++)
                {
                    client.SetAudioPosition(0, 0.1);
                    client.Advance(0.0);
                }
                Console.WriteLine("bytes " + (read() - before));
            }
            return 0;
        }
    }
}

using System;
using System.IO;
using System.Net.Http;
using System.Threading;

namespace Posecast.Tests
{
    /// <summary>
    /// A console client for the end-to-end tests: `COMMAND http://HOST:PORT SPEECH.raw`. It prints lines
    /// `KEY VALUE...`, and `face UTTERANCE TIME WEIGHTS... HEAD` for faces.
    /// </summary>
    public static class StreamClient
    {
        public static int Main(string[] args)
        {
            AppContext.SetSwitch("System.Net.Http.SocketsHttpHandler.Http2UnencryptedSupport", true);
            var options = new FaceClientOptions
            {
                Endpoint = new Uri(args[1]),
                FrameRateHz = 25,
                Settings = new FaceSettings { Seed = 7 },
            };
            short[] speech = ReadSamples(args[2]);
            using (var handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false })
            {
                switch (args[0])
                {
                    case "styles":
                        return ListStyles(options, handler);
                    case "clip":
                        return AnimateClip(options, handler, args[2]);
                    case "speak":
                        return new Conversation(new HttpFaceClient(options, handler)).Speak(speech, 2);
                    case "interrupt":
                        return new Conversation(new HttpFaceClient(options, handler)).Interrupt(speech);
                    case "reconnect":
                        return new Conversation(new HttpFaceClient(options, handler)).Reconnect(speech);
                    case "refused":
                        options.Settings.StyleName = "no such style";
                        return new Conversation(new HttpFaceClient(options, handler)).TellFailure();
                    case "idle":
                        options.Idles = true;
                        options.FollowsAudio = false;
                        return new Conversation(new HttpFaceClient(options, handler)).Idle();
                    default:
                        Console.Error.WriteLine("unknown command " + args[0]);
                        return 2;
                }
            }
        }

        private static short[] ReadSamples(string path)
        {
            byte[] bytes = File.ReadAllBytes(path);
            var samples = new short[bytes.Length / 2];
            Buffer.BlockCopy(bytes, 0, samples, 0, 2 * samples.Length);
            return samples;
        }

        private static int ListStyles(FaceClientOptions options, HttpMessageHandler handler)
        {
            var service = new FaceService(options.Endpoint, handler, options.Token);
            foreach (var style in service.ListStylesAsync(TimeSpan.FromSeconds(10), CancellationToken.None).Result.Styles)
            {
                Console.WriteLine("style " + style.Name);
            }
            var info = service.GetServerInfoAsync(TimeSpan.FromSeconds(10), CancellationToken.None).Result;
            Console.WriteLine("version " + info.ServerVersion);
            return 0;
        }

        private static int AnimateClip(FaceClientOptions options, HttpMessageHandler handler, string path)
        {
            var request = new Posecast.V1.AnimateClipRequest
            {
                Raw = new Posecast.V1.RawAudio
                {
                    Format = FaceMessages.ToConfig(options, options.Settings).Config.AudioFormat,
                    Data = Google.Protobuf.ByteString.CopyFrom(File.ReadAllBytes(path)),
                },
                Settings = FaceMessages.ToMessage(options, options.Settings),
            };
            var service = new FaceService(options.Endpoint, handler, options.Token);
            Face face = null;
            service.AnimateClipAsync(
                request,
                answer =>
                {
                    if (answer.Header != null)
                    {
                        face = new Face(answer.Header.Rig.CurveNames.Count);
                    }
                    foreach (var frame in answer.Frames?.Frames ?? new Google.Protobuf.Collections.RepeatedField<Posecast.V1.FaceFrame>())
                    {
                        FaceMessages.TryRead(frame, face);
                        Conversation.Print(0, frame.Index / 25.0, face);
                    }
                },
                TimeSpan.FromSeconds(60),
                CancellationToken.None).Wait();
            return 0;
        }
    }
}

using System.Collections.Generic;
using System.IO;
using System.Threading.Tasks;
using Posecast.V1;

namespace Posecast.Tests
{
    /// <summary>What a Posecast server answers, in small.</summary>
    internal static class FaceServer
    {
        public static AnimateResponse Header(ulong seed = 100)
        {
            var header = new AnimationHeader { FrameRateHz = 25, Seed = seed, ServerVersion = "0.1.0", StreamId = "id" };
            header.Rig = new FaceRig { CoordinateSystem = CoordinateSystem.RightHandedYUpFacingZ };
            header.Rig.CurveNames.Add(new[] { "jawOpen", "mouthClose" });
            return new AnimateResponse { Header = header };
        }

        /// <summary>Frames whose first weight is the index / 100.</summary>
        public static AnimateResponse Frames(uint utterance, int first, int count, bool isEasing = false)
        {
            var batch = new FrameBatch { UtteranceIndex = utterance, IsEasing = isEasing };
            for (int i = first; i < first + count; i++)
            {
                var frame = new FaceFrame { Index = (ulong)i, Head = new HeadPose { W = 1f } };
                frame.Weights.Add(new[] { i / 100f, 0f });
                batch.Frames.Add(frame);
            }
            return new AnimateResponse { Frames = batch };
        }

        public static AnimateResponse End(uint utterance, ulong numFrames, bool wasInterrupted = false)
        {
            return new AnimateResponse
            {
                End = new UtteranceEnd { UtteranceIndex = utterance, NumFrames = numFrames, WasInterrupted = wasInterrupted },
            };
        }

        /// <summary>A server in small: 640 bytes of audio (20 ms at 16 kHz) are half a frame.</summary>
        public static async Task Serve(FakeCall call, List<AnimateRequest> requests, int breakAfterBytes = int.MaxValue)
        {
            uint utterance = 0;
            int numBytes = 0;
            int total = 0;
            for (AnimateRequest request; (request = await call.ReadAsync().ConfigureAwait(false)) != null;)
            {
                lock (requests)
                {
                    requests.Add(request);
                }
                switch (request.PartCase)
                {
                    case AnimateRequest.PartOneofCase.Config:
                        call.Send(Header(request.Config.Settings.HasSeed ? request.Config.Settings.Seed : 100));
                        break;
                    case AnimateRequest.PartOneofCase.Audio:
                        int before = (numBytes + 1279) / 1280;
                        numBytes += request.Audio.Data.Length;
                        total += request.Audio.Data.Length;
                        int frames = (numBytes + 1279) / 1280;
                        if (frames > before)
                        {
                            call.Send(Frames(utterance, before, frames - before));
                        }
                        break;
                    case AnimateRequest.PartOneofCase.EndOfUtterance:
                        call.Send(End(utterance++, (ulong)((numBytes + 1279) / 1280)));
                        numBytes = 0;
                        break;
                    case AnimateRequest.PartOneofCase.Interrupt:
                        if (request.Interrupt.HasFrameIndex)
                        {
                            call.Send(Frames(request.Interrupt.UtteranceIndex, (int)request.Interrupt.FrameIndex, 5, true));
                        }
                        if (numBytes > 0)
                        {
                            call.Send(End(utterance++, (ulong)((numBytes + 1279) / 1280), true));
                            numBytes = 0;
                        }
                        break;
                }
                if (total >= breakAfterBytes)
                {
                    call.Break(new IOException("connection reset"));
                    return;
                }
            }
            call.End("0");
        }
    }
}

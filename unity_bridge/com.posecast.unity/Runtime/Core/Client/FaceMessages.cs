using System;
using System.Collections.Generic;
using Google.Protobuf;
using Posecast.V1;

namespace Posecast
{
    /// <summary>Between the messages of the contract and ours; the only place that knows both.</summary>
    public static class FaceMessages
    {
        private const int LengthDelimited = 2; // protobuf's wire type

        /// <summary>The settings of a request.</summary>
        public static AnimationSettings ToMessage(FaceSettings settings)
        {
            var message = new AnimationSettings();
            SetStyle(message, settings);
            SetStrengths(message, settings);
            foreach (CurveChange change in settings.CurveChanges)
            {
                message.CurveAdjustments.Add(new CurveAdjustment
                {
                    CurveName = change.CurveName,
                    Multiplier = change.Multiplier,
                    Offset = change.Offset,
                    Minimum = change.Minimum,
                    Maximum = change.Maximum,
                });
            }
            return message;
        }

        /// <summary>The settings of a stream, with what cannot change in it.</summary>
        public static AnimationSettings ToMessage(FaceClientOptions options, FaceSettings settings)
        {
            AnimationSettings message = ToMessage(settings);
            message.FrameRateHz = (uint)options.FrameRateHz;
            message.LatencyMode = (LatencyMode)(int)options.Latency;
            return message;
        }

        /// <summary>The first message of a stream.</summary>
        public static AnimateRequest ToConfig(FaceClientOptions options, FaceSettings settings)
        {
            return new AnimateRequest
            {
                Config = new AnimateConfig
                {
                    AudioFormat = new AudioFormat
                    {
                        Encoding = AudioEncoding.PcmS16Le,
                        SampleRateHz = (uint)options.SampleRateHz,
                        NumChannels = (uint)options.NumChannels,
                    },
                    Settings = ToMessage(options, settings),
                    Idles = options.Idles,
                },
            };
        }

        /// <summary>A message with gRPC's header before it.</summary>
        public static byte[] Frame(IMessage message)
        {
            byte[] body = message.ToByteArray();
            var framed = new byte[GrpcFraming.HeaderLength + body.Length];
            GrpcFraming.WriteHeader(framed, 0, body.Length);
            Buffer.BlockCopy(body, 0, framed, GrpcFraming.HeaderLength, body.Length);
            return framed;
        }

        /// <summary>Most bytes that stand before the samples of an audio message.</summary>
        public const int AudioHeaderRoom = GrpcFraming.HeaderLength + 12;

        /// <summary>Writes what stands before the samples of an audio message, ending where they begin. Allocates nothing.</summary>
        /// <param name="buffer">Holds the samples from <see cref="AudioHeaderRoom"/> on.</param>
        /// <param name="numBytes">Bytes of samples.</param>
        /// <returns>Where the framed message begins.</returns>
        public static int WriteAudioHeader(byte[] buffer, int numBytes)
        {
            int start = AudioHeaderRoom;
            start = WriteVarintBefore(buffer, start, numBytes);
            buffer[--start] = (AudioChunk.DataFieldNumber << 3) | LengthDelimited;
            start = WriteVarintBefore(buffer, start, AudioHeaderRoom - start + numBytes);
            buffer[--start] = (AnimateRequest.AudioFieldNumber << 3) | LengthDelimited;
            GrpcFraming.WriteHeader(buffer, start - GrpcFraming.HeaderLength, AudioHeaderRoom - start + numBytes);
            return start - GrpcFraming.HeaderLength;
        }

        /// <summary>Copies a frame.</summary>
        /// <returns>False if it is not one of this stream: other curves, or a number that is not finite.</returns>
        public static bool TryRead(FaceFrame frame, Face face)
        {
            float[] weights = face.Weights;
            if (frame.Weights.Count != weights.Length || frame.Index > long.MaxValue)
            {
                return false;
            }
            for (int i = 0; i < weights.Length; i++)
            {
                float weight = frame.Weights[i];
                if (float.IsNaN(weight) || float.IsInfinity(weight))
                {
                    return false;
                }
                weights[i] = weight;
            }
            HeadPose head = frame.Head;
            if (head == null)
            {
                face.Head = Rotation.Identity;
                return true;
            }
            float sum = head.X + head.Y + head.Z + head.W;
            face.Head = new Rotation(head.X, head.Y, head.Z, head.W).Normalised();
            return !float.IsNaN(sum) && !float.IsInfinity(sum);
        }

        /// <summary>Checks the rig of a header.</summary>
        /// <returns>What is wrong with it; null if nothing is.</returns>
        public static string FindFault(AnimationHeader header)
        {
            int numCurves = header.Rig == null ? 0 : header.Rig.CurveNames.Count;
            if (numCurves < 1 || numCurves > Face.MaxCurves)
            {
                return "the server's faces have " + numCurves + " curves; allowed: 1 to " + Face.MaxCurves;
            }
            if (header.FrameRateHz < 1 || header.FrameRateHz > 1000)
            {
                return "the server's frame rate is " + header.FrameRateHz + " Hz; allowed: 1 to 1000 Hz";
            }
            if (header.Rig.CoordinateSystem != CoordinateSystem.RightHandedYUpFacingZ)
            {
                return "the server's axes are " + header.Rig.CoordinateSystem + ", which this version does not know";
            }
            return null;
        }

        private static void SetStyle(AnimationSettings message, FaceSettings settings)
        {
            if (settings.StyleVector != null)
            {
                message.StyleVector = new StyleVector();
                message.StyleVector.Values.AddRange((IEnumerable<float>)settings.StyleVector);
            }
            else if (settings.StyleName != null)
            {
                message.StyleName = settings.StyleName;
            }
            Set(settings.StyleStrength, value => message.StyleStrength = value);
            Set(settings.Seed, value => message.Seed = value);
            Set(settings.SamplingSteps, value => message.SamplingSteps = value);
            Set(settings.AudioGuidance, value => message.AudioGuidance = value);
            Set(settings.StyleGuidance, value => message.StyleGuidance = value);
        }

        private static void SetStrengths(AnimationSettings message, FaceSettings settings)
        {
            var strengths = new RegionStrengths();
            Set(settings.UpperFace, value => strengths.UpperFace = value);
            Set(settings.LowerFace, value => strengths.LowerFace = value);
            Set(settings.Head, value => strengths.Head = value);
            Set(settings.Blinks, value => strengths.Blinks = value);
            message.Strengths = strengths.CalculateSize() > 0 ? strengths : null;
            var smoothing = new Smoothing();
            Set(settings.UpperFaceSmoothingS, value => smoothing.UpperFaceS = value);
            Set(settings.LowerFaceSmoothingS, value => smoothing.LowerFaceS = value);
            Set(settings.HeadSmoothingS, value => smoothing.HeadS = value);
            message.Smoothing = smoothing.CalculateSize() > 0 ? smoothing : null;
        }

        private static void Set<T>(T? value, Action<T> setter) where T : struct
        {
            if (value.HasValue)
            {
                setter(value.Value);
            }
        }

        private static int WriteVarintBefore(byte[] buffer, int end, int value)
        {
            int length = 1;
            while (value >> (7 * length) != 0)
            {
                length++;
            }
            for (int i = 0; i < length; i++)
            {
                int more = i < length - 1 ? 0x80 : 0;
                buffer[end - length + i] = (byte)(((value >> (7 * i)) & 0x7F) | more);
            }
            return end - length;
        }
    }
}

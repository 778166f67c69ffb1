using System.Collections.Generic;
using System.Runtime.InteropServices;

namespace Posecast
{
    /// <summary>From our options and settings to the structs of the native core.</summary>
    internal static class NativeTranslation
    {
        private const uint AllOfAdjustment = 0xF;

        public static NativeOptions ToNative(FaceClientOptions options, string rootCertificates, NativeMemory memory)
        {
            NativeSettings settings = ToNative(options.Settings ?? new FaceSettings(), memory);
            return new NativeOptions
            {
                StructSize = (uint)Marshal.SizeOf(typeof(NativeOptions)),
                SampleRateHz = (uint)options.SampleRateHz,
                NumChannels = (uint)options.NumChannels,
                FrameRateHz = (uint)options.FrameRateHz,
                LatencyMode = (uint)options.Latency,
                Clock = options.FollowsAudio ? 1u : 0u,
                Idles = options.Idles ? 1u : 0u,
                UsesTls = options.Endpoint.Scheme == "https" ? 1u : 0u,
                StartDelayMs = ToMs(options.StartDelayS),
                MaxAudioMs = ToMs(options.MaxAudioS),
                MaxFramesMs = ToMs(options.MaxFramesS),
                ConnectTimeoutMs = ToMs(options.ConnectTimeoutS),
                IdleTimeoutMs = ToMs(options.SilenceTimeoutS),
                Address = memory.Put(options.Endpoint.Host + ":" + options.Endpoint.Port),
                Token = memory.Put(string.IsNullOrEmpty(options.Token) ? null : options.Token),
                RootCertificatesPem = memory.Put(string.IsNullOrEmpty(rootCertificates) ? null : rootCertificates),
                Settings = memory.Put(new List<NativeSettings> { settings }),
            };
        }

        public static NativeSettings ToNative(FaceSettings settings, NativeMemory memory)
        {
            var native = new NativeSettings { StructSize = (uint)Marshal.SizeOf(typeof(NativeSettings)) };
            SetStyle(ref native, settings, memory);
            Set(ref native, 2, settings.Seed, ref native.Seed);
            Set(ref native, 3, settings.SamplingSteps, ref native.SamplingSteps);
            Set(ref native, 4, settings.StyleStrength, ref native.StyleStrength);
            Set(ref native, 5, settings.AudioGuidance, ref native.AudioGuidance);
            Set(ref native, 6, settings.StyleGuidance, ref native.StyleGuidance);
            Set(ref native, 7, settings.UpperFace, ref native.UpperFace);
            Set(ref native, 8, settings.LowerFace, ref native.LowerFace);
            Set(ref native, 9, settings.Head, ref native.Head);
            Set(ref native, 10, settings.Blinks, ref native.Blinks);
            Set(ref native, 11, settings.UpperFaceSmoothingS, ref native.SmoothingUpperFaceS);
            Set(ref native, 12, settings.LowerFaceSmoothingS, ref native.SmoothingLowerFaceS);
            Set(ref native, 13, settings.HeadSmoothingS, ref native.SmoothingHeadS);
            SetCurves(ref native, settings, memory);
            return native;
        }

        private static void SetStyle(ref NativeSettings native, FaceSettings settings, NativeMemory memory)
        {
            if (settings.StyleVector != null)
            {
                native.Fields |= 1u << 1;
                native.StyleValues = memory.Put(settings.StyleVector);
                native.NumStyleValues = (uint)settings.StyleVector.Length;
            }
            else if (settings.StyleName != null)
            {
                native.Fields |= 1u;
                native.StyleName = memory.Put(settings.StyleName);
            }
        }

        private static void SetCurves(ref NativeSettings native, FaceSettings settings, NativeMemory memory)
        {
            var adjustments = new List<NativeCurveAdjustment>();
            foreach (CurveChange change in settings.CurveChanges)
            {
                adjustments.Add(new NativeCurveAdjustment
                {
                    StructSize = (uint)Marshal.SizeOf(typeof(NativeCurveAdjustment)),
                    Fields = AllOfAdjustment,
                    CurveName = memory.Put(change.CurveName),
                    Multiplier = change.Multiplier,
                    Offset = change.Offset,
                    Minimum = change.Minimum,
                    Maximum = change.Maximum,
                });
            }
            if (adjustments.Count > 0)
            {
                native.CurveAdjustments = memory.Put(adjustments);
                native.NumCurveAdjustments = (uint)adjustments.Count;
            }
        }

        /// <param name="native">Says by bits which members are set.</param>
        /// <param name="bit">The bit of this one, as in posecast_core.h.</param>
        /// <param name="value">What is to be set; null for nothing.</param>
        /// <param name="member">Where it goes.</param>
        private static void Set<T>(ref NativeSettings native, int bit, T? value, ref T member) where T : struct
        {
            if (value.HasValue)
            {
                member = value.Value;
                native.Fields |= 1u << bit;
            }
        }

        private static uint ToMs(double seconds)
        {
            return (uint)System.Math.Round(1000.0 * seconds);
        }
    }
}

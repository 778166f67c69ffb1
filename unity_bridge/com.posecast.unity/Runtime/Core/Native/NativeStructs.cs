using System;
using System.Runtime.InteropServices;

namespace Posecast
{
    // The structs of posecast_core.h, member by member. The core checks their sizes.

    [StructLayout(LayoutKind.Sequential)]
    internal struct NativeCurveAdjustment
    {
        public uint StructSize;
        public uint Fields;
        public IntPtr CurveName;
        public float Multiplier;
        public float Offset;
        public float Minimum;
        public float Maximum;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct NativeSettings
    {
        public uint StructSize;
        public uint Fields;
        public ulong Seed;
        public IntPtr StyleName;
        public IntPtr StyleValues;
        public IntPtr CurveAdjustments;
        public uint NumStyleValues;
        public uint NumCurveAdjustments;
        public uint SamplingSteps;
        public float StyleStrength;
        public float AudioGuidance;
        public float StyleGuidance;
        public float UpperFace;
        public float LowerFace;
        public float Head;
        public float Blinks;
        public float SmoothingUpperFaceS;
        public float SmoothingLowerFaceS;
        public float SmoothingHeadS;
        public float BlinkRateHz;
        public float GazeRange;
        public float HeadWanderRad;
        public float HeadTempoHz;
        public uint Reserved;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct NativeOptions
    {
        public uint StructSize;
        public uint SampleRateHz;
        public uint NumChannels;
        public uint FrameRateHz;
        public uint LatencyMode;
        public uint WindowFrames;
        public uint LookAheadMs;
        public uint Clock;
        public uint Idles;
        public uint UsesTls;
        public uint StartDelayMs;
        public uint MaxAudioMs;
        public uint MaxFramesMs;
        public uint ConnectTimeoutMs;
        public uint IdleTimeoutMs;
        public uint Reserved;
        public IntPtr Address;
        public IntPtr Token;
        public IntPtr RootCertificatesPem;
        public IntPtr ClientCertificatePem;
        public IntPtr ClientKeyPem;
        public IntPtr ServerName;
        public IntPtr Settings;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct NativeFrame
    {
        public const int MaxCurves = 64;

        public uint StructSize;
        public uint Utterance;
        public ulong Index;
        public double TimeS;
        public double DueS;
        public uint Flags;
        public uint NumCurves;

        [MarshalAs(UnmanagedType.ByValArray, SizeConst = 4)]
        public float[] Head;

        [MarshalAs(UnmanagedType.ByValArray, SizeConst = MaxCurves)]
        public float[] Weights;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct NativeEvent
    {
        public uint StructSize;
        public uint Kind;
        public uint Flags;
        public uint Utterance;
        public ulong NumFrames;
        public ulong Seed;
        public double AudioDurationS;
        public int Status;
        public uint Attempt;

        [MarshalAs(UnmanagedType.ByValArray, SizeConst = 256)]
        public byte[] Message;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct NativeStats
    {
        public uint StructSize;
        public uint FramesWaiting;
        public ulong SamplesWaiting;
        public ulong SamplesPushed;
        public ulong SamplesRefused;
        public ulong SamplesSent;
        public ulong SamplesLost;
        public ulong FramesReceived;
        public ulong FramesReleased;
        public ulong FramesDropped;
        public ulong FramesLate;
        public ulong FramesMalformed;
        public ulong EventsDropped;
        public ulong Underruns;
        public ulong ClockJumps;
        public ulong Reconnections;
    }
}

using System;
using System.Runtime.InteropServices;

namespace Posecast
{
    /// <summary>The functions of posecast_core.h.</summary>
    internal static class NativeMethods
    {
        public const uint AbiVersion = 1;

#if UNITY_IOS && !UNITY_EDITOR
        private const string Library = "__Internal"; // linked into the player
#else
        private const string Library = "posecast_core";
#endif

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        public static extern uint posecast_abi_version();

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        public static extern int posecast_create(ref NativeOptions options, out IntPtr client, byte[] error, uint errorCapacity);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        public static extern void posecast_destroy(IntPtr client);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        public static extern int posecast_push_audio_i16(IntPtr client, ref short samples, uint numSamples);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        public static extern int posecast_push_audio_f32(IntPtr client, ref float samples, uint numSamples);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        public static extern int posecast_end_utterance(IntPtr client);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        public static extern uint posecast_current_utterance(IntPtr client);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        public static extern int posecast_interrupt(IntPtr client, IntPtr place);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        public static extern int posecast_update(IntPtr client, ref NativeSettings settings);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        public static extern int posecast_set_audio_position(IntPtr client, uint utterance, double timeS);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        public static extern int posecast_sample(IntPtr client, IntPtr frame);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        public static extern int posecast_poll_event(IntPtr client, ref NativeEvent happened);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        public static extern int posecast_state(IntPtr client);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        public static extern int posecast_get_stats(IntPtr client, ref NativeStats stats);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        public static extern int posecast_last_error(IntPtr client, byte[] buffer, uint capacity);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        public static extern uint posecast_curve_count(IntPtr client);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        public static extern int posecast_curve_name(IntPtr client, uint index, byte[] buffer, uint capacity);
    }
}

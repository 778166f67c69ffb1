namespace Google.Protobuf
{
    using System;
    using System.Runtime.InteropServices;

    /// <summary>
    /// What protobuf's C# runtime wants of System.Runtime.CompilerServices.Unsafe, which Mono keeps to itself. For tests.
    /// </summary>
    internal static class Unsafe
    {
        public static T ReadUnaligned<T>(ref byte source) where T : struct
        {
            return MemoryMarshal.Read<T>(MemoryMarshal.CreateReadOnlySpan(ref source, 8));
        }

        public static void WriteUnaligned<T>(ref byte target, T value) where T : struct
        {
            MemoryMarshal.Write(MemoryMarshal.CreateSpan(ref target, 8), ref value);
        }

        public static ref TTo As<TFrom, TTo>(ref TFrom source) where TFrom : struct where TTo : struct
        {
            return ref MemoryMarshal.Cast<TFrom, TTo>(MemoryMarshal.CreateSpan(ref source, 1))[0];
        }

        public static ref T AddByteOffset<T>(ref T source, IntPtr offset) where T : struct
        {
            return ref Add(ref source, (int)offset / (typeof(T) == typeof(char) ? 2 : 1));
        }

        public static ref T Add<T>(ref T source, int count) where T : struct
        {
            return ref MemoryMarshal.CreateSpan(ref source, count + 1)[count];
        }
    }
}

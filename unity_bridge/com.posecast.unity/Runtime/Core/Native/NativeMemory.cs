using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using System.Text;

namespace Posecast
{
    /// <summary>Memory outside of the runtime that lives as long as one call needs it.</summary>
    internal sealed class NativeMemory : IDisposable
    {
        private readonly List<IntPtr> _blocks = new List<IntPtr>();

        /// <summary>A UTF-8 string with a 0 at its end; null for null.</summary>
        public IntPtr Put(string text)
        {
            if (text == null)
            {
                return IntPtr.Zero;
            }
            byte[] bytes = Encoding.UTF8.GetBytes(text + "\0");
            IntPtr block = Allocate(bytes.Length);
            Marshal.Copy(bytes, 0, block, bytes.Length);
            return block;
        }

        public IntPtr Put(float[] values)
        {
            IntPtr block = Allocate(values.Length * sizeof(float));
            Marshal.Copy(values, 0, block, values.Length);
            return block;
        }

        public IntPtr Put<T>(IList<T> structs) where T : struct
        {
            int size = Marshal.SizeOf(typeof(T));
            IntPtr block = Allocate(structs.Count * size);
            for (int i = 0; i < structs.Count; i++)
            {
                Marshal.StructureToPtr(structs[i], block + i * size, false);
            }
            return block;
        }

        public void Dispose()
        {
            foreach (IntPtr block in _blocks)
            {
                Marshal.FreeHGlobal(block);
            }
            _blocks.Clear();
        }

        /// <summary>The text in a buffer that the core wrote.</summary>
        public static string Read(byte[] buffer)
        {
            int length = Array.IndexOf(buffer, (byte)0);
            return Encoding.UTF8.GetString(buffer, 0, length < 0 ? buffer.Length : length);
        }

        private IntPtr Allocate(int numBytes)
        {
            IntPtr block = Marshal.AllocHGlobal(Math.Max(1, numBytes));
            _blocks.Add(block);
            return block;
        }
    }
}

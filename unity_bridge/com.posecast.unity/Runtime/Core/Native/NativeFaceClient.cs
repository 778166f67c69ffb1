using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;

namespace Posecast
{
    /// <summary>A client over the native core, for those who ship that library. It buffers and reconnects by itself.</summary>
    public sealed class NativeFaceClient : IFaceClient
    {
        private const int HasOne = 1;
        private const int QueueFull = -2;
        private const int TextCapacity = 1024;

        private static readonly int _headOffset = (int)Marshal.OffsetOf(typeof(NativeFrame), "Head");
        private static readonly int _weightsOffset = (int)Marshal.OffsetOf(typeof(NativeFrame), "Weights");
        private static readonly int _frameSize = Marshal.SizeOf(typeof(NativeFrame));

        private readonly float[] _head = new float[4];
        private readonly int _numChannels;
        private IntPtr _client;
        private IntPtr _frame; // written by the core for each face, so that nothing is allocated for one
        private Face _face;
        private bool _hasFace;

        /// <param name="options">Where and how; taken as they are now.</param>
        /// <param name="rootCertificates">PEM of the certificates to trust; null for the system's.</param>
        /// <exception cref="ArgumentException">If an option is not allowed.</exception>
        /// <exception cref="InvalidOperationException">If the library is of another version.</exception>
        /// <exception cref="DllNotFoundException">If there is no such library.</exception>
        public NativeFaceClient(FaceClientOptions options, string rootCertificates = null)
        {
            options.Check();
            uint version = NativeMethods.posecast_abi_version();
            if (version != NativeMethods.AbiVersion)
            {
                throw new InvalidOperationException(
                    "the library posecast_core has the interface " + version + "; this package wants " + NativeMethods.AbiVersion);
            }
            _numChannels = options.NumChannels;
            CurveNames = Array.Empty<string>();
            using (var memory = new NativeMemory())
            {
                NativeOptions native = NativeTranslation.ToNative(options, rootCertificates, memory);
                var error = new byte[TextCapacity];
                if (NativeMethods.posecast_create(ref native, out _client, error, TextCapacity) < 0)
                {
                    throw new ArgumentException(NativeMemory.Read(error));
                }
            }
            _frame = Marshal.AllocHGlobal(_frameSize);
            Marshal.WriteInt32(_frame, _frameSize);
        }

        ~NativeFaceClient()
        {
            Destroy();
        }

        public FaceClientState State
        {
            get
            {
                // The numbers of posecast_core.h are those of our states.
                return _client == IntPtr.Zero ? FaceClientState.Closed : (FaceClientState)NativeMethods.posecast_state(_client);
            }
        }

        public string LastError
        {
            get
            {
                if (_client == IntPtr.Zero)
                {
                    return "";
                }
                var text = new byte[TextCapacity];
                NativeMethods.posecast_last_error(_client, text, TextCapacity);
                return NativeMemory.Read(text);
            }
        }

        public IReadOnlyList<string> CurveNames { get; private set; }

        public uint CurrentUtterance
        {
            get { return NativeMethods.posecast_current_utterance(Client); }
        }

        public FaceClientStats Stats
        {
            get
            {
                var stats = new NativeStats { StructSize = (uint)Marshal.SizeOf(typeof(NativeStats)) };
                Check(NativeMethods.posecast_get_stats(Client, ref stats));
                return new FaceClientStats
                {
                    FramesReceived = (long)stats.FramesReceived,
                    FramesWaiting = stats.FramesWaiting,
                    FramesDropped = (long)stats.FramesDropped,
                    FramesMalformed = (long)stats.FramesMalformed,
                    Underruns = (long)stats.Underruns,
                    SamplesRefused = (long)stats.SamplesRefused,
                    Reconnections = (long)stats.Reconnections,
                    EventsDropped = (long)stats.EventsDropped,
                };
            }
        }

        private IntPtr Client
        {
            get
            {
                if (_client == IntPtr.Zero)
                {
                    throw new ObjectDisposedException(nameof(NativeFaceClient));
                }
                return _client;
            }
        }

        public int PushAudio(float[] samples, int offset, int count)
        {
            CheckPiece(samples, offset, count);
            return count < _numChannels ? 0
                : Taken(NativeMethods.posecast_push_audio_f32(Client, ref samples[offset], (uint)(count / _numChannels)));
        }

        public int PushAudio(short[] samples, int offset, int count)
        {
            CheckPiece(samples, offset, count);
            return count < _numChannels ? 0
                : Taken(NativeMethods.posecast_push_audio_i16(Client, ref samples[offset], (uint)(count / _numChannels)));
        }

        public void EndUtterance()
        {
            Check(NativeMethods.posecast_end_utterance(Client));
        }

        public void Interrupt()
        {
            Check(NativeMethods.posecast_interrupt(Client, IntPtr.Zero));
        }

        public void Update(FaceSettings settings)
        {
            using (var memory = new NativeMemory())
            {
                NativeSettings native = NativeTranslation.ToNative(settings, memory);
                Check(NativeMethods.posecast_update(Client, ref native));
            }
        }

        public void SetAudioPosition(uint utterance, double timeS)
        {
            Check(NativeMethods.posecast_set_audio_position(Client, utterance, timeS));
        }

        public Face Advance(double deltaS)
        {
            if (NativeMethods.posecast_sample(Client, _frame) == HasOne && FindFace())
            {
                Marshal.Copy(_frame + _weightsOffset, _face.Weights, 0, _face.Weights.Length);
                Marshal.Copy(_frame + _headOffset, _head, 0, _head.Length);
                _face.Head = new Rotation(_head[0], _head[1], _head[2], _head[3]);
                _hasFace = true;
            }
            return _hasFace ? _face : null;
        }

        public bool TryTakeEvent(out FaceEvent happened)
        {
            var native = new NativeEvent { StructSize = (uint)Marshal.SizeOf(typeof(NativeEvent)) };
            while (NativeMethods.posecast_poll_event(Client, ref native) == HasOne)
            {
                if (native.Kind == 1)
                {
                    FindFace();
                }
                if (native.Kind >= 1 && native.Kind <= 6) // others are of a newer core
                {
                    // The numbers of posecast_core.h follow each other as our kinds do.
                    happened = new FaceEvent(
                        (FaceEventKind)(native.Kind - 1), native.Utterance, native.Flags != 0, NativeMemory.Read(native.Message));
                    return true;
                }
            }
            happened = default(FaceEvent);
            return false;
        }

        /// <summary>Ends the stream and every thread of the client.</summary>
        public void Dispose()
        {
            Destroy();
            GC.SuppressFinalize(this);
        }

        /// <summary>Makes a face for the curves of the server, which are known from its greeting on.</summary>
        private bool FindFace()
        {
            uint count = NativeMethods.posecast_curve_count(Client);
            if (count == 0 || (_face != null && _face.Weights.Length == count))
            {
                return count > 0;
            }
            var names = new List<string>();
            var text = new byte[TextCapacity];
            for (uint i = 0; i < count; i++)
            {
                NativeMethods.posecast_curve_name(Client, i, text, TextCapacity);
                names.Add(NativeMemory.Read(text));
            }
            _face = new Face((int)count);
            _hasFace = false;
            CurveNames = names.AsReadOnly();
            return true;
        }

        private void Destroy()
        {
            if (_client != IntPtr.Zero)
            {
                NativeMethods.posecast_destroy(_client);
                _client = IntPtr.Zero;
            }
            if (_frame != IntPtr.Zero)
            {
                Marshal.FreeHGlobal(_frame);
                _frame = IntPtr.Zero;
            }
        }

        private int Taken(int result)
        {
            if (result == QueueFull)
            {
                return 0;
            }
            Check(result);
            return Math.Max(0, result) * _numChannels;
        }

        private void Check(int result)
        {
            if (result < 0 && State != FaceClientState.Failed) // a failure is told by the state and an event
            {
                throw new InvalidOperationException(LastError);
            }
        }

        private static void CheckPiece(Array samples, int offset, int count)
        {
            if (offset < 0 || count < 0 || offset + count > samples.Length)
            {
                throw new ArgumentOutOfRangeException(
                    nameof(count), count, "the piece does not lie within the " + samples.Length + " values");
            }
        }
    }
}

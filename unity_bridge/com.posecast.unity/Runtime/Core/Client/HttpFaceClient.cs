using System;
using System.Collections.Generic;
using System.Net.Http;
using System.Threading;
using System.Threading.Tasks;
using Posecast.V1;

namespace Posecast
{
    /// <summary>A client over any HTTP/2 handler. It connects, and connects again, by itself.</summary>
    public sealed class HttpFaceClient : IFaceClient, IStreamOwner
    {
        private const int MaxEvents = 128;
        private const int JoinMs = 2000;

        private readonly FaceClientOptions _options;
        private readonly HttpMessageHandler _handler;
        private readonly SpeechQueue _queue;
        private readonly EventQueue _events = new EventQueue(MaxEvents);
        private readonly CancellationTokenSource _cancellation = new CancellationTokenSource();
        private readonly ReconnectPolicy _policy;
        private readonly FaceSettings _settings;
        private readonly Task _running;
        private volatile PlaybackState _playback;
        private volatile AnimateStream _stream;
        private volatile string _lastError = "";
        private volatile bool _isConnected;
        private volatile bool _hasFailed;
        private volatile bool _isDisposed;
        private ulong _firstSeed;
        private uint _firstOfStream;
        private uint _nextReady;
        private bool _hasSeed;
        private long _numReceived;
        private long _numMalformed;
        private long _numReconnections;

        /// <param name="options">Where and how; taken as they are now.</param>
        /// <param name="handler">Speaks HTTP/2; it stays the caller's.</param>
        /// <exception cref="ArgumentException">If an option is not allowed.</exception>
        public HttpFaceClient(FaceClientOptions options, HttpMessageHandler handler)
        {
            if (handler == null)
            {
                throw new ArgumentNullException(nameof(handler));
            }
            options.Check();
            _options = options;
            _handler = handler;
            _settings = options.Settings?.Clone() ?? new FaceSettings();
            _hasSeed = _settings.Seed.HasValue;
            _firstSeed = _settings.Seed ?? 0;
            _queue = new SpeechQueue((int)(options.MaxAudioS * options.SampleRateHz), options.NumChannels);
            var random = new Random();
            _policy = new ReconnectPolicy(options.ReconnectDelayS, random.NextDouble);
            _running = Task.Run(RunAsync);
        }

        public FaceClientState State
        {
            get
            {
                if (_isDisposed)
                {
                    return FaceClientState.Closed;
                }
                if (_hasFailed)
                {
                    return FaceClientState.Failed;
                }
                if (!_isConnected)
                {
                    return _policy.NumFailures > 0 ? FaceClientState.Reconnecting : FaceClientState.Connecting;
                }
                PlayerState shown = _playback.Player.State;
                return shown == PlayerState.Behind ? FaceClientState.Behind
                    : shown == PlayerState.Speaking || shown == PlayerState.Stopping ? FaceClientState.Receiving
                    : FaceClientState.Waiting;
            }
        }

        public string LastError
        {
            get { return _lastError; }
        }

        public IReadOnlyList<string> CurveNames
        {
            get { return _playback?.CurveNames ?? Array.Empty<string>(); }
        }

        public uint CurrentUtterance
        {
            get { return _queue.Current; }
        }

        public FaceClientStats Stats
        {
            get
            {
                PlaybackState playback = _playback;
                return new FaceClientStats
                {
                    FramesReceived = Interlocked.Read(ref _numReceived),
                    FramesWaiting = playback?.Speech.Count ?? 0,
                    FramesDropped = playback == null ? 0 : playback.Speech.NumDropped + playback.Idle.NumDropped,
                    FramesMalformed = Interlocked.Read(ref _numMalformed),
                    Underruns = playback?.Player.NumUnderruns ?? 0,
                    SamplesRefused = _queue.NumRefused,
                    Reconnections = Interlocked.Read(ref _numReconnections),
                    EventsDropped = _events.NumDropped,
                };
            }
        }

        public int PushAudio(float[] samples, int offset, int count)
        {
            return _queue.Push(samples, offset, count);
        }

        public int PushAudio(short[] samples, int offset, int count)
        {
            return _queue.Push(samples, offset, count);
        }

        public void EndUtterance()
        {
            _queue.End();
        }

        public void Interrupt()
        {
            PlaybackState playback = _playback;
            if (playback == null)
            {
                _nextReady = (uint)(_queue.Interrupt(null) + 1);
                return;
            }
            lock (playback.InterruptGate)
            {
                FramePlace place;
                bool isShown = playback.Player.Interrupt(out place.Utterance, out place.FrameIndex);
                long through = _queue.Interrupt(isShown ? place : (FramePlace?)null);
                playback.Player.SkipThrough(through);
                _nextReady = (uint)(through + 1);
            }
        }

        public void Update(FaceSettings settings)
        {
            _queue.Update(settings.Clone());
        }

        public void SetAudioPosition(uint utterance, double timeS)
        {
            _playback?.Player.SetAudioPosition(utterance, timeS);
        }

        public Face Advance(double deltaS)
        {
            AnimateStream stream = _stream;
            if (stream != null && stream.HasHeader && _queue.IsOwedAnEnd && stream.SilenceS > _options.SilenceTimeoutS)
            {
                stream.Cancel(new GrpcStatus(GrpcStatusCode.DeadlineExceeded, "the server fell silent"));
            }
            PlaybackState playback = _playback;
            if (playback == null)
            {
                return null;
            }
            playback.Player.Advance(deltaS);
            TellProgress(playback);
            return playback.Player.Shown;
        }

        public bool TryTakeEvent(out FaceEvent happened)
        {
            return _events.TryTake(out happened);
        }

        /// <summary>Ends the stream and waits until nothing runs any more.</summary>
        public void Dispose()
        {
            if (_isDisposed)
            {
                return;
            }
            _isDisposed = true;
            _cancellation.Cancel();
            _running.Wait(JoinMs);
        }

        PlaybackState IStreamOwner.OnHeader(AnimationHeader header)
        {
            PlaybackState playback = _playback;
            if (playback == null || !playback.Fits(header))
            {
                playback = new PlaybackState(header, _options);
                playback.Player.SkipThrough(_queue.InterruptedThrough);
                _playback = playback;
            }
            lock (_settings)
            {
                if (!_hasSeed)
                {
                    // So that a stream that is taken up again goes on with the same face.
                    _firstSeed = unchecked(header.Seed - _firstOfStream);
                    _hasSeed = true;
                }
            }
            _policy.Succeeded();
            _isConnected = true;
            _events.Add(new FaceEvent(
                FaceEventKind.Connected, message: "Posecast " + header.ServerVersion + ", stream " + header.StreamId));
            return playback;
        }

        void IStreamOwner.OnFrames(int numFrames, int numMalformed)
        {
            Interlocked.Add(ref _numReceived, numFrames);
            Interlocked.Add(ref _numMalformed, numMalformed);
        }

        void IStreamOwner.OnEnd(uint utterance, bool wasInterrupted)
        {
            _events.Add(new FaceEvent(FaceEventKind.UtteranceEnded, utterance, wasInterrupted));
        }

        FaceSettings IStreamOwner.OnUpdate(FaceSettings settings)
        {
            lock (_settings)
            {
                _settings.MergeFrom(settings);
                FaceSettings told = settings.Clone();
                if (settings.Seed.HasValue)
                {
                    _firstSeed = settings.Seed.Value;
                    _hasSeed = true;
                    told.Seed = unchecked(_firstSeed + _firstOfStream);
                }
                return told;
            }
        }

        private void TellProgress(PlaybackState playback)
        {
            while (_nextReady <= _queue.Current && playback.Player.IsReady(_nextReady))
            {
                _events.Add(new FaceEvent(FaceEventKind.UtteranceReady, _nextReady));
                _nextReady++;
            }
            uint played;
            if (playback.Player.TryTakePlayed(out played))
            {
                _events.Add(new FaceEvent(FaceEventKind.UtterancePlayed, played));
            }
        }

        private async Task RunAsync()
        {
            while (!_cancellation.IsCancellationRequested)
            {
                GrpcStatus status = await RunStreamAsync().ConfigureAwait(false);
                _isConnected = false;
                _stream = null;
                if (_cancellation.IsCancellationRequested)
                {
                    return;
                }
                _lastError = status.ToString();
                if (!ReconnectPolicy.IsTransient(status.Code))
                {
                    _hasFailed = true;
                    _events.Add(new FaceEvent(FaceEventKind.Failed, message: _lastError));
                    return;
                }
                double delayS = _policy.NextDelayS();
                _events.Add(new FaceEvent(FaceEventKind.Reconnecting, message: _lastError));
                Interlocked.Increment(ref _numReconnections);
                await Task.WhenAny(Task.Delay(TimeSpan.FromSeconds(delayS), _cancellation.Token)).ConfigureAwait(false);
            }
        }

        private async Task<GrpcStatus> RunStreamAsync()
        {
            try
            {
                uint first;
                foreach (uint lost in _queue.Rewind(_options.SampleRateHz, _options.FrameRateHz, out first))
                {
                    _events.Add(new FaceEvent(FaceEventKind.UtteranceEnded, lost, true, "given up: the stream broke"));
                }
                var stream = new AnimateStream(_options, _handler, _queue, this, _cancellation.Token);
                _stream = stream;
                GrpcStatus status = await stream.RunAsync(SettingsFrom(first)).ConfigureAwait(false);
                return status.Code == GrpcStatusCode.Ok
                    ? new GrpcStatus(GrpcStatusCode.Unavailable, "the server closed the stream")
                    : status;
            }
            catch (Exception error)
            {
                return GrpcStatus.FromException(error);
            }
        }

        /// <summary>The settings of a stream that begins with an utterance: each has a seed of its own.</summary>
        private FaceSettings SettingsFrom(uint first)
        {
            lock (_settings)
            {
                FaceSettings settings = _settings.Clone();
                _firstOfStream = first;
                settings.Seed = _hasSeed ? unchecked(_firstSeed + first) : (ulong?)null;
                return settings;
            }
        }
    }
}

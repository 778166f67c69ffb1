using System;

namespace Posecast
{
    /// <summary>Shows the face of the moment: of the utterance that is heard, of idle life, or on the way to rest.</summary>
    /// <remarks>For one thread; only the buffers are shared with others. Allocates nothing after its making.</remarks>
    public sealed class FacePlayer
    {
        private const double HoldS = 0.12;
        private const double HoldForSpeechS = 1.0; // idle frames end a while before the sound of the next utterance
        private const double AwaitEasingS = 0.3;

        private readonly FrameBuffer _speech;
        private readonly IdlePlayer _idle;
        private readonly FaceBlender _blender;
        private readonly Face _target;
        private readonly PlaybackClock _audioClock = new PlaybackClock();
        private readonly LiveClock _liveClock = new LiveClock();
        private readonly double _rateHz;
        private readonly double _startDelayS;
        private readonly bool _followsAudio;
        private uint _utterance;
        private long _doneThrough = -1;
        private double _positionS;
        private long _stopIndex;
        private double _waitedS;
        private long _played = -1;

        /// <param name="speech">Frames of utterances.</param>
        /// <param name="idle">Frames of idle life.</param>
        /// <param name="rateHz">Frames in a second.</param>
        /// <param name="startDelayS">What is buffered before an utterance is ready.</param>
        /// <param name="followsAudio">Whether an audio player tells the time; otherwise frames are shown as they come.</param>
        public FacePlayer(FrameBuffer speech, FrameBuffer idle, double rateHz, double startDelayS, bool followsAudio)
        {
            if (!(rateHz > 0.0))
            {
                throw new ArgumentOutOfRangeException(nameof(rateHz), rateHz, "allowed: more than 0");
            }
            _speech = speech;
            _rateHz = rateHz;
            _startDelayS = startDelayS;
            _followsAudio = followsAudio;
            _blender = new FaceBlender(speech.NumCurves);
            _target = new Face(speech.NumCurves);
            _idle = new IdlePlayer(idle, rateHz, startDelayS);
        }

        /// <summary>The face to show.</summary>
        public Face Shown
        {
            get { return _blender.Shown; }
        }

        /// <summary>What it is.</summary>
        public PlayerState State { get; private set; }

        /// <summary>The utterance that is shown, or was last.</summary>
        public uint Utterance
        {
            get { return _utterance; }
        }

        /// <summary>Where in it, in seconds.</summary>
        public double PositionS
        {
            get { return _positionS; }
        }

        /// <summary>How often a frame was not there in time.</summary>
        public long NumUnderruns { get; private set; }

        private bool IsSpeaking
        {
            get { return State == PlayerState.Speaking || State == PlayerState.Behind; }
        }

        /// <summary>Whether enough of an utterance is here to begin it.</summary>
        public bool IsReady(uint utterance)
        {
            bool isComplete;
            long numFrames = _speech.CountFrom(utterance, 0.0, out isComplete);
            return isComplete || numFrames >= _startDelayS * _rateHz;
        }

        /// <summary>Takes where the audio player is. The first call for an utterance begins it.</summary>
        /// <param name="utterance">What is heard; one that is over or older than what is shown is passed over.</param>
        /// <param name="timeS">Where in it, in seconds.</param>
        public void SetAudioPosition(uint utterance, double timeS)
        {
            if (!_followsAudio || utterance <= _doneThrough || (IsSpeaking && utterance < _utterance))
            {
                return;
            }
            if (!IsSpeaking || utterance != _utterance)
            {
                Begin(utterance);
                _audioClock.Start(timeS);
            }
            _audioClock.Observe(timeS);
        }

        /// <summary>Moves on to the present rendered frame.</summary>
        /// <param name="deltaS">Time since the last one.</param>
        public void Advance(double deltaS)
        {
            if (!IsSpeaking && State != PlayerState.Stopping && !_followsAudio)
            {
                BeginWhatIsReady();
            }
            switch (State)
            {
                case PlayerState.Speaking:
                case PlayerState.Behind:
                    Speak(deltaS);
                    break;
                case PlayerState.Stopping:
                    Stop(deltaS);
                    break;
                default:
                    Idle(deltaS);
                    break;
            }
        }

        /// <summary>Stops speaking: what is shown from now on are easing frames of the server, or the way to rest.</summary>
        /// <param name="utterance">The utterance that is stopped.</param>
        /// <param name="frameIndex">The frame that would have been shown next.</param>
        /// <returns>False if no frame is shown, so that there is nothing to ease from.</returns>
        public bool Interrupt(out uint utterance, out long frameIndex)
        {
            utterance = _utterance;
            frameIndex = (long)Math.Floor(_positionS * _rateHz) + 1;
            bool wasShown = State == PlayerState.Speaking;
            if (IsSpeaking)
            {
                _doneThrough = _utterance;
                _stopIndex = frameIndex;
                _waitedS = 0.0;
                State = wasShown ? PlayerState.Stopping : PlayerState.Resting;
            }
            uint from = IsSpeaking || wasShown ? _utterance : 0;
            _speech.TruncateFrom(from, wasShown ? frameIndex : 0);
            return wasShown;
        }

        /// <summary>Passes over all utterances up to this one.</summary>
        public void SkipThrough(long utterance)
        {
            _doneThrough = Math.Max(_doneThrough, utterance);
        }

        /// <summary>Tells of an utterance whose last frame is over, each once.</summary>
        public bool TryTakePlayed(out uint utterance)
        {
            utterance = (uint)Math.Max(0, _played);
            bool isThere = _played >= 0;
            _played = -1;
            return isThere;
        }

        private void Begin(uint utterance)
        {
            if (IsSpeaking)
            {
                Finish();
            }
            _utterance = utterance;
            State = PlayerState.Speaking;
            _blender.Break();
        }

        private void BeginWhatIsReady()
        {
            uint oldest, newest;
            long oldestIndex, newestIndex;
            while (_speech.TryGetEnds(out oldest, out oldestIndex, out newest, out newestIndex) && oldest <= _doneThrough)
            {
                _speech.DropBefore((uint)(_doneThrough + 1), -1.0);
            }
            if (_speech.TryGetEnds(out oldest, out oldestIndex, out newest, out newestIndex) && IsReady(oldest))
            {
                Begin(oldest);
                _liveClock.Start(oldestIndex / _rateHz);
            }
        }

        private void Speak(double deltaS)
        {
            _positionS = _followsAudio ? AdvanceAudio(deltaS) : AdvanceLive(deltaS);
            double position = _positionS * _rateHz;
            FrameMatch match = _speech.Sample(_utterance, position, _target);
            _speech.DropBefore(_utterance, position);
            if (match == FrameMatch.Found || match == FrameMatch.Before)
            {
                State = PlayerState.Speaking;
                _blender.Follow(_target, deltaS);
            }
            else if (match == FrameMatch.Over || IsEmptyAndOver(position))
            {
                Finish();
                State = PlayerState.Resting;
                Idle(deltaS);
            }
            else
            {
                NumUnderruns += State == PlayerState.Speaking ? 1 : 0;
                State = PlayerState.Behind;
                _blender.Release(HoldS, deltaS);
            }
        }

        private double AdvanceAudio(double deltaS)
        {
            _audioClock.Advance(deltaS);
            return _audioClock.PositionS;
        }

        private double AdvanceLive(double deltaS)
        {
            bool isComplete;
            double position = _liveClock.PositionS * _rateHz;
            long numAhead = _speech.CountFrom(_utterance, position, out isComplete);
            double toNewest = Math.Ceiling(position - 1e-6) + numAhead - 1 - position; // frames have no gaps
            _liveClock.Advance(deltaS, Math.Max(0.0, toNewest) / _rateHz, isComplete);
            return _liveClock.PositionS;
        }

        private bool IsEmptyAndOver(double position)
        {
            long numFrames;
            return _speech.TryGetEnd(_utterance, out numFrames) && position >= numFrames;
        }

        private void Finish()
        {
            _doneThrough = Math.Max(_doneThrough, _utterance);
            _played = _utterance;
        }

        private void Stop(double deltaS)
        {
            bool isComplete;
            bool hasCome = _speech.CountFrom(_utterance, _stopIndex, out isComplete) > 0;
            if (hasCome)
            {
                _positionS += deltaS;
                FrameMatch match = _speech.Sample(_utterance, _positionS * _rateHz, _target);
                if (match == FrameMatch.Found)
                {
                    _blender.Follow(_target, deltaS);
                    return;
                }
            }
            _waitedS += deltaS;
            if (!hasCome && _waitedS < AwaitEasingS)
            {
                _blender.Release(AwaitEasingS, deltaS);
                return;
            }
            _played = _utterance;
            State = PlayerState.Resting;
            Idle(deltaS);
        }

        private void Idle(double deltaS)
        {
            if (_idle.Advance(deltaS, _target))
            {
                if (State != PlayerState.Idling)
                {
                    _blender.Break();
                }
                State = PlayerState.Idling;
                _blender.Follow(_target, deltaS);
                return;
            }
            bool isAwaitingSound = State == PlayerState.Idling && _speech.Count > 0;
            _blender.Release(isAwaitingSound ? HoldForSpeechS : State == PlayerState.Idling ? HoldS : 0.0, deltaS);
            if (_blender.IsResting)
            {
                State = PlayerState.Resting;
            }
        }
    }
}

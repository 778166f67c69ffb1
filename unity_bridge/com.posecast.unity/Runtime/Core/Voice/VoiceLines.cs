using System.Collections.Generic;

namespace Posecast
{
    /// <summary>What a voice says, line after line: feeds all, plays the first, tells the client where it is.</summary>
    internal sealed class VoiceLines
    {
        private const double TailS = 1.0; // the face of a line's last moments comes after its sound

        private readonly List<VoiceLine> _lines = new List<VoiceLine>();
        private long _readyThrough = -1;
        private double _waitedS;
        private uint _tailUtterance;
        private double _tailPositionS;
        private double _tailLeftS;

        /// <summary>Lines that are not over.</summary>
        public int Count
        {
            get { return _lines.Count; }
        }

        public void Add(VoiceLine line)
        {
            _lines.Add(line);
        }

        /// <summary>Whether all lines before this one were given to the client.</summary>
        public bool IsNextToFeed(VoiceLine line)
        {
            foreach (VoiceLine other in _lines)
            {
                if (other == line)
                {
                    return true;
                }
                if (!other.IsFed)
                {
                    return false;
                }
            }
            return false;
        }

        /// <summary>Enough of an utterance's face is here.</summary>
        public void SetReady(uint utterance)
        {
            _readyThrough = System.Math.Max(_readyThrough, utterance);
        }

        /// <summary>Gives the client as much as it takes.</summary>
        public void Feed(IFaceClient client)
        {
            for (int i = 0; i < _lines.Count; i++)
            {
                if (!_lines[i].IsFed && !_lines[i].Feed(client))
                {
                    break;
                }
            }
        }

        /// <summary>Begins the first line, or says where it is.</summary>
        /// <param name="client">Is told.</param>
        /// <param name="deltaS">Time since the last call.</param>
        /// <param name="latencyS">From the mixer to the ear.</param>
        /// <param name="mostWaitS">How long a line waits for its face.</param>
        /// <returns>What happened.</returns>
        public VoiceChange Play(IFaceClient client, double deltaS, double latencyS, double mostWaitS)
        {
            VoiceLine line = _lines.Count > 0 ? _lines[0] : null;
            if (line != null && !line.IsPlaying)
            {
                _waitedS += deltaS;
                if (line.Utterance <= _readyThrough || _waitedS >= mostWaitS)
                {
                    line.Play();
                    _tailLeftS = 0.0;
                    return VoiceChange.Started;
                }
                line = null;
            }
            if (line == null)
            {
                TellTail(client, deltaS);
                return VoiceChange.None;
            }
            client.SetAudioPosition(line.Utterance, line.PositionS - latencyS);
            if (!line.IsOver)
            {
                return VoiceChange.None;
            }
            _lines.RemoveAt(0);
            _waitedS = 0.0;
            _tailUtterance = line.Utterance;
            _tailPositionS = line.PositionS - latencyS;
            _tailLeftS = TailS + latencyS;
            return VoiceChange.Finished;
        }

        /// <summary>Ends all lines at once.</summary>
        /// <returns>Whether one was being heard.</returns>
        public bool Stop()
        {
            bool wasHeard = _lines.Count > 0 && _lines[0].IsPlaying;
            foreach (VoiceLine line in _lines)
            {
                line.Stop();
            }
            _lines.Clear();
            _waitedS = 0.0;
            _tailLeftS = 0.0;
            return wasHeard;
        }

        /// <summary>The client is a new one, which counts from 0.</summary>
        public void Restart()
        {
            _readyThrough = -1;
            _tailLeftS = 0.0;
        }

        private void TellTail(IFaceClient client, double deltaS)
        {
            if (_tailLeftS > 0.0)
            {
                _tailLeftS -= deltaS;
                _tailPositionS += deltaS;
                client.SetAudioPosition(_tailUtterance, _tailPositionS);
            }
        }
    }
}

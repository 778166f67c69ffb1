using System;

namespace Posecast
{
    /// <summary>Keeps the shown face from jumping: it takes over from one source to the next, and to rest.</summary>
    public sealed class FaceBlender
    {
        /// <summary>Time in which a new source takes over.</summary>
        public const double TakeOverS = 0.08;

        /// <summary>Time in which a face without a source eases to rest.</summary>
        public const double EaseS = 0.2;

        private readonly Face _from;
        private readonly Face _rest;
        private double _sinceS;
        private bool _isFollowing;
        private bool _isBroken;

        /// <param name="numCurves">Weights of a face.</param>
        public FaceBlender(int numCurves)
        {
            Shown = new Face(numCurves);
            _from = new Face(numCurves);
            _rest = new Face(numCurves);
            _sinceS = EaseS;
        }

        /// <summary>The face to show.</summary>
        public Face Shown { get; }

        /// <summary>Whether the face has come to rest.</summary>
        public bool IsResting
        {
            get { return !_isFollowing && _sinceS >= EaseS; }
        }

        /// <summary>The next face that is followed is of another source.</summary>
        public void Break()
        {
            _isBroken = true;
        }

        /// <summary>Shows the face of a source, or the way to it.</summary>
        public void Follow(Face face, double deltaS)
        {
            if (!_isFollowing || _isBroken)
            {
                _from.CopyFrom(Shown);
                _sinceS = 0.0;
                _isFollowing = true;
                _isBroken = false;
            }
            _sinceS += deltaS;
            if (_sinceS >= TakeOverS)
            {
                Shown.CopyFrom(face);
                return;
            }
            Shown.Blend(_from, face, Smooth(_sinceS / TakeOverS));
        }

        /// <summary>There is no face: holds the last one, then eases to rest.</summary>
        /// <param name="holdS">How long it is held.</param>
        /// <param name="deltaS">Time since the last call.</param>
        public void Release(double holdS, double deltaS)
        {
            if (_isFollowing)
            {
                _from.CopyFrom(Shown);
                _sinceS = -holdS;
                _isFollowing = false;
            }
            if (_sinceS >= EaseS)
            {
                return;
            }
            _sinceS += deltaS;
            if (_sinceS >= EaseS)
            {
                Shown.Rest();
            }
            else if (_sinceS > 0.0)
            {
                Shown.Blend(_from, _rest, Smooth(_sinceS / EaseS));
            }
        }

        private static float Smooth(double part)
        {
            return (float)(part * part * (3.0 - 2.0 * part));
        }
    }
}

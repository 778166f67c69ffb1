using System;

namespace Posecast
{
    /// <summary>Whether and when to connect again after a stream broke.</summary>
    public sealed class ReconnectPolicy
    {
        private const double MostS = 2.0; // a server that is back is found within this

        private readonly double _firstS;
        private readonly Func<double> _random;
        private int _numFailures;

        /// <param name="firstS">Delay before the first attempt; it doubles up to 2 s.</param>
        /// <param name="random">Gives 0..1; clients that lost one server must not come back all at once.</param>
        public ReconnectPolicy(double firstS, Func<double> random)
        {
            _firstS = firstS;
            _random = random;
        }

        /// <summary>Attempts since the last success.</summary>
        public int NumFailures
        {
            get { return _numFailures; }
        }

        /// <summary>Whether trying again may help.</summary>
        public static bool IsTransient(GrpcStatusCode code)
        {
            switch (code)
            {
                case GrpcStatusCode.InvalidArgument:
                case GrpcStatusCode.NotFound:
                case GrpcStatusCode.AlreadyExists:
                case GrpcStatusCode.PermissionDenied:
                case GrpcStatusCode.FailedPrecondition:
                case GrpcStatusCode.OutOfRange:
                case GrpcStatusCode.Unimplemented:
                case GrpcStatusCode.Unauthenticated:
                    return false;
                default:
                    return true;
            }
        }

        /// <summary>The delay before the next attempt: between half and all of the doubled delay.</summary>
        public double NextDelayS()
        {
            double wholeS = Math.Min(MostS, _firstS * Math.Pow(2.0, Math.Min(_numFailures, 20)));
            _numFailures++;
            return wholeS * (0.5 + 0.5 * _random());
        }

        /// <summary>A connection came about.</summary>
        public void Succeeded()
        {
            _numFailures = 0;
        }
    }
}

using System;

namespace Posecast
{
    /// <summary>A call that did not end well.</summary>
    public sealed class GrpcException : Exception
    {
        public GrpcException(GrpcStatus status, Exception inner = null)
            : base(status.ToString(), inner)
        {
            Status = status;
        }

        public GrpcException(GrpcStatusCode code, string message)
            : this(new GrpcStatus(code, message))
        {
        }

        public GrpcStatus Status { get; }
    }
}

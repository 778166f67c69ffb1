using System;
using System.Collections.Generic;

namespace Posecast
{
    /// <summary>What a call sends beside its messages, and its limits.</summary>
    public sealed class GrpcCallOptions
    {
        /// <summary>Headers by name, e.g. `authorization`.</summary>
        public IDictionary<string, string> Metadata { get; } = new Dictionary<string, string>();

        /// <summary>How long the whole call may take; null for no limit.</summary>
        public TimeSpan? Deadline { get; set; }

        /// <summary>Longest message that is taken.</summary>
        public int MaxMessageBytes { get; set; } = 64 * 1024 * 1024;
    }
}

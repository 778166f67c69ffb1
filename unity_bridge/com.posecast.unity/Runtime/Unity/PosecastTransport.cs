using System;
using System.Net.Http;
using UnityEngine;

namespace Posecast.Unity
{
    /// <summary>Makes the clients; knows what speaks HTTP/2 in this project.</summary>
    public static class PosecastTransport
    {
        /// <summary>Makes an HTTP/2 handler. Posecast.Transport.Yaha sets it where that package is installed; so may you.</summary>
        public static Func<PosecastConnection, HttpMessageHandler> HandlerFactory { get; set; }

        /// <summary>Makes clients in another way altogether, e.g. over the native core. Null: over HTTP/2.</summary>
        public static Func<PosecastConnection, FaceClientOptions, IFaceClient> ClientFactory { get; set; }

        /// <summary>Makes an HTTP/2 handler; it is the caller's.</summary>
        /// <exception cref="InvalidOperationException">If nothing in this project speaks HTTP/2.</exception>
        public static HttpMessageHandler CreateHandler(PosecastConnection connection)
        {
            if (HandlerFactory == null)
            {
                throw new InvalidOperationException(
                    "Nothing here speaks HTTP/2: install YetAnotherHttpHandler, or set PosecastTransport.HandlerFactory"
                    + " (see the package's README).");
            }
            return HandlerFactory(connection);
        }

        // A project that enters play mode without a domain reload would keep what the last run set.
        [RuntimeInitializeOnLoadMethod(RuntimeInitializeLoadType.SubsystemRegistration)]
        private static void Reset()
        {
            HandlerFactory = null;
            ClientFactory = null;
        }
    }
}

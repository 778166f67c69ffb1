using System.Net.Http;
using Cysharp.Net.Http;
using UnityEngine;

namespace Posecast.Unity
{
    /// <summary>HTTP/2 by YetAnotherHttpHandler; compiled only where that package is installed.</summary>
    internal static class YahaTransport
    {
        [RuntimeInitializeOnLoadMethod(RuntimeInitializeLoadType.BeforeSceneLoad)]
#if UNITY_EDITOR
        [UnityEditor.InitializeOnLoadMethod]
#endif
        private static void Register()
        {
            PosecastTransport.HandlerFactory = Create;
        }

        private static HttpMessageHandler Create(PosecastConnection connection)
        {
            return new YetAnotherHttpHandler
            {
                // Over plain text gRPC begins with HTTP/2 at once; nothing else is answered.
                Http2Only = true,
                RootCertificates = connection.RootCertificates,
                Http2KeepAliveInterval = System.TimeSpan.FromSeconds(20),
                Http2KeepAliveTimeout = System.TimeSpan.FromSeconds(10),
            };
        }
    }
}

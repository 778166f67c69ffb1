// A stand-in for YetAnotherHttpHandler; see UnityEngine.cs.
using System;
using System.Net.Http;
using System.Threading;
using System.Threading.Tasks;

namespace Cysharp.Net.Http
{
    public class YetAnotherHttpHandler : HttpMessageHandler
    {
        public bool? Http2Only { get; set; }

        public string RootCertificates { get; set; }

        public TimeSpan? Http2KeepAliveInterval { get; set; }

        public TimeSpan? Http2KeepAliveTimeout { get; set; }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            throw new NotImplementedException();
        }
    }
}

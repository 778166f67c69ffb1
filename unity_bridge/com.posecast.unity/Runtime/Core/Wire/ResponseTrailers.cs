using System.Net.Http;
using System.Net.Http.Headers;

namespace Posecast
{
    /// <summary>Finds the trailers of an HTTP/2 answer, which every .NET keeps in another place.</summary>
    public static class ResponseTrailers
    {
        /// <summary>Where handlers for older runtimes leave the trailers, by .NET's own custom.</summary>
        public const string PropertyName = "__ResponseTrailers";

        /// <summary>The trailers; null if there are none. They are complete once the body has been read.</summary>
        public static HttpHeaders Of(HttpResponseMessage response)
        {
            object kept;
            if (response.RequestMessage != null
                && response.RequestMessage.Properties.TryGetValue(PropertyName, out kept) && kept is HttpHeaders)
            {
                return (HttpHeaders)kept;
            }
#if NET_STANDARD_2_1 || NETSTANDARD2_1 || NETCOREAPP
            return response.TrailingHeaders;
#else
            return null;
#endif
        }
    }
}

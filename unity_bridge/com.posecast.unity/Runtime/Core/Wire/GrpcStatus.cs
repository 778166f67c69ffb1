using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Net.Http;
using System.Net.Http.Headers;

namespace Posecast
{
    /// <summary>How a call ended.</summary>
    public sealed class GrpcStatus
    {
        /// <summary>All went well.</summary>
        public static readonly GrpcStatus Ok = new GrpcStatus(GrpcStatusCode.Ok, "");

        public GrpcStatus(GrpcStatusCode code, string message)
        {
            Code = code;
            Message = message ?? "";
        }

        public GrpcStatusCode Code { get; }

        /// <summary>One line that says what was wrong, for people.</summary>
        public string Message { get; }

        /// <summary>Reads the status from trailers, or from headers where the server failed at once.</summary>
        /// <returns>Null if there is none.</returns>
        public static GrpcStatus Read(HttpHeaders headers)
        {
            string text = First(headers, "grpc-status");
            if (text == null)
            {
                return null;
            }
            int code;
            bool isNumber = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out code);
            if (!isNumber || code > (int)GrpcStatusCode.Unauthenticated)
            {
                return new GrpcStatus(GrpcStatusCode.Unknown, "the server answered the unknown status '" + text + "'");
            }
            string message = PercentCoding.Decode(First(headers, "grpc-message") ?? "");
            return code == 0 ? Ok : new GrpcStatus((GrpcStatusCode)code, message);
        }

        /// <summary>Whether an answer is gRPC at all.</summary>
        /// <returns>Null if it is, else what an answer of this kind means by gRPC's own table.</returns>
        public static GrpcStatus CheckHttp(HttpResponseMessage response)
        {
            int http = (int)response.StatusCode;
            if (http != 200)
            {
                return new GrpcStatus(CodeOfHttp(http), "the server answered HTTP " + http + "; is it a gRPC server?");
            }
            string type = response.Content?.Headers.ContentType?.MediaType;
            if (type == null || !type.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase))
            {
                return new GrpcStatus(
                    GrpcStatusCode.Unknown, "the server answered content of the type '" + type + "'; it must be application/grpc");
            }
            return null;
        }

        /// <summary>What an exception of the transport means.</summary>
        public static GrpcStatus FromException(Exception error)
        {
            if (error is GrpcException)
            {
                return ((GrpcException)error).Status;
            }
            if (error is OperationCanceledException)
            {
                return new GrpcStatus(GrpcStatusCode.Cancelled, "the call was cancelled");
            }
            return new GrpcStatus(GrpcStatusCode.Unavailable, Innermost(error).Message);
        }

        public override string ToString()
        {
            return Message.Length == 0 ? Code.ToString() : Code + ": " + Message;
        }

        private static GrpcStatusCode CodeOfHttp(int http)
        {
            switch (http)
            {
                case 400:
                    return GrpcStatusCode.Internal;
                case 401:
                    return GrpcStatusCode.Unauthenticated;
                case 403:
                    return GrpcStatusCode.PermissionDenied;
                case 404:
                    return GrpcStatusCode.Unimplemented;
                case 429:
                case 502:
                case 503:
                case 504:
                    return GrpcStatusCode.Unavailable;
                default:
                    return GrpcStatusCode.Unknown;
            }
        }

        private static string First(HttpHeaders headers, string name)
        {
            IEnumerable<string> values;
            return headers != null && headers.TryGetValues(name, out values) ? values.FirstOrDefault() : null;
        }

        private static Exception Innermost(Exception error)
        {
            while (error.InnerException != null)
            {
                error = error.InnerException;
            }
            return error;
        }
    }
}

using System;
using System.Collections.Generic;
using System.Net.Http;
using System.Threading;
using System.Threading.Tasks;
using Google.Protobuf;
using Posecast.V1;

namespace Posecast
{
    /// <summary>The calls of the service that are not a live stream.</summary>
    public sealed class FaceService
    {
        private const string Service = "posecast.v1.FaceAnimationService/";

        private readonly HttpMessageHandler _handler;
        private readonly Uri _endpoint;
        private readonly string _token;

        /// <param name="endpoint">Scheme, host and port.</param>
        /// <param name="handler">Speaks HTTP/2; it stays the caller's.</param>
        /// <param name="token">Sent as `authorization: Bearer ...`; null for none.</param>
        public FaceService(Uri endpoint, HttpMessageHandler handler, string token = null)
        {
            new FaceClientOptions { Endpoint = endpoint, Token = token }.Check();
            _endpoint = endpoint;
            _handler = handler;
            _token = token;
        }

        /// <summary>The styles of the server.</summary>
        /// <exception cref="GrpcException">If the call fails.</exception>
        public async Task<ListStylesResponse> ListStylesAsync(TimeSpan deadline, CancellationToken cancellation)
        {
            ListStylesResponse answer = null;
            await CallAsync("ListStyles", new ListStylesRequest(), deadline, cancellation,
                (bytes, length) => answer = ListStylesResponse.Parser.ParseFrom(bytes, 0, length)).ConfigureAwait(false);
            return answer;
        }

        /// <summary>What the server is and can do.</summary>
        /// <exception cref="GrpcException">If the call fails.</exception>
        public async Task<GetServerInfoResponse> GetServerInfoAsync(TimeSpan deadline, CancellationToken cancellation)
        {
            GetServerInfoResponse answer = null;
            await CallAsync("GetServerInfo", new GetServerInfoRequest(), deadline, cancellation,
                (bytes, length) => answer = GetServerInfoResponse.Parser.ParseFrom(bytes, 0, length)).ConfigureAwait(false);
            return answer;
        }

        /// <summary>Animates a clip that is complete.</summary>
        /// <param name="request">The clip and how to animate it.</param>
        /// <param name="onAnswer">Takes each message of the answer, in order.</param>
        /// <param name="deadline">How long it may take.</param>
        /// <param name="cancellation">Ends the call.</param>
        /// <exception cref="GrpcException">If the call fails.</exception>
        public Task AnimateClipAsync(
            AnimateClipRequest request, Action<AnimateClipResponse> onAnswer, TimeSpan deadline, CancellationToken cancellation)
        {
            return CallAsync("AnimateClip", request, deadline, cancellation,
                (bytes, length) => onAnswer(AnimateClipResponse.Parser.ParseFrom(bytes, 0, length)));
        }

        /// <summary>Bakes a clip into frames.</summary>
        /// <param name="samples">16-bit mono.</param>
        /// <param name="options">Sample rate, frame rate and settings; an unset mode is the offline one.</param>
        /// <param name="deadline">How long it may take.</param>
        /// <param name="cancellation">Ends the call.</param>
        /// <exception cref="GrpcException">If the call fails.</exception>
        public async Task<BakedFace> BakeAsync(
            short[] samples, FaceClientOptions options, TimeSpan deadline, CancellationToken cancellation)
        {
            AnimateConfig config = FaceMessages.ToConfig(options, options.Settings ?? new FaceSettings()).Config;
            var bytes = new byte[2 * samples.Length];
            for (int i = 0; i < samples.Length; i++)
            {
                bytes[2 * i] = (byte)samples[i];
                bytes[2 * i + 1] = (byte)(samples[i] >> 8);
            }
            var request = new AnimateClipRequest
            {
                Raw = new RawAudio { Format = config.AudioFormat, Data = ByteString.CopyFrom(bytes) },
                Settings = config.Settings,
            };
            BakedFace baked = null;
            await AnimateClipAsync(request, answer => baked = Add(baked, answer), deadline, cancellation).ConfigureAwait(false);
            return baked;
        }

        private static BakedFace Add(BakedFace baked, AnimateClipResponse answer)
        {
            if (answer.Header != null)
            {
                string fault = FaceMessages.FindFault(answer.Header);
                if (fault != null)
                {
                    throw new GrpcException(GrpcStatusCode.FailedPrecondition, fault);
                }
                return new BakedFace(new List<string>(answer.Header.Rig.CurveNames).AsReadOnly(), (int)answer.Header.FrameRateHz);
            }
            if (answer.Frames == null)
            {
                return baked;
            }
            foreach (FaceFrame frame in answer.Frames.Frames)
            {
                var face = new Face(baked == null ? 1 : baked.CurveNames.Count);
                if (baked == null || !FaceMessages.TryRead(frame, face) || frame.Index != (ulong)baked.Frames.Count)
                {
                    throw new GrpcException(GrpcStatusCode.Internal, "frame " + frame.Index + " does not belong here");
                }
                baked.Frames.Add(face);
            }
            return baked;
        }

        private async Task CallAsync(
            string method, IMessage request, TimeSpan deadline, CancellationToken cancellation, Action<byte[], int> onMessage)
        {
            var options = new GrpcCallOptions { Deadline = deadline };
            if (!string.IsNullOrEmpty(_token))
            {
                options.Metadata["authorization"] = "Bearer " + _token;
            }
            using (var call = new GrpcCall(_handler, _endpoint, Service + method, options, cancellation))
            {
                byte[] framed = FaceMessages.Frame(request);
                call.Start();
                Task writing = WriteAsync(call, framed);
                int numMessages = 0;
                while (await call.ReadAsync().ConfigureAwait(false))
                {
                    onMessage(call.Message, call.MessageLength);
                    numMessages++;
                }
                if (call.Status.Code != GrpcStatusCode.Ok)
                {
                    throw new GrpcException(call.Status);
                }
                await writing.ConfigureAwait(false);
                if (numMessages == 0)
                {
                    throw new GrpcException(GrpcStatusCode.Internal, "the answer has no message");
                }
            }
        }

        private static async Task WriteAsync(GrpcCall call, byte[] framed)
        {
            try
            {
                await call.WriteAsync(framed, 0, framed.Length).ConfigureAwait(false);
                call.Finish();
            }
            catch (Exception)
            {
                // The status that the reader gets tells why.
            }
        }
    }
}

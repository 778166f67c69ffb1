using System;
using System.Net.Http;

namespace Posecast.Unity
{
    /// <summary>The client of a voice, and the handler under it.</summary>
    internal sealed class VoiceStream
    {
        private HttpMessageHandler _handler;
        private int _sampleRateHz;
        private bool _isLive;

        /// <summary>The client; null while there is none.</summary>
        public IFaceClient Client { get; private set; }

        /// <summary>Makes sure that there is a client for audio of this kind.</summary>
        /// <returns>Whether it is a new one.</returns>
        /// <exception cref="InvalidOperationException">If there is no connection asset or no HTTP/2.</exception>
        public bool Open(PosecastConnection connection, int sampleRateHz, bool isLive, FaceSettings settings)
        {
            bool fits = Client != null && Client.State != FaceClientState.Failed
                && sampleRateHz == _sampleRateHz && isLive == _isLive;
            if (fits)
            {
                return false;
            }
            Close();
            if (connection == null)
            {
                throw new InvalidOperationException("the voice has no connection asset (Create > Posecast > Connection)");
            }
            _sampleRateHz = sampleRateHz;
            _isLive = isLive;
            FaceClientOptions options = connection.ToOptions(sampleRateHz, isLive);
            options.Settings = settings;
            if (PosecastTransport.ClientFactory != null)
            {
                Client = PosecastTransport.ClientFactory(connection, options);
                return true;
            }
            _handler = PosecastTransport.CreateHandler(connection);
            Client = new HttpFaceClient(options, _handler);
            return true;
        }

        /// <summary>Ends the client and all that it runs.</summary>
        public void Close()
        {
            Client?.Dispose();
            Client = null;
            _handler?.Dispose();
            _handler = null;
        }
    }
}

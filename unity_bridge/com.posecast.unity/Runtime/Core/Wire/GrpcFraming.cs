namespace Posecast
{
    /// <summary>gRPC's framing of messages: a flag, four bytes of length with the highest first, the message.</summary>
    public static class GrpcFraming
    {
        /// <summary>Bytes before each message.</summary>
        public const int HeaderLength = 5;

        /// <summary>Writes what stands before a message that is not compressed.</summary>
        public static void WriteHeader(byte[] target, int offset, int messageLength)
        {
            target[offset] = 0;
            target[offset + 1] = (byte)(messageLength >> 24);
            target[offset + 2] = (byte)(messageLength >> 16);
            target[offset + 3] = (byte)(messageLength >> 8);
            target[offset + 4] = (byte)messageLength;
        }

        /// <summary>Length of the message behind a header.</summary>
        /// <exception cref="GrpcException">If it is compressed, too long, or the header is none.</exception>
        public static int ReadHeader(byte[] header, int mostBytes)
        {
            if (header[0] == 1)
            {
                throw new GrpcException(GrpcStatusCode.Internal, "a compressed message came, though none was asked for");
            }
            if (header[0] != 0)
            {
                throw new GrpcException(GrpcStatusCode.Internal, "a message begins with the flag " + header[0] + "; allowed: 0");
            }
            long length = ((long)header[1] << 24) | ((long)header[2] << 16) | ((long)header[3] << 8) | header[4];
            if (length > mostBytes)
            {
                throw new GrpcException(
                    GrpcStatusCode.ResourceExhausted, "a message of " + length + " bytes came; allowed: " + mostBytes);
            }
            return (int)length;
        }
    }
}

using System;
using System.Text;

namespace Posecast
{
    /// <summary>The percent-encoding of `grpc-message`: UTF-8, bytes outside of printable ASCII as %XX.</summary>
    public static class PercentCoding
    {
        /// <summary>The text; what cannot be decoded is kept as it is, since a message must not be lost.</summary>
        public static string Decode(string encoded)
        {
            if (encoded.IndexOf('%') < 0)
            {
                return encoded;
            }
            var bytes = new byte[Encoding.UTF8.GetMaxByteCount(encoded.Length)];
            int length = 0;
            for (int i = 0; i < encoded.Length; i++)
            {
                if (encoded[i] == '%' && i + 2 < encoded.Length && Digit(encoded[i + 1]) >= 0 && Digit(encoded[i + 2]) >= 0)
                {
                    bytes[length++] = (byte)(16 * Digit(encoded[i + 1]) + Digit(encoded[i + 2]));
                    i += 2;
                }
                else
                {
                    length += Encoding.UTF8.GetBytes(encoded, i, 1, bytes, length);
                }
            }
            return Encoding.UTF8.GetString(bytes, 0, length);
        }

        private static int Digit(char letter)
        {
            return letter >= '0' && letter <= '9' ? letter - '0'
                : letter >= 'A' && letter <= 'F' ? letter - 'A' + 10
                : letter >= 'a' && letter <= 'f' ? letter - 'a' + 10
                : -1;
        }
    }
}

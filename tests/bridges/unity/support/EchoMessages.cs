using System;
using System.IO;
using Google.Protobuf;
using Posecast.V1;

namespace Posecast.Tests
{
    /// <summary>Reads messages as `NAME HEX` from a file and writes them again, through the generated classes.</summary>
    public static class EchoMessages
    {
        public static int Main(string[] args)
        {
            foreach (string line in File.ReadAllLines(args[0]))
            {
                string[] parts = line.Split(' ');
                MessageParser parser = parts[0] == "AnimateRequest" ? (MessageParser)AnimateRequest.Parser : AnimateResponse.Parser;
                var bytes = new byte[parts[1].Length / 2];
                for (int i = 0; i < bytes.Length; i++)
                {
                    bytes[i] = Convert.ToByte(parts[1].Substring(2 * i, 2), 16);
                }
                byte[] back = parser.ParseFrom(bytes).ToByteArray();
                Console.WriteLine(parts[0] + " " + BitConverter.ToString(back).Replace("-", "").ToLowerInvariant());
            }
            return 0;
        }
    }
}

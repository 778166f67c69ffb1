using System;

namespace Posecast
{
    /// <summary>The five vowels and a blink, for avatars without the 52 ARKit shapes.</summary>
    public struct VowelShapes
    {
        /// <summary>Mouth shapes and lids, 0..1; the five vowels together are at most 1.</summary>
        public float Aa, Ih, Ou, Ee, Oh, BlinkLeft, BlinkRight;

        /// <summary>Sorts an opening mouth by its rounding and its width.</summary>
        /// <param name="weights">A face's weights.</param>
        /// <param name="places">Where the wanted curves are among them; see <see cref="FindPlaces"/>.</param>
        public static VowelShapes From(float[] weights, int[] places)
        {
            float open = At(weights, places[0]);
            float closed = At(weights, places[1]);
            float funnel = At(weights, places[2]);
            float pucker = At(weights, places[3]);
            float wide = 0.5f * (At(weights, places[4]) + At(weights, places[5]) + At(weights, places[6]) + At(weights, places[7]));
            float gap = Math.Max(0f, open - closed);
            float round = Math.Min(1f, funnel + pucker);
            float spread = Math.Min(1f, wide) * (1f - round);
            var vowels = new VowelShapes
            {
                Aa = gap * (1f - round) * (1f - spread),
                Oh = Math.Max(gap * round, 0.5f * funnel),
                Ou = pucker * (1f - gap),
                Ee = gap * spread,
                Ih = 0.5f * spread * (1f - gap),
                BlinkLeft = At(weights, places[8]),
                BlinkRight = At(weights, places[9]),
            };
            float sum = vowels.Aa + vowels.Ih + vowels.Ou + vowels.Ee + vowels.Oh;
            return sum > 1f ? vowels.Scaled(1f / sum) : vowels;
        }

        /// <summary>Where the curves that <see cref="From"/> reads are in a list of names; -1 where one is missing.</summary>
        public static int[] FindPlaces(System.Collections.Generic.IReadOnlyList<string> curveNames)
        {
            string[] wanted =
            {
                "jawOpen", "mouthClose", "mouthFunnel", "mouthPucker", "mouthStretchLeft", "mouthStretchRight",
                "mouthSmileLeft", "mouthSmileRight", "eyeBlinkLeft", "eyeBlinkRight",
            };
            var places = new int[wanted.Length];
            for (int i = 0; i < wanted.Length; i++)
            {
                places[i] = -1;
                for (int j = 0; j < curveNames.Count; j++)
                {
                    if (curveNames[j] == wanted[i])
                    {
                        places[i] = j;
                    }
                }
            }
            return places;
        }

        private static float At(float[] weights, int place)
        {
            return place < 0 ? 0f : Math.Max(0f, Math.Min(1f, weights[place]));
        }

        private VowelShapes Scaled(float factor)
        {
            VowelShapes scaled = this;
            scaled.Aa *= factor;
            scaled.Ih *= factor;
            scaled.Ou *= factor;
            scaled.Ee *= factor;
            scaled.Oh *= factor;
            return scaled;
        }
    }
}

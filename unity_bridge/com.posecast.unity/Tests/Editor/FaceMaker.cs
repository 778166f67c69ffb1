namespace Posecast.Tests
{
    /// <summary>Faces that tell by their weights which frame they are.</summary>
    internal static class FaceMaker
    {
        public const int NumCurves = 3;

        public static Face Make(double value)
        {
            var face = new Face(NumCurves);
            for (int i = 0; i < NumCurves; i++)
            {
                face.Weights[i] = (float)(value * (i + 1));
            }
            return face;
        }

        /// <summary>Frames of an utterance whose first weight is the index / 1000.</summary>
        public static void Fill(FrameBuffer buffer, uint utterance, long first, long count)
        {
            for (long index = first; index < first + count; index++)
            {
                buffer.Push(utterance, index, Make(index / 1000.0));
            }
        }
    }
}

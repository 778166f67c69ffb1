namespace Posecast
{
    /// <summary>The version of this package, as in package.json.</summary>
    public static class PosecastVersion
    {
        public const string Text = "0.1.0";
    }
}

namespace Posecast
{
    /// <summary>Parts of the face that are made stronger or weaker together.</summary>
    public enum FaceRegion
    {
        /// <summary>Jaw, mouth and tongue.</summary>
        LowerFace,

        /// <summary>Brows, lids, cheeks and nose; not blinks and not the gaze.</summary>
        UpperFace,

        /// <summary>eyeBlinkLeft and eyeBlinkRight.</summary>
        Blinks,

        /// <summary>The eyeLook curves.</summary>
        Gaze,
    }
}

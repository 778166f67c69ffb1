using System.Collections.Generic;

namespace Posecast
{
    /// <summary>What may be chosen about the animation and changed at any time; null leaves a value as it is.</summary>
    /// <remarks>Ranges and meanings are those of `AnimationSettings` in the contract; the server refuses what is out of range.</remarks>
    public sealed class FaceSettings
    {
        /// <summary>A style of the server, or a blend: `cheerful:0.6,tired:0.4`.</summary>
        public string StyleName { get; set; }

        /// <summary>A style of the user's own, in the place of a name.</summary>
        public float[] StyleVector { get; set; }

        /// <summary>How far the style goes, 0..2.</summary>
        public float? StyleStrength { get; set; }

        /// <summary>Decides head, brows and blinks.</summary>
        public ulong? Seed { get; set; }

        /// <summary>Diffusion steps, 1..50.</summary>
        public uint? SamplingSteps { get; set; }

        /// <summary>How firmly the face follows the speech, 0..4.</summary>
        public float? AudioGuidance { get; set; }

        /// <summary>How firmly the face follows the style, 0..4.</summary>
        public float? StyleGuidance { get; set; }

        /// <summary>Strength of brows, lids, cheeks and nose, 0..2.</summary>
        public float? UpperFace { get; set; }

        /// <summary>Strength of jaw, mouth and tongue, 0..2.</summary>
        public float? LowerFace { get; set; }

        /// <summary>Strength of the head's rotation, 0..2.</summary>
        public float? Head { get; set; }

        /// <summary>Depth of blinks, 0..2.</summary>
        public float? Blinks { get; set; }

        /// <summary>Smoothing of brows, lids, cheeks and nose, 0..0.5 s.</summary>
        public float? UpperFaceSmoothingS { get; set; }

        /// <summary>Smoothing of jaw, mouth and tongue, 0..0.5 s.</summary>
        public float? LowerFaceSmoothingS { get; set; }

        /// <summary>Smoothing of the head's rotation, 0..0.5 s.</summary>
        public float? HeadSmoothingS { get; set; }

        /// <summary>Changes of single curves; one of the same curve takes the place of the one before.</summary>
        public IList<CurveChange> CurveChanges { get; } = new List<CurveChange>();

        /// <summary>Takes over all that is set in another one.</summary>
        public void MergeFrom(FaceSettings other)
        {
            if (other.StyleName != null || other.StyleVector != null)
            {
                StyleName = other.StyleName;
                StyleVector = other.StyleVector;
            }
            StyleStrength = other.StyleStrength ?? StyleStrength;
            Seed = other.Seed ?? Seed;
            SamplingSteps = other.SamplingSteps ?? SamplingSteps;
            AudioGuidance = other.AudioGuidance ?? AudioGuidance;
            StyleGuidance = other.StyleGuidance ?? StyleGuidance;
            UpperFace = other.UpperFace ?? UpperFace;
            LowerFace = other.LowerFace ?? LowerFace;
            Head = other.Head ?? Head;
            Blinks = other.Blinks ?? Blinks;
            UpperFaceSmoothingS = other.UpperFaceSmoothingS ?? UpperFaceSmoothingS;
            LowerFaceSmoothingS = other.LowerFaceSmoothingS ?? LowerFaceSmoothingS;
            HeadSmoothingS = other.HeadSmoothingS ?? HeadSmoothingS;
            foreach (CurveChange change in other.CurveChanges)
            {
                Replace(change);
            }
        }

        /// <summary>Another one with the same values.</summary>
        public FaceSettings Clone()
        {
            var clone = new FaceSettings();
            clone.MergeFrom(this);
            return clone;
        }

        private void Replace(CurveChange change)
        {
            for (int i = 0; i < CurveChanges.Count; i++)
            {
                if (CurveChanges[i].CurveName == change.CurveName)
                {
                    CurveChanges[i] = change;
                    return;
                }
            }
            CurveChanges.Add(change);
        }
    }
}

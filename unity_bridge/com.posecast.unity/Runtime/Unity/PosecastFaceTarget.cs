using System.Collections.Generic;
using UnityEngine;

namespace Posecast.Unity
{
    /// <summary>Something beside blend shapes that a face drives, e.g. the expressions of a VRM avatar.</summary>
    public abstract class PosecastFaceTarget : MonoBehaviour
    {
        /// <summary>The curves are known, or are others than before.</summary>
        public abstract void Bind(IReadOnlyList<string> curveNames);

        /// <summary>Shows a face. Called once per rendered frame, after the animator.</summary>
        /// <param name="weights">0..1, in the order of the curve names, with the strengths applied.</param>
        public abstract void Apply(float[] weights);

        /// <summary>Back to rest: the face is switched off.</summary>
        public abstract void Release();
    }
}

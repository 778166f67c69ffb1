using System.Collections.Generic;
using UnityEditor;
using UnityEngine;

namespace Posecast.Unity.Editor
{
    /// <summary>Turns a baked face into an animation clip for one character.</summary>
    public static class FaceClipMaker
    {
        /// <summary>Makes a clip.</summary>
        /// <param name="baked">The face of every frame.</param>
        /// <param name="root">What has, or will have, the Animator.</param>
        /// <param name="head">The head bone; null for none.</param>
        public static AnimationClip Make(BakedFace baked, GameObject root, Transform head)
        {
            var clip = new AnimationClip { frameRate = baked.FrameRateHz };
            var matcher = new CurveNameMatcher(baked.CurveNames);
            foreach (SkinnedMeshRenderer skinned in root.GetComponentsInChildren<SkinnedMeshRenderer>(true))
            {
                if (skinned.sharedMesh != null)
                {
                    AddShapes(clip, baked, matcher, skinned, AnimationUtility.CalculateTransformPath(skinned.transform, root.transform));
                }
            }
            if (head != null)
            {
                AddHead(clip, baked, head, root.transform);
            }
            return clip;
        }

        private static void AddShapes(
            AnimationClip clip, BakedFace baked, CurveNameMatcher matcher, SkinnedMeshRenderer skinned, string path)
        {
            var names = new List<string>();
            for (int i = 0; i < skinned.sharedMesh.blendShapeCount; i++)
            {
                names.Add(skinned.sharedMesh.GetBlendShapeName(i));
            }
            ShapeMap map = ShapeMap.Make(matcher, names);
            for (int i = 0; i < map.Shapes.Length; i++)
            {
                var keys = new Keyframe[baked.Frames.Count];
                for (int frame = 0; frame < keys.Length; frame++)
                {
                    keys[frame] = new Keyframe(frame / (float)baked.FrameRateHz, 100f * baked.Frames[frame].Weights[map.Curves[i]]);
                }
                Add(clip, path, typeof(SkinnedMeshRenderer), "blendShape." + names[map.Shapes[i]], keys);
            }
        }

        private static void AddHead(AnimationClip clip, BakedFace baked, Transform head, Transform root)
        {
            string path = AnimationUtility.CalculateTransformPath(head, root);
            string[] parts = { "x", "y", "z", "w" };
            var keys = new Keyframe[parts.Length][];
            for (int part = 0; part < parts.Length; part++)
            {
                keys[part] = new Keyframe[baked.Frames.Count];
            }
            Quaternion parentRest = Quaternion.Inverse(root.rotation) * (head.parent == null ? Quaternion.identity : head.parent.rotation);
            for (int frame = 0; frame < baked.Frames.Count; frame++)
            {
                Rotation pose = UnityAxes.FromWire(baked.Frames[frame].Head);
                var turn = new Quaternion(pose.X, pose.Y, pose.Z, pose.W);
                Quaternion local = Quaternion.Inverse(parentRest) * turn * parentRest * head.localRotation;
                float timeS = frame / (float)baked.FrameRateHz;
                for (int part = 0; part < parts.Length; part++)
                {
                    keys[part][frame] = new Keyframe(timeS, local[part]);
                }
            }
            for (int part = 0; part < parts.Length; part++)
            {
                Add(clip, path, typeof(Transform), "m_LocalRotation." + parts[part], keys[part]);
            }
            clip.EnsureQuaternionContinuity();
        }

        private static void Add(AnimationClip clip, string path, System.Type type, string property, Keyframe[] keys)
        {
            var curve = new AnimationCurve(keys);
            for (int i = 0; i < keys.Length; i++)
            {
                AnimationUtility.SetKeyLeftTangentMode(curve, i, AnimationUtility.TangentMode.Linear);
                AnimationUtility.SetKeyRightTangentMode(curve, i, AnimationUtility.TangentMode.Linear);
            }
            AnimationUtility.SetEditorCurve(clip, EditorCurveBinding.FloatCurve(path, type, property), curve);
        }
    }
}

using System.Collections.Generic;
using UnityEngine;
using VRM;

namespace Posecast.Unity
{
    /// <summary>Drives the clips of a VRM 0.x avatar: the 52 of "Perfect Sync", else the five vowels and blinks.</summary>
    [AddComponentMenu("Posecast/Posecast VRM 0.x")]
    public sealed class PosecastVrm0 : PosecastFaceTarget
    {
        private static readonly BlendShapeKey _a = BlendShapeKey.CreateFromPreset(BlendShapePreset.A);
        private static readonly BlendShapeKey _i = BlendShapeKey.CreateFromPreset(BlendShapePreset.I);
        private static readonly BlendShapeKey _u = BlendShapeKey.CreateFromPreset(BlendShapePreset.U);
        private static readonly BlendShapeKey _e = BlendShapeKey.CreateFromPreset(BlendShapePreset.E);
        private static readonly BlendShapeKey _o = BlendShapeKey.CreateFromPreset(BlendShapePreset.O);
        private static readonly BlendShapeKey _blinkLeft = BlendShapeKey.CreateFromPreset(BlendShapePreset.Blink_L);
        private static readonly BlendShapeKey _blinkRight = BlendShapeKey.CreateFromPreset(BlendShapePreset.Blink_R);

        [Tooltip("Empty: the one on or above this object")]
        [SerializeField] private VRMBlendShapeProxy _proxy;

        private readonly List<BlendShapeKey> _keys = new List<BlendShapeKey>();
        private readonly List<int> _curves = new List<int>();
        private int[] _vowelPlaces;
        private bool _hasPerfectSync;

        public override void Bind(IReadOnlyList<string> curveNames)
        {
            _proxy = _proxy == null ? GetComponentInParent<VRMBlendShapeProxy>() : _proxy;
            _keys.Clear();
            _curves.Clear();
            if (_proxy == null || _proxy.BlendShapeAvatar == null)
            {
                Debug.LogError("Posecast: " + name + " has no VRMBlendShapeProxy with clips.", this);
                return;
            }
            var matcher = new CurveNameMatcher(curveNames);
            foreach (BlendShapeClip clip in _proxy.BlendShapeAvatar.Clips)
            {
                int curve = clip == null ? -1 : matcher.Match(clip.BlendShapeName);
                if (curve >= 0)
                {
                    _keys.Add(clip.Key);
                    _curves.Add(curve);
                }
            }
            _vowelPlaces = VowelShapes.FindPlaces(curveNames);
            _hasPerfectSync = _keys.Count >= 20; // a few likenesses are not yet the set
        }

        public override void Apply(float[] weights)
        {
            if (_proxy == null || _vowelPlaces == null)
            {
                return;
            }
            if (_hasPerfectSync)
            {
                for (int i = 0; i < _keys.Count; i++)
                {
                    _proxy.AccumulateValue(_keys[i], weights[_curves[i]]);
                }
            }
            else
            {
                AccumulateVowels(VowelShapes.From(weights, _vowelPlaces));
            }
            _proxy.Apply();
        }

        public override void Release()
        {
            if (_proxy == null)
            {
                return;
            }
            foreach (BlendShapeKey key in _keys)
            {
                _proxy.AccumulateValue(key, 0f);
            }
            AccumulateVowels(default(VowelShapes));
            _proxy.Apply();
        }

        private void AccumulateVowels(VowelShapes vowels)
        {
            _proxy.AccumulateValue(_a, vowels.Aa);
            _proxy.AccumulateValue(_i, vowels.Ih);
            _proxy.AccumulateValue(_u, vowels.Ou);
            _proxy.AccumulateValue(_e, vowels.Ee);
            _proxy.AccumulateValue(_o, vowels.Oh);
            _proxy.AccumulateValue(_blinkLeft, vowels.BlinkLeft);
            _proxy.AccumulateValue(_blinkRight, vowels.BlinkRight);
        }
    }
}

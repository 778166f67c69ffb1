using System.Collections.Generic;
using UniVRM10;
using UnityEngine;

namespace Posecast.Unity
{
    /// <summary>Drives the expressions of a VRM 1.0 avatar: the 52 of "Perfect Sync", else the five vowels and blinks.</summary>
    [AddComponentMenu("Posecast/Posecast VRM 1.0")]
    public sealed class PosecastVrm10 : PosecastFaceTarget
    {
        [Tooltip("Empty: the one on or above this object")]
        [SerializeField] private Vrm10Instance _instance;

        private readonly List<ExpressionKey> _keys = new List<ExpressionKey>();
        private readonly List<int> _curves = new List<int>();
        private int[] _vowelPlaces;
        private bool _hasPerfectSync;

        public override void Bind(IReadOnlyList<string> curveNames)
        {
            _instance = _instance == null ? GetComponentInParent<Vrm10Instance>() : _instance;
            _keys.Clear();
            _curves.Clear();
            if (_instance == null)
            {
                Debug.LogError("Posecast: " + name + " has no Vrm10Instance.", this);
                return;
            }
            var matcher = new CurveNameMatcher(curveNames);
            foreach (ExpressionKey key in _instance.Runtime.Expression.ExpressionKeys)
            {
                int curve = key.Preset == ExpressionPreset.custom ? matcher.Match(key.Name) : -1;
                if (curve >= 0)
                {
                    _keys.Add(key);
                    _curves.Add(curve);
                }
            }
            _vowelPlaces = VowelShapes.FindPlaces(curveNames);
            _hasPerfectSync = _keys.Count >= 20; // a few likenesses are not yet the set
        }

        public override void Apply(float[] weights)
        {
            if (_instance == null || _vowelPlaces == null)
            {
                return;
            }
            if (!_hasPerfectSync)
            {
                SetVowels(VowelShapes.From(weights, _vowelPlaces));
                return;
            }
            for (int i = 0; i < _keys.Count; i++)
            {
                _instance.Runtime.Expression.SetWeight(_keys[i], weights[_curves[i]]);
            }
        }

        public override void Release()
        {
            if (_instance == null)
            {
                return;
            }
            foreach (ExpressionKey key in _keys)
            {
                _instance.Runtime.Expression.SetWeight(key, 0f);
            }
            SetVowels(default(VowelShapes));
        }

        private void SetVowels(VowelShapes vowels)
        {
            Vrm10RuntimeExpression expression = _instance.Runtime.Expression;
            expression.SetWeight(ExpressionKey.Aa, vowels.Aa);
            expression.SetWeight(ExpressionKey.Ih, vowels.Ih);
            expression.SetWeight(ExpressionKey.Ou, vowels.Ou);
            expression.SetWeight(ExpressionKey.Ee, vowels.Ee);
            expression.SetWeight(ExpressionKey.Oh, vowels.Oh);
            expression.SetWeight(ExpressionKey.BlinkLeft, vowels.BlinkLeft);
            expression.SetWeight(ExpressionKey.BlinkRight, vowels.BlinkRight);
        }
    }
}

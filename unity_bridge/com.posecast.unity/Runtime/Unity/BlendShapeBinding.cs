using System;
using System.Collections.Generic;
using UnityEngine;

namespace Posecast.Unity
{
    /// <summary>The shapes of one renderer that a face drives.</summary>
    internal sealed class BlendShapeBinding
    {
        private const float Unseen = 0.01f; // of 100; each set is a call into the engine

        private readonly SkinnedMeshRenderer _renderer;
        private readonly ShapeMap _map;
        private readonly float[] _scales;
        private readonly float[] _written;

        public BlendShapeBinding(SkinnedMeshRenderer renderer, CurveNameMatcher matcher)
        {
            _renderer = renderer;
            Mesh mesh = renderer.sharedMesh;
            var names = new List<string>();
            for (int i = 0; i < mesh.blendShapeCount; i++)
            {
                names.Add(mesh.GetBlendShapeName(i));
            }
            _map = ShapeMap.Make(matcher, names);
            _scales = new float[_map.Shapes.Length];
            _written = new float[_map.Shapes.Length];
            for (int i = 0; i < _scales.Length; i++)
            {
                // Some importers end a shape at another weight than 100.
                int frames = mesh.GetBlendShapeFrameCount(_map.Shapes[i]);
                _scales[i] = frames > 0 ? mesh.GetBlendShapeFrameWeight(_map.Shapes[i], frames - 1) : 100f;
                _written[i] = float.NaN;
            }
        }

        public ShapeMap Map
        {
            get { return _map; }
        }

        public void Apply(float[] weights)
        {
            if (_renderer == null)
            {
                return; // the avatar was destroyed
            }
            for (int i = 0; i < _scales.Length; i++)
            {
                float weight = weights[_map.Curves[i]] * _scales[i];
                // Also true for the NaN of a shape that was never written.
                if (!(Math.Abs(weight - _written[i]) < Unseen))
                {
                    _renderer.SetBlendShapeWeight(_map.Shapes[i], weight);
                    _written[i] = weight;
                }
            }
        }
    }
}

using System.Collections.Generic;
using UnityEngine;

namespace Posecast.Unity
{
    /// <summary>Shows the face of a voice on all blend shapes of a character that have its names.</summary>
    [AddComponentMenu("Posecast/Posecast Face")]
    [DefaultExecutionOrder(100)]
    public sealed class PosecastFace : MonoBehaviour
    {
        [SerializeField] private PosecastVoice _voice;

        [Tooltip("Empty: all skinned meshes below this object")]
        [SerializeField] private List<SkinnedMeshRenderer> _renderers = new List<SkinnedMeshRenderer>();

        [Tooltip("For shapes that the rules do not find")]
        [SerializeField] private PosecastNameTable _names;

        [Range(0f, 2f)]
        [SerializeField] private float _lowerFace = 1f;

        [Range(0f, 2f)]
        [SerializeField] private float _upperFace = 1f;

        [Range(0f, 2f)]
        [SerializeField] private float _blinks = 1f;

        [Range(0f, 2f)]
        [SerializeField] private float _gaze = 1f;

        private readonly List<BlendShapeBinding> _bindings = new List<BlendShapeBinding>();
        private PosecastFaceTarget[] _targets = new PosecastFaceTarget[0];
        private IReadOnlyList<string> _boundNames;
        private float[] _strengths = new float[0];
        private float[] _weights = new float[0];
        private bool _hasReported;

        /// <summary>Whose face is shown.</summary>
        public PosecastVoice Voice
        {
            get { return _voice; }
            set { _voice = value; }
        }

        /// <summary>The curves that nothing on this character shows.</summary>
        public IReadOnlyList<string> Unmatched { get; private set; } = new List<string>();

        /// <summary>Looks for shapes again, e.g. after an avatar was loaded.</summary>
        /// <param name="renderers">Where; null for all below this object.</param>
        public void Rebind(IEnumerable<SkinnedMeshRenderer> renderers = null)
        {
            if (renderers != null)
            {
                _renderers = new List<SkinnedMeshRenderer>(renderers);
            }
            _boundNames = null;
            _hasReported = false;
        }

        private void Reset()
        {
            _voice = GetComponentInParent<PosecastVoice>();
        }

        private void OnEnable()
        {
            _boundNames = null;
        }

        private void OnDisable()
        {
            System.Array.Clear(_weights, 0, _weights.Length);
            Show();
            foreach (PosecastFaceTarget target in _targets)
            {
                if (target != null)
                {
                    target.Release();
                }
            }
            _bindings.Clear();
            _targets = new PosecastFaceTarget[0];
        }

        private void OnValidate()
        {
            if (_boundNames != null)
            {
                FindStrengths(_boundNames);
            }
        }

        private void LateUpdate()
        {
            Face face = _voice == null ? null : _voice.Face;
            if (face == null)
            {
                return;
            }
            if (!ReferenceEquals(_boundNames, _voice.CurveNames))
            {
                Bind(_voice.CurveNames);
            }
            float[] weights = face.Weights;
            for (int i = 0; i < _weights.Length; i++)
            {
                _weights[i] = Mathf.Clamp01(weights[i] * _strengths[i]);
            }
            Show();
        }

        private void Show()
        {
            foreach (BlendShapeBinding binding in _bindings)
            {
                binding.Apply(_weights);
            }
            for (int i = 0; i < _targets.Length; i++)
            {
                if (_targets[i] != null && _targets[i].isActiveAndEnabled)
                {
                    _targets[i].Apply(_weights);
                }
            }
        }

        private void Bind(IReadOnlyList<string> curveNames)
        {
            _boundNames = curveNames;
            _weights = new float[curveNames.Count];
            FindStrengths(curveNames);
            _bindings.Clear();
            var matcher = new CurveNameMatcher(curveNames, _names == null ? null : _names.Entries);
            var maps = new List<ShapeMap>();
            foreach (SkinnedMeshRenderer skinned in FindRenderers())
            {
                if (skinned != null && skinned.sharedMesh != null && skinned.sharedMesh.blendShapeCount > 0)
                {
                    var binding = new BlendShapeBinding(skinned, matcher);
                    _bindings.Add(binding);
                    maps.Add(binding.Map);
                }
            }
            _targets = GetComponentsInChildren<PosecastFaceTarget>(true);
            foreach (PosecastFaceTarget target in _targets)
            {
                target.Bind(curveNames);
            }
            Unmatched = ShapeMap.FindUnmatched(curveNames, maps);
            Report();
        }

        private IEnumerable<SkinnedMeshRenderer> FindRenderers()
        {
            return _renderers.Count > 0 ? (IEnumerable<SkinnedMeshRenderer>)_renderers : GetComponentsInChildren<SkinnedMeshRenderer>(true);
        }

        private void FindStrengths(IReadOnlyList<string> curveNames)
        {
            _strengths = new float[curveNames.Count];
            for (int i = 0; i < _strengths.Length; i++)
            {
                switch (ArkitCurves.RegionOf(curveNames[i]))
                {
                    case FaceRegion.UpperFace:
                        _strengths[i] = _upperFace;
                        break;
                    case FaceRegion.Blinks:
                        _strengths[i] = _blinks;
                        break;
                    case FaceRegion.Gaze:
                        _strengths[i] = _gaze;
                        break;
                    default:
                        _strengths[i] = _lowerFace;
                        break;
                }
            }
        }

        private void Report()
        {
            if (_hasReported || Unmatched.Count == 0 || _targets.Length > 0)
            {
                return;
            }
            _hasReported = true;
            Debug.LogWarning(
                "Posecast: no shape on " + name + " for " + string.Join(", ", Unmatched)
                + ". A name table can name them; see the package's documentation.", this);
        }
    }
}

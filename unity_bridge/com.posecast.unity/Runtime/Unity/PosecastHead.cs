using UnityEngine;

namespace Posecast.Unity
{
    /// <summary>Turns head and neck with the speech, on top of the character's animation.</summary>
    [AddComponentMenu("Posecast/Posecast Head")]
    [DefaultExecutionOrder(100)]
    public sealed class PosecastHead : MonoBehaviour
    {
        [SerializeField] private PosecastVoice _voice;

        [Tooltip("What looks along its +Z; empty: this object")]
        [SerializeField] private Transform _character;

        [Tooltip("Empty: the head of a humanoid animator")]
        [SerializeField] private Transform _head;

        [Tooltip("Empty: the neck of a humanoid animator, if it has one")]
        [SerializeField] private Transform _neck;

        [Range(0f, 2f)]
        [SerializeField] private float _strength = 1f;

        [Range(0f, 1f)]
        [SerializeField] private float _neckShare = 0.3f;

        [Range(0f, 90f)]
        [SerializeField] private float _mostDegrees = 40f;

        [Range(0f, 0.5f)]
        [SerializeField] private float _smoothingS = 0.05f;

        private readonly HeadShare _share = new HeadShare();
        private HeadBone _headBone;
        private HeadBone _neckBone;

        /// <summary>Whose head is shown.</summary>
        public PosecastVoice Voice
        {
            get { return _voice; }
            set { _voice = value; }
        }

        private void Reset()
        {
            _voice = GetComponentInParent<PosecastVoice>();
        }

        private void OnEnable()
        {
            FindBones();
            _headBone = Begin(_headBone, _head);
            _neckBone = Begin(_neckBone, _neck);
            _share.Reset();
            if (_headBone == null)
            {
                Debug.LogWarning("Posecast: " + name + " has no head bone; set one on Posecast Head.", this);
            }
        }

        private void OnDisable()
        {
            if (_headBone != null)
            {
                _headBone.Release();
            }
            if (_neckBone != null)
            {
                _neckBone.Release();
            }
        }

        private void LateUpdate()
        {
            Face face = _voice == null ? null : _voice.Face;
            if (face == null || _headBone == null)
            {
                return;
            }
            _share.Strength = _strength;
            _share.NeckShare = _neckBone == null ? 0f : _neckShare;
            _share.MostRad = _mostDegrees * Mathf.Deg2Rad;
            _share.SmoothingS = _smoothingS;
            _share.Advance(UnityAxes.FromWire(face.Head), Time.deltaTime);
            if (_neckBone != null)
            {
                _neckBone.Apply(ToUnity(_share.Neck));
            }
            _headBone.Apply(ToUnity(_share.Head));
        }

        /// <summary>The axes are those of the first time: later an animation has moved the bones.</summary>
        private HeadBone Begin(HeadBone known, Transform bone)
        {
            if (known == null)
            {
                return bone == null ? null : new HeadBone(bone, _character == null ? transform : _character);
            }
            known.Begin();
            return known;
        }

        private void FindBones()
        {
            var animator = GetComponentInParent<Animator>();
            if (animator == null)
            {
                animator = GetComponentInChildren<Animator>();
            }
            if (animator == null || !animator.isHuman)
            {
                return;
            }
            _head = _head == null ? animator.GetBoneTransform(HumanBodyBones.Head) : _head;
            _neck = _neck == null ? animator.GetBoneTransform(HumanBodyBones.Neck) : _neck;
        }

        private static Quaternion ToUnity(Rotation rotation)
        {
            return new Quaternion(rotation.X, rotation.Y, rotation.Z, rotation.W);
        }
    }
}

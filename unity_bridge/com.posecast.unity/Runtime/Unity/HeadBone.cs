using UnityEngine;

namespace Posecast.Unity
{
    /// <summary>One bone that turns with the head, on top of what animates it.</summary>
    internal sealed class HeadBone
    {
        private readonly Transform _bone;
        private readonly Quaternion _parentRest;
        private Quaternion _animated;
        private Quaternion _written;

        /// <param name="bone">The bone, at rest now.</param>
        /// <param name="character">What looks along its +Z.</param>
        public HeadBone(Transform bone, Transform character)
        {
            _bone = bone;
            Quaternion parent = bone.parent == null ? Quaternion.identity : bone.parent.rotation;
            _parentRest = Quaternion.Inverse(character.rotation) * parent;
            Begin();
        }

        /// <summary>Takes the bone as it is now for what animates it.</summary>
        public void Begin()
        {
            if (_bone != null)
            {
                _animated = _written = _bone.localRotation;
            }
        }

        /// <summary>Turns the bone.</summary>
        /// <param name="turn">In the character's axes.</param>
        public void Apply(Quaternion turn)
        {
            if (_bone == null)
            {
                return;
            }
            // Without an animator nobody writes the bone but us, and turns must not pile up.
            Quaternion present = _bone.localRotation;
            if (present != _written)
            {
                _animated = present;
            }
            _written = Quaternion.Inverse(_parentRest) * turn * _parentRest * _animated;
            _bone.localRotation = _written;
        }

        /// <summary>Takes the turn away.</summary>
        public void Release()
        {
            if (_bone != null && _bone.localRotation == _written)
            {
                _bone.localRotation = _animated;
            }
        }
    }
}

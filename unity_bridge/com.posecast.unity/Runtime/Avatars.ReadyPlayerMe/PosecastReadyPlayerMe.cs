using System.Collections.Generic;
using UnityEngine;

namespace Posecast.Unity
{
    /// <summary>Binds a face to an avatar of Ready Player Me's kind, also one that is loaded while the game runs.</summary>
    [AddComponentMenu("Posecast/Posecast Ready Player Me")]
    [RequireComponent(typeof(PosecastFace))]
    public sealed class PosecastReadyPlayerMe : MonoBehaviour
    {
        private static readonly string[] _meshes = { "Wolf3D_Head", "Wolf3D_Teeth", "Wolf3D_Beard", "Wolf3D_Avatar", "EyeLeft", "EyeRight" };

        [Tooltip("Empty: what is below this object when it is enabled")]
        [SerializeField] private GameObject _avatar;

        /// <summary>Binds the face to an avatar that has just been loaded.</summary>
        public void Attach(GameObject avatar)
        {
            _avatar = avatar;
            var found = new List<SkinnedMeshRenderer>();
            bool hasMouth = false;
            foreach (SkinnedMeshRenderer skinned in avatar.GetComponentsInChildren<SkinnedMeshRenderer>(true))
            {
                if (skinned.sharedMesh != null && IsFaceMesh(skinned.name))
                {
                    found.Add(skinned);
                    hasMouth |= skinned.sharedMesh.GetBlendShapeIndex("jawOpen") >= 0;
                }
            }
            if (!hasMouth)
            {
                Debug.LogError(
                    "Posecast: " + avatar.name + " has no ARKit shapes; load it with the morph targets 'ARKit' in its avatar config.",
                    this);
                return;
            }
            GetComponent<PosecastFace>().Rebind(found);
        }

        private void OnEnable()
        {
            if (_avatar != null)
            {
                Attach(_avatar);
            }
            else if (GetComponentInChildren<SkinnedMeshRenderer>(true) != null)
            {
                Attach(gameObject);
            }
        }

        private static bool IsFaceMesh(string name)
        {
            foreach (string mesh in _meshes)
            {
                if (name.StartsWith(mesh, System.StringComparison.Ordinal))
                {
                    return true;
                }
            }
            return false;
        }
    }
}

using System;
using System.Collections.Generic;
using UnityEngine;

namespace Posecast.Unity
{
    /// <summary>Names of a character's shapes that the rules do not find, as an asset.</summary>
    [CreateAssetMenu(fileName = "PosecastNames", menuName = "Posecast/Name table")]
    public sealed class PosecastNameTable : ScriptableObject
    {
        [SerializeField] private List<Entry> _entries = new List<Entry>();

        /// <summary>Shape names with the curves that drive them.</summary>
        public IEnumerable<KeyValuePair<string, string>> Entries
        {
            get
            {
                foreach (Entry entry in _entries)
                {
                    yield return new KeyValuePair<string, string>(entry.Shape, entry.Curve);
                }
            }
        }

        [Serializable]
        private struct Entry
        {
            [Tooltip("As the mesh names it")]
            public string Shape;

            [Tooltip("An ARKit name, e.g. jawOpen")]
            public string Curve;
        }
    }
}

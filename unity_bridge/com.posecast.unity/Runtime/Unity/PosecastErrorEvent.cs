using System;
using UnityEngine.Events;

namespace Posecast.Unity
{
    /// <summary>An event with a message for people.</summary>
    [Serializable]
    public sealed class PosecastErrorEvent : UnityEvent<string>
    {
    }
}

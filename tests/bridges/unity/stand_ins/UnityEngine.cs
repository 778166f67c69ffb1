// Stand-ins for the parts of Unity's API that the package names, written from the scripting reference of 2021.3 by
// signature. They say what we believe the API to be; a compile against them proves no more than that.
using System;
using System.Collections.Generic;

namespace UnityEngine
{
    public class Object
    {
        public string name { get; set; }

        public static void Destroy(Object obj)
        {
            throw new NotImplementedException();
        }

        public static bool operator ==(Object x, Object y)
        {
            throw new NotImplementedException();
        }

        public static bool operator !=(Object x, Object y)
        {
            throw new NotImplementedException();
        }

        public override bool Equals(object other)
        {
            throw new NotImplementedException();
        }

        public override int GetHashCode()
        {
            throw new NotImplementedException();
        }
    }

    public class Component : Object
    {
        public Transform transform { get { throw new NotImplementedException(); } }

        public GameObject gameObject { get { throw new NotImplementedException(); } }

        public T GetComponent<T>() { throw new NotImplementedException(); }

        public T GetComponentInParent<T>() { throw new NotImplementedException(); }

        public T GetComponentInChildren<T>() { throw new NotImplementedException(); }

        public T GetComponentInChildren<T>(bool includeInactive) { throw new NotImplementedException(); }

        public T[] GetComponentsInChildren<T>(bool includeInactive) { throw new NotImplementedException(); }
    }

    public class Behaviour : Component
    {
        public bool enabled { get; set; }

        public bool isActiveAndEnabled { get { throw new NotImplementedException(); } }
    }

    public class MonoBehaviour : Behaviour
    {
    }

    public class ScriptableObject : Object
    {
    }

    public sealed class GameObject : Object
    {
        public Transform transform { get { throw new NotImplementedException(); } }

        public T[] GetComponentsInChildren<T>(bool includeInactive) { throw new NotImplementedException(); }
    }

    public class Transform : Component
    {
        public Transform parent { get; set; }

        public Quaternion rotation { get; set; }

        public Quaternion localRotation { get; set; }
    }

    public struct Quaternion
    {
        public float x, y, z, w;

        public Quaternion(float x, float y, float z, float w)
        {
            throw new NotImplementedException();
        }

        public static Quaternion identity { get { throw new NotImplementedException(); } }

        public float this[int index] { get { throw new NotImplementedException(); } }

        public static Quaternion Inverse(Quaternion rotation) { throw new NotImplementedException(); }

        public static Quaternion operator *(Quaternion lhs, Quaternion rhs) { throw new NotImplementedException(); }

        public static bool operator ==(Quaternion lhs, Quaternion rhs) { throw new NotImplementedException(); }

        public static bool operator !=(Quaternion lhs, Quaternion rhs) { throw new NotImplementedException(); }

        public override bool Equals(object other) { throw new NotImplementedException(); }

        public override int GetHashCode() { throw new NotImplementedException(); }
    }

    public struct Rect
    {
    }

    public struct Keyframe
    {
        public Keyframe(float time, float value)
        {
            throw new NotImplementedException();
        }
    }

    public class AnimationCurve
    {
        public AnimationCurve(params Keyframe[] keys)
        {
        }
    }

    public sealed class AnimationClip : Object
    {
        public float frameRate { get; set; }

        public void EnsureQuaternionContinuity() { throw new NotImplementedException(); }
    }

    public class Animator : Behaviour
    {
        public bool isHuman { get { throw new NotImplementedException(); } }

        public Transform GetBoneTransform(HumanBodyBones humanBoneId) { throw new NotImplementedException(); }
    }

    public enum HumanBodyBones
    {
        Neck = 9,
        Head = 10,
    }

    public class Renderer : Component
    {
        public bool enabled { get; set; }
    }

    public class SkinnedMeshRenderer : Renderer
    {
        public Mesh sharedMesh { get; set; }

        public void SetBlendShapeWeight(int index, float value) { throw new NotImplementedException(); }
    }

    public sealed class Mesh : Object
    {
        public int blendShapeCount { get { throw new NotImplementedException(); } }

        public string GetBlendShapeName(int shapeIndex) { throw new NotImplementedException(); }

        public int GetBlendShapeIndex(string blendShapeName) { throw new NotImplementedException(); }

        public int GetBlendShapeFrameCount(int shapeIndex) { throw new NotImplementedException(); }

        public float GetBlendShapeFrameWeight(int shapeIndex, int frameIndex) { throw new NotImplementedException(); }
    }

    public class TextAsset : Object
    {
        public string text { get { throw new NotImplementedException(); } }
    }

    public sealed class AudioClip : Object
    {
        public int samples { get { throw new NotImplementedException(); } }

        public int channels { get { throw new NotImplementedException(); } }

        public int frequency { get { throw new NotImplementedException(); } }

        public bool GetData(float[] data, int offsetSamples) { throw new NotImplementedException(); }

        public bool SetData(float[] data, int offsetSamples) { throw new NotImplementedException(); }

        public static AudioClip Create(string name, int lengthSamples, int channels, int frequency, bool stream)
        {
            throw new NotImplementedException();
        }
    }

    public sealed class AudioSource : Behaviour
    {
        public AudioClip clip { get; set; }

        public bool loop { get; set; }

        public bool isPlaying { get { throw new NotImplementedException(); } }

        public int timeSamples { get; set; }

        public void Play() { throw new NotImplementedException(); }

        public void Stop() { throw new NotImplementedException(); }
    }

    public sealed class AudioSettings
    {
        public static int outputSampleRate { get; set; }

        public static double dspTime { get { throw new NotImplementedException(); } }

        public static void GetDSPBufferSize(out int bufferLength, out int numBuffers) { throw new NotImplementedException(); }
    }

    public sealed class Microphone
    {
        public static string[] devices { get { throw new NotImplementedException(); } }

        public static AudioClip Start(string deviceName, bool loop, int lengthSec, int frequency) { throw new NotImplementedException(); }

        public static void End(string deviceName) { throw new NotImplementedException(); }

        public static int GetPosition(string deviceName) { throw new NotImplementedException(); }
    }

    public class Time
    {
        public static float deltaTime { get { throw new NotImplementedException(); } }

        public static float unscaledDeltaTime { get { throw new NotImplementedException(); } }
    }

    public struct Mathf
    {
        public const float PI = 3.14159274f;
        public const float Deg2Rad = 0.0174532924f;

        public static float Clamp01(float value) { throw new NotImplementedException(); }

        public static float Clamp(float value, float min, float max) { throw new NotImplementedException(); }

        public static float Max(float a, float b) { throw new NotImplementedException(); }

        public static float Sin(float f) { throw new NotImplementedException(); }

        public static int RoundToInt(float f) { throw new NotImplementedException(); }
    }

    public class Debug
    {
        public static void LogWarning(object message, Object context) { throw new NotImplementedException(); }

        public static void LogError(object message, Object context) { throw new NotImplementedException(); }
    }

    public class Application
    {
        public static bool isPlaying { get { throw new NotImplementedException(); } }
    }

    public class Input
    {
        public static bool GetKeyDown(KeyCode key) { throw new NotImplementedException(); }
    }

    public enum KeyCode
    {
        Escape = 27,
        Space = 32,
        M = 109,
    }

    public class GUILayoutOption
    {
    }

    public class GUILayout
    {
        public static bool Button(string text, params GUILayoutOption[] options) { throw new NotImplementedException(); }
    }

    [AttributeUsage(AttributeTargets.Field)]
    public sealed class SerializeField : Attribute
    {
    }

    [AttributeUsage(AttributeTargets.Field)]
    public class TooltipAttribute : Attribute
    {
        public TooltipAttribute(string tooltip)
        {
        }
    }

    [AttributeUsage(AttributeTargets.Field)]
    public sealed class RangeAttribute : Attribute
    {
        public RangeAttribute(float min, float max)
        {
        }
    }

    [AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
    public sealed class RequireComponent : Attribute
    {
        public RequireComponent(Type requiredComponent)
        {
        }
    }

    [AttributeUsage(AttributeTargets.Class)]
    public sealed class AddComponentMenu : Attribute
    {
        public AddComponentMenu(string menuName)
        {
        }
    }

    [AttributeUsage(AttributeTargets.Class)]
    public class DefaultExecutionOrder : Attribute
    {
        public DefaultExecutionOrder(int order)
        {
        }
    }

    [AttributeUsage(AttributeTargets.Class)]
    public sealed class CreateAssetMenuAttribute : Attribute
    {
        public string menuName { get; set; }

        public string fileName { get; set; }
    }

    [AttributeUsage(AttributeTargets.Method)]
    public class RuntimeInitializeOnLoadMethodAttribute : Attribute
    {
        public RuntimeInitializeOnLoadMethodAttribute(RuntimeInitializeLoadType loadType)
        {
        }
    }

    public enum RuntimeInitializeLoadType
    {
        AfterSceneLoad = 0,
        BeforeSceneLoad = 1,
        SubsystemRegistration = 4,
    }
}

namespace UnityEngine.Events
{
    [Serializable]
    public class UnityEvent
    {
        public void Invoke() { throw new NotImplementedException(); }
    }

    [Serializable]
    public class UnityEvent<T0>
    {
        public void Invoke(T0 arg0) { throw new NotImplementedException(); }
    }
}

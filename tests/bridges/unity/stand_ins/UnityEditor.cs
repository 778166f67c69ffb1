// Stand-ins for Unity's editor API; see UnityEngine.cs.
using System;
using UnityEngine;

namespace UnityEditor
{
    public class Editor : ScriptableObject
    {
        public UnityEngine.Object target { get; set; }

        public virtual void OnInspectorGUI() { throw new NotImplementedException(); }

        public virtual bool RequiresConstantRepaint() { throw new NotImplementedException(); }

        public bool DrawDefaultInspector() { throw new NotImplementedException(); }
    }

    public class EditorWindow : ScriptableObject
    {
        public static T GetWindow<T>(string title) where T : EditorWindow { throw new NotImplementedException(); }

        public void Repaint() { throw new NotImplementedException(); }
    }

    [AttributeUsage(AttributeTargets.Class)]
    public sealed class CustomEditor : Attribute
    {
        public CustomEditor(Type inspectedType)
        {
        }
    }

    [AttributeUsage(AttributeTargets.Method)]
    public sealed class MenuItem : Attribute
    {
        public MenuItem(string itemName)
        {
        }
    }

    [AttributeUsage(AttributeTargets.Method)]
    public class InitializeOnLoadMethodAttribute : Attribute
    {
    }

    public sealed class AssemblyReloadEvents
    {
        public delegate void AssemblyReloadCallback();

        public static event AssemblyReloadCallback beforeAssemblyReload
        {
            add { throw new NotImplementedException(); }
            remove { throw new NotImplementedException(); }
        }
    }

    public sealed class EditorGUILayout
    {
        public static UnityEngine.Object ObjectField(
            string label, UnityEngine.Object obj, Type objType, bool allowSceneObjects, params GUILayoutOption[] options)
        {
            throw new NotImplementedException();
        }

        public static string TextField(string label, string text, params GUILayoutOption[] options) { throw new NotImplementedException(); }

        public static int IntField(string label, int value, params GUILayoutOption[] options) { throw new NotImplementedException(); }

        public static bool Toggle(string label, bool value, params GUILayoutOption[] options) { throw new NotImplementedException(); }

        public static bool Foldout(bool foldout, string content) { throw new NotImplementedException(); }

        public static void HelpBox(string message, MessageType type) { throw new NotImplementedException(); }

        public static void Space() { throw new NotImplementedException(); }

        public static Rect GetControlRect(bool hasLabel, float height, params GUILayoutOption[] options) { throw new NotImplementedException(); }
    }

    public sealed class EditorGUI
    {
        public static void ProgressBar(Rect position, float value, string text) { throw new NotImplementedException(); }

        public class DisabledScope : IDisposable
        {
            public DisabledScope(bool disabled)
            {
            }

            public void Dispose() { throw new NotImplementedException(); }
        }
    }

    public sealed class EditorGUIUtility
    {
        public static float singleLineHeight { get { throw new NotImplementedException(); } }
    }

    public sealed class EditorUtility
    {
        public static string SaveFilePanelInProject(string title, string defaultName, string extension, string message)
        {
            throw new NotImplementedException();
        }
    }

    public sealed class AssetDatabase
    {
        public static void CreateAsset(UnityEngine.Object asset, string path) { throw new NotImplementedException(); }

        public static void SaveAssets() { throw new NotImplementedException(); }
    }

    public struct EditorCurveBinding
    {
        public static EditorCurveBinding FloatCurve(string inPath, Type inType, string inPropertyName) { throw new NotImplementedException(); }
    }

    public class AnimationUtility
    {
        public enum TangentMode
        {
            Free = 0,
            Linear = 2,
        }

        public static string CalculateTransformPath(Transform targetTransform, Transform root) { throw new NotImplementedException(); }

        public static void SetEditorCurve(AnimationClip clip, EditorCurveBinding binding, AnimationCurve curve) { throw new NotImplementedException(); }

        public static void SetKeyLeftTangentMode(AnimationCurve curve, int index, TangentMode tangentMode) { throw new NotImplementedException(); }

        public static void SetKeyRightTangentMode(AnimationCurve curve, int index, TangentMode tangentMode) { throw new NotImplementedException(); }
    }

    public enum MessageType
    {
        None,
    }
}

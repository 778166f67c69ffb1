using System.Collections.Generic;
using UnityEditor;
using UnityEngine;

namespace Posecast.Unity.Editor
{
    /// <summary>The inspector of a voice: what the stream is doing, and its curves as they move.</summary>
    [CustomEditor(typeof(PosecastVoice))]
    public sealed class PosecastVoiceEditor : UnityEditor.Editor
    {
        private bool _showsCurves = true;
        private bool _hidesResting = true;

        public override bool RequiresConstantRepaint()
        {
            return Application.isPlaying;
        }

        public override void OnInspectorGUI()
        {
            DrawDefaultInspector();
            if (!Application.isPlaying)
            {
                return;
            }
            var voice = (PosecastVoice)target;
            EditorGUILayout.Space();
            EditorGUILayout.HelpBox(DescribeState(voice), MessageType.None);
            if (GUILayout.Button("Interrupt"))
            {
                voice.Interrupt();
            }
            _showsCurves = EditorGUILayout.Foldout(_showsCurves, "Curves");
            if (_showsCurves && voice.Face != null)
            {
                _hidesResting = EditorGUILayout.Toggle("Hide those at rest", _hidesResting);
                DrawCurves(voice.CurveNames, voice.Face.Weights);
            }
        }

        private static string DescribeState(PosecastVoice voice)
        {
            FaceClientStats stats = voice.Stats;
            string state = voice.State + ", " + stats.FramesWaiting + " frames wait, " + stats.FramesReceived + " received, "
                + stats.Underruns + " late, " + stats.FramesDropped + " dropped, " + stats.Reconnections + " reconnections";
            return voice.LastError.Length == 0 ? state : state + "\n" + voice.LastError;
        }

        private void DrawCurves(IReadOnlyList<string> names, float[] weights)
        {
            for (int i = 0; i < names.Count; i++)
            {
                if (!_hidesResting || weights[i] > 0.01f)
                {
                    Rect line = EditorGUILayout.GetControlRect(false, EditorGUIUtility.singleLineHeight);
                    EditorGUI.ProgressBar(line, weights[i], names[i]);
                }
            }
        }
    }
}

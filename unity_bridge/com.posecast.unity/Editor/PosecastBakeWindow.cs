using System;
using System.Net.Http;
using System.Threading;
using System.Threading.Tasks;
using UnityEditor;
using UnityEngine;

namespace Posecast.Unity.Editor
{
    /// <summary>A window that bakes an audio clip into an animation clip.</summary>
    public sealed class PosecastBakeWindow : EditorWindow
    {
        private const double DeadlineS = 600.0;

        private PosecastConnection _connection;
        private AudioClip _speech;
        private GameObject _root;
        private Transform _head;
        private string _style = "neutral";
        private int _seed = 1;
        private CancellationTokenSource _running;
        private string _message = "";

        [MenuItem("Window/Posecast/Bake speech")]
        private static void Open()
        {
            GetWindow<PosecastBakeWindow>("Bake speech");
        }

        private void OnEnable()
        {
            AssemblyReloadEvents.beforeAssemblyReload += Cancel;
        }

        private void OnDisable()
        {
            AssemblyReloadEvents.beforeAssemblyReload -= Cancel;
            Cancel();
        }

        private void OnGUI()
        {
            _connection = (PosecastConnection)EditorGUILayout.ObjectField("Connection", _connection, typeof(PosecastConnection), false);
            _speech = (AudioClip)EditorGUILayout.ObjectField("Speech", _speech, typeof(AudioClip), false);
            _root = (GameObject)EditorGUILayout.ObjectField("Character (Animator)", _root, typeof(GameObject), true);
            _head = (Transform)EditorGUILayout.ObjectField("Head bone (optional)", _head, typeof(Transform), true);
            _style = EditorGUILayout.TextField("Style", _style);
            _seed = EditorGUILayout.IntField("Seed", _seed);
            bool isComplete = _connection != null && _speech != null && _root != null;
            using (new EditorGUI.DisabledScope(!isComplete || _running != null))
            {
                if (GUILayout.Button("Bake"))
                {
                    Start();
                }
            }
            if (_running != null && GUILayout.Button("Cancel"))
            {
                Cancel();
            }
            if (_message.Length > 0)
            {
                EditorGUILayout.HelpBox(_message, MessageType.None);
            }
        }

        private void Start()
        {
            string path = EditorUtility.SaveFilePanelInProject("Animation clip", _speech.name, "anim", "Where the clip goes");
            if (path.Length == 0)
            {
                return;
            }
            _running = new CancellationTokenSource();
            _message = "Baking " + _speech.name + " ...";
            Run(path, _running.Token);
        }

        private async void Run(string path, CancellationToken cancellation)
        {
            try
            {
                BakedFace baked = await BakeAsync(cancellation); // back on the editor's thread
                AnimationClip clip = FaceClipMaker.Make(baked, _root, _head);
                AssetDatabase.CreateAsset(clip, path);
                AssetDatabase.SaveAssets();
                _message = baked.Frames.Count + " frames in " + path;
            }
            catch (Exception error)
            {
                _message = error.Message;
            }
            _running?.Dispose();
            _running = null;
            Repaint();
        }

        private async Task<BakedFace> BakeAsync(CancellationToken cancellation)
        {
            FaceClientOptions options = _connection.ToOptions(_speech.frequency, false);
            options.Latency = FaceLatency.Offline;
            options.Settings = new FaceSettings { StyleName = _style, Seed = (ulong)Math.Max(0, _seed) };
            using (HttpMessageHandler handler = PosecastTransport.CreateHandler(_connection))
            {
                var service = new FaceService(options.Endpoint, handler, options.Token);
                return await service.BakeAsync(ReadSamples(), options, TimeSpan.FromSeconds(DeadlineS), cancellation);
            }
        }

        private short[] ReadSamples()
        {
            var samples = new float[_speech.samples * _speech.channels];
            if (!_speech.GetData(samples, 0))
            {
                throw new InvalidOperationException(
                    "the samples of " + _speech.name + " cannot be read; set its load type to Decompress On Load");
            }
            float[] mono = Downmix.ToMono(samples, _speech.channels);
            var shorts = new short[mono.Length];
            for (int i = 0; i < mono.Length; i++)
            {
                shorts[i] = (short)Mathf.RoundToInt(Mathf.Clamp(mono[i], -1f, 1f) * 32767f);
            }
            return shorts;
        }

        private void Cancel()
        {
            _running?.Cancel();
        }
    }
}

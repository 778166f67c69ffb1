using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.Threading;

namespace Posecast.Tests
{
    /// <summary>A client with a fake audio player. It prints what happens and every face.</summary>
    public sealed class Conversation
    {
        private const int SampleRateHz = 16000;
        private const double StepS = 1.0 / 60.0;

        private readonly IFaceClient _client;
        private readonly List<FaceEvent> _events = new List<FaceEvent>();
        private readonly bool _isPaced;

        /// <param name="client">Who is talked to; it is disposed of at the end.</param>
        /// <param name="isPaced">Whether sound takes its time; otherwise it is over as fast as can be.</param>
        public Conversation(IFaceClient client, bool isPaced = false)
        {
            _client = client;
            _isPaced = isPaced;
        }

        public static void Print(uint utterance, double timeS, Face face)
        {
            var line = new List<string>
            {
                "face", utterance.ToString(), timeS.ToString("R", CultureInfo.InvariantCulture),
            };
            foreach (float weight in face.Weights)
            {
                line.Add(weight.ToString("R", CultureInfo.InvariantCulture));
            }
            foreach (float part in new[] { face.Head.X, face.Head.Y, face.Head.Z, face.Head.W })
            {
                line.Add(part.ToString("R", CultureInfo.InvariantCulture));
            }
            Console.WriteLine(string.Join(" ", line));
        }

        public int Speak(short[] speech, uint numUtterances)
        {
            for (uint utterance = 0; utterance < numUtterances; utterance++)
            {
                Say(speech);
            }
            for (uint utterance = 0; utterance < numUtterances; utterance++)
            {
                Await(FaceEventKind.UtteranceEnded, utterance);
                Play(utterance, 0.0, speech.Length / (double)SampleRateHz);
                Await(FaceEventKind.UtterancePlayed, utterance);
            }
            return Finish();
        }

        public int Interrupt(short[] speech)
        {
            Say(speech);
            _client.PushAudio(speech, 0, speech.Length / 2); // of another utterance, which is open
            Await(FaceEventKind.UtteranceReady, 0);
            Play(0, 0.0, 0.5);
            _client.Interrupt();
            Console.WriteLine("interrupted " + _client.CurrentUtterance);
            Coast(0, 1.0);
            Await(FaceEventKind.UtterancePlayed, 0);
            uint next = _client.CurrentUtterance;
            Say(speech);
            Await(FaceEventKind.UtteranceEnded, next);
            Play(next, 0.0, speech.Length / (double)SampleRateHz);
            return Finish();
        }

        public int Reconnect(short[] speech)
        {
            Await(FaceEventKind.Connected, 0);
            Console.WriteLine("connected"); // the test stops the server and starts another
            Console.ReadLine();
            var watch = Stopwatch.StartNew();
            Say(speech);
            _events.Clear();
            Await(FaceEventKind.Connected, 0);
            Console.WriteLine("reconnected " + watch.Elapsed.TotalSeconds.ToString("R", CultureInfo.InvariantCulture));
            Await(FaceEventKind.UtteranceEnded, 0);
            Play(0, 0.0, speech.Length / (double)SampleRateHz);
            return Finish();
        }

        public int TellFailure()
        {
            while (_client.State != FaceClientState.Failed && _client.State != FaceClientState.Waiting)
            {
                Step();
            }
            Console.WriteLine("state " + _client.State);
            Console.WriteLine("error " + _client.LastError);
            return Finish();
        }

        public int Idle()
        {
            Await(FaceEventKind.Connected, 0);
            Coast(0, 2.0, true);
            return Finish();
        }

        private void Say(short[] speech)
        {
            for (int start = 0; start < speech.Length; start += 320)
            {
                _client.PushAudio(speech, start, Math.Min(320, speech.Length - start));
            }
            _client.EndUtterance();
        }

        private void Play(uint utterance, double fromS, double toS)
        {
            var watch = Stopwatch.StartNew();
            for (double timeS = fromS; timeS < toS; timeS = _isPaced ? fromS + watch.Elapsed.TotalSeconds : timeS + StepS)
            {
                Thread.Sleep(_isPaced ? 15 : 0);
                _client.SetAudioPosition(utterance, timeS);
                Print(utterance, timeS, _client.Advance(StepS));
            }
        }

        private void Coast(uint utterance, double durationS, bool inRealTime = true)
        {
            for (double timeS = 0.0; timeS < durationS; timeS += StepS)
            {
                Thread.Sleep(inRealTime ? 16 : 0);
                Print(utterance, timeS, _client.Advance(StepS));
            }
        }

        private void Await(FaceEventKind kind, uint utterance)
        {
            var watch = Stopwatch.StartNew();
            while (!_events.Exists(happened => happened.Kind == kind && happened.Utterance == utterance))
            {
                Step();
                if (watch.Elapsed.TotalSeconds > 30.0)
                {
                    throw new TimeoutException(kind + " of " + utterance + "; " + _client.LastError);
                }
            }
        }

        private void Step()
        {
            Thread.Sleep(5);
            _client.Advance(0.005);
            FaceEvent happened;
            while (_client.TryTakeEvent(out happened))
            {
                _events.Add(happened);
                Console.WriteLine("event " + happened.Kind + " " + happened.Utterance + " " + happened.WasCut);
            }
        }

        private int Finish()
        {
            Step();
            FaceClientStats stats = _client.Stats;
            Console.WriteLine("received " + stats.FramesReceived);
            Console.WriteLine("dropped " + stats.FramesDropped);
            Console.WriteLine("malformed " + stats.FramesMalformed);
            _client.Dispose();
            Console.WriteLine("closed " + _client.State);
            return 0;
        }
    }
}

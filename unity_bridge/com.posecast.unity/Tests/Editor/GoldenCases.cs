using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using NUnit.Framework;

namespace Posecast.Tests
{
    /// <summary>Golden cases that Python, C++ and C# share. They lie beside the package, in tests/assets/bridges.</summary>
    internal sealed class GoldenCases
    {
        private readonly string[] _columns;
        private readonly string[] _cells;

        private GoldenCases(string[] columns, string[] cells)
        {
            _columns = columns;
            _cells = cells;
        }

        public static IEnumerable<GoldenCases> Read(string file)
        {
            string folder = Environment.GetEnvironmentVariable("POSECAST_GOLDEN_CASES");
            if (string.IsNullOrEmpty(folder))
            {
                Assert.Ignore("POSECAST_GOLDEN_CASES does not name the folder tests/assets/bridges of the repository");
            }
            string[] lines = File.ReadAllLines(Path.Combine(folder, file));
            string[] columns = lines[0].Split(',');
            var cases = new List<GoldenCases>();
            for (int i = 1; i < lines.Length; i++)
            {
                cases.Add(new GoldenCases(columns, lines[i].Split(',')));
            }
            Assert.That(cases.Count, Is.GreaterThan(0), file);
            return cases;
        }

        public string Text(string column)
        {
            return _cells[Array.IndexOf(_columns, column)];
        }

        public double Number(string column)
        {
            return double.Parse(Text(column), CultureInfo.InvariantCulture);
        }

        public Rotation Rotation(string prefix)
        {
            return new Rotation(
                (float)Number(prefix + "x"), (float)Number(prefix + "y"), (float)Number(prefix + "z"), (float)Number(prefix + "w"));
        }

        /// <summary>Equal up to the sign of the quaternion.</summary>
        public static void AssertEqual(Rotation actual, Rotation expected, string name)
        {
            float dot = actual.X * expected.X + actual.Y * expected.Y + actual.Z * expected.Z + actual.W * expected.W;
            float sign = dot < 0f ? -1f : 1f;
            Assert.That(sign * actual.X, Is.EqualTo(expected.X).Within(1e-6), name);
            Assert.That(sign * actual.Y, Is.EqualTo(expected.Y).Within(1e-6), name);
            Assert.That(sign * actual.Z, Is.EqualTo(expected.Z).Within(1e-6), name);
            Assert.That(sign * actual.W, Is.EqualTo(expected.W).Within(1e-6), name);
        }
    }
}

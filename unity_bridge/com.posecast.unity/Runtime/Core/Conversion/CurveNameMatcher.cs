using System;
using System.Collections.Generic;
using System.Text;

namespace Posecast
{
    /// <summary>Finds which shapes of a mesh a curve drives, by their names.</summary>
    /// <remarks>
    /// Rules, the first that fits wins: the user's table; the very name; the name in other letters of case or with
    /// separators; the same behind the last `.`; the same behind a known prefix; sides written as `_L` and `_R`.
    /// </remarks>
    public sealed class CurveNameMatcher
    {
        private static readonly char[] _digits = "0123456789".ToCharArray();
        private static readonly string[] _prefixes = { "arkit", "blendshapes", "blendshape", "bs", "face", "head", "morph" };

        private readonly Dictionary<string, int> _exact = new Dictionary<string, int>(StringComparer.Ordinal);
        private readonly Dictionary<string, int> _plain = new Dictionary<string, int>(StringComparer.Ordinal);
        private readonly Dictionary<string, int> _table = new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase);

        /// <param name="curveNames">Names of the curves, in the order of the weights.</param>
        /// <param name="table">Shape names of the user and the curves that drive them; may be null.</param>
        public CurveNameMatcher(
            IReadOnlyList<string> curveNames, IEnumerable<KeyValuePair<string, string>> table = null)
        {
            for (int i = 0; i < curveNames.Count; i++)
            {
                _exact[curveNames[i]] = i;
                _plain[Plain(curveNames[i])] = i;
            }
            if (table == null)
            {
                return;
            }
            foreach (KeyValuePair<string, string> entry in table)
            {
                int curve;
                if (!string.IsNullOrEmpty(entry.Key) && TryPlain(entry.Value ?? "", out curve))
                {
                    _table[entry.Key] = curve;
                }
            }
        }

        /// <summary>The curve that drives a shape.</summary>
        /// <param name="shapeName">As the mesh or the avatar names it.</param>
        /// <returns>Its place among the curve names, or -1.</returns>
        public int Match(string shapeName)
        {
            if (string.IsNullOrEmpty(shapeName))
            {
                return -1;
            }
            int curve;
            if (_table.TryGetValue(shapeName, out curve) || _exact.TryGetValue(shapeName, out curve)
                || TryWithSides(shapeName, out curve))
            {
                return curve;
            }
            // A dot may also stand before the side, as in `mouthSmile.L`, which was tried already.
            int dot = shapeName.LastIndexOf('.');
            return dot >= 0 && TryWithSides(shapeName.Substring(dot + 1), out curve) ? curve
                : dot > 0 && TryWithSides(AfterFirstDot(shapeName), out curve) ? curve
                : -1;
        }

        /// <summary>Whether the user's table or the very name decides, and not a likeness.</summary>
        public bool IsExact(string shapeName)
        {
            return _table.ContainsKey(shapeName) || _exact.ContainsKey(shapeName);
        }

        private static string AfterFirstDot(string name)
        {
            return name.Substring(name.IndexOf('.') + 1);
        }

        private bool TryWithSides(string name, out int curve)
        {
            if (TryPrefixed(Plain(name), out curve))
            {
                return true;
            }
            string stem, side;
            if (!TrySplitSide(name, out stem, out side))
            {
                return false;
            }
            // `browInnerUp_L` is half of a curve that has no sides.
            return TryPrefixed(Plain(stem) + side, out curve) || TryPrefixed(Plain(stem), out curve);
        }

        private bool TryPrefixed(string plain, out int curve)
        {
            if (_plain.TryGetValue(plain, out curve))
            {
                return true;
            }
            foreach (string prefix in _prefixes)
            {
                if (plain.StartsWith(prefix, StringComparison.Ordinal)
                    && _plain.TryGetValue(plain.Substring(prefix.Length).TrimStart(_digits), out curve))
                {
                    return true;
                }
            }
            curve = -1;
            return false;
        }

        private bool TryPlain(string name, out int curve)
        {
            return _exact.TryGetValue(name, out curve) || _plain.TryGetValue(Plain(name), out curve);
        }

        /// <summary>`mouthSmile_L`, `mouthSmile.R`, `mouthSmileL`: the stem and `left` or `right`.</summary>
        private static bool TrySplitSide(string name, out string stem, out string side)
        {
            stem = side = null;
            int last = name.Length - 1;
            if (last < 1)
            {
                return false;
            }
            char letter = name[last];
            bool isSeparated = IsSeparator(name[last - 1]);
            bool isCapital = letter == 'L' || letter == 'R';
            if (!isCapital && !(isSeparated && (letter == 'l' || letter == 'r')))
            {
                return false;
            }
            if (!isSeparated && !char.IsLower(name[last - 1]))
            {
                return false;
            }
            stem = name.Substring(0, last);
            side = letter == 'L' || letter == 'l' ? "left" : "right";
            return true;
        }

        private static string Plain(string name)
        {
            var plain = new StringBuilder(name.Length);
            foreach (char letter in name)
            {
                if (!IsSeparator(letter))
                {
                    plain.Append(char.ToLowerInvariant(letter));
                }
            }
            return plain.ToString();
        }

        private static bool IsSeparator(char letter)
        {
            return letter == '_' || letter == '-' || letter == ' ' || letter == '.' || letter == ':';
        }
    }
}

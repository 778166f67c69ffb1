using System.Collections.Generic;

namespace Posecast
{
    /// <summary>Which shapes of one mesh are driven by which curves.</summary>
    public sealed class ShapeMap
    {
        private ShapeMap(int[] shapes, int[] curves)
        {
            Shapes = shapes;
            Curves = curves;
        }

        /// <summary>Indices of the driven shapes.</summary>
        public int[] Shapes { get; }

        /// <summary>For each driven shape the index of its curve.</summary>
        public int[] Curves { get; }

        /// <summary>Matches the shapes of a mesh.</summary>
        /// <param name="matcher">The rules.</param>
        /// <param name="shapeNames">All shapes of the mesh, in order.</param>
        public static ShapeMap Make(CurveNameMatcher matcher, IReadOnlyList<string> shapeNames)
        {
            var exact = new HashSet<int>();
            var matches = new int[shapeNames.Count];
            for (int i = 0; i < matches.Length; i++)
            {
                matches[i] = matcher.Match(shapeNames[i]);
                if (matches[i] >= 0 && matcher.IsExact(shapeNames[i]))
                {
                    exact.Add(matches[i]);
                }
            }
            var shapes = new List<int>();
            var curves = new List<int>();
            for (int i = 0; i < matches.Length; i++)
            {
                // A mesh with `jawOpen` and `Face.jawOpen` would open twice as far.
                bool isDriven = matches[i] >= 0 && (!exact.Contains(matches[i]) || matcher.IsExact(shapeNames[i]));
                if (isDriven)
                {
                    shapes.Add(i);
                    curves.Add(matches[i]);
                }
            }
            return new ShapeMap(shapes.ToArray(), curves.ToArray());
        }

        /// <summary>The curves that no mesh has a shape for.</summary>
        public static List<string> FindUnmatched(IReadOnlyList<string> curveNames, IEnumerable<ShapeMap> maps)
        {
            var driven = new HashSet<int>();
            foreach (ShapeMap map in maps)
            {
                driven.UnionWith(map.Curves);
            }
            var unmatched = new List<string>();
            for (int i = 0; i < curveNames.Count; i++)
            {
                if (!driven.Contains(i))
                {
                    unmatched.Add(curveNames[i]);
                }
            }
            return unmatched;
        }
    }
}

// Stand-ins for UniVRM, 0.x and 1.0; see UnityEngine.cs.
using System;
using System.Collections.Generic;
using UnityEngine;

namespace VRM
{
    public enum BlendShapePreset
    {
        Unknown,
        A,
        I,
        U,
        E,
        O,
        Blink_L,
        Blink_R,
    }

    public struct BlendShapeKey
    {
        public static BlendShapeKey CreateFromPreset(BlendShapePreset preset) { throw new NotImplementedException(); }
    }

    public class BlendShapeClip : ScriptableObject
    {
        public string BlendShapeName;

        public BlendShapeKey Key { get { throw new NotImplementedException(); } }
    }

    public class BlendShapeAvatar : ScriptableObject
    {
        public List<BlendShapeClip> Clips = new List<BlendShapeClip>();
    }

    public sealed class VRMBlendShapeProxy : MonoBehaviour
    {
        public BlendShapeAvatar BlendShapeAvatar;

        public void AccumulateValue(BlendShapeKey key, float value) { throw new NotImplementedException(); }

        public void Apply() { throw new NotImplementedException(); }
    }
}

namespace UniVRM10
{
    public enum ExpressionPreset
    {
        custom,
        happy,
    }

    public readonly struct ExpressionKey
    {
        public ExpressionPreset Preset { get { throw new NotImplementedException(); } }

        public string Name { get { throw new NotImplementedException(); } }

        public static ExpressionKey Aa { get { throw new NotImplementedException(); } }

        public static ExpressionKey Ih { get { throw new NotImplementedException(); } }

        public static ExpressionKey Ou { get { throw new NotImplementedException(); } }

        public static ExpressionKey Ee { get { throw new NotImplementedException(); } }

        public static ExpressionKey Oh { get { throw new NotImplementedException(); } }

        public static ExpressionKey BlinkLeft { get { throw new NotImplementedException(); } }

        public static ExpressionKey BlinkRight { get { throw new NotImplementedException(); } }
    }

    public sealed class Vrm10RuntimeExpression
    {
        public IReadOnlyList<ExpressionKey> ExpressionKeys { get { throw new NotImplementedException(); } }

        public void SetWeight(ExpressionKey expressionKey, float weight) { throw new NotImplementedException(); }
    }

    public class Vrm10Runtime
    {
        public Vrm10RuntimeExpression Expression { get { throw new NotImplementedException(); } }
    }

    public class Vrm10Instance : MonoBehaviour
    {
        public Vrm10Runtime Runtime { get { throw new NotImplementedException(); } }
    }
}

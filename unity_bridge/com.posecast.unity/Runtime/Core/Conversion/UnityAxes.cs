using System;

namespace Posecast
{
    /// <summary>From the axes of the wire (right-handed, Y up, facing +Z) to Unity's (left-handed, Y up, facing +Z).</summary>
    public static class UnityAxes
    {
        /// <summary>A head rotation for a Unity quaternion (x, y, z, w).</summary>
        public static Rotation FromWire(in Rotation head)
        {
            return new Rotation(head.X, -head.Y, -head.Z, head.W);
        }

        /// <summary>A point or direction, in metres as before.</summary>
        public static void FromWire(float x, float y, float z, out float unityX, out float unityY, out float unityZ)
        {
            unityX = -x;
            unityY = y;
            unityZ = z;
        }

        /// <summary>Euler angles as Unity shows them: z turns first, then x, then y. -180..180, degrees</summary>
        /// <param name="rotation">A rotation in Unity's axes.</param>
        /// <param name="x">Nod, + is down.</param>
        /// <param name="y">Turn, + is to the own right.</param>
        /// <param name="z">Tilt, + is to the own left shoulder.</param>
        public static void ToEulerDeg(in Rotation rotation, out float x, out float y, out float z)
        {
            double qx = rotation.X, qy = rotation.Y, qz = rotation.Z, qw = rotation.W;
            double sine = Math.Max(-1.0, Math.Min(1.0, 2.0 * (qw * qx - qy * qz)));
            x = (float)(Math.Asin(sine) * 180.0 / Math.PI);
            y = (float)(Math.Atan2(2.0 * (qx * qz + qw * qy), 1.0 - 2.0 * (qx * qx + qy * qy)) * 180.0 / Math.PI);
            z = (float)(Math.Atan2(2.0 * (qx * qy + qw * qz), 1.0 - 2.0 * (qx * qx + qz * qz)) * 180.0 / Math.PI);
        }
    }
}

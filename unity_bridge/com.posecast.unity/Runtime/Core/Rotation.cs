using System;

namespace Posecast
{
    /// <summary>A unit quaternion (x, y, z, w); which axes it is in is said where it is used.</summary>
    public readonly struct Rotation
    {
        /// <summary>No rotation: a head that looks straight ahead.</summary>
        public static readonly Rotation Identity = new Rotation(0f, 0f, 0f, 1f);

        public readonly float X;
        public readonly float Y;
        public readonly float Z;
        public readonly float W;

        public Rotation(float x, float y, float z, float w)
        {
            X = x;
            Y = y;
            Z = z;
            W = w;
        }

        /// <summary>Angle of the turn, 0..pi.</summary>
        public float AngleRad
        {
            get
            {
                double sine = Math.Sqrt((double)X * X + (double)Y * Y + (double)Z * Z);
                return (float)(2.0 * Math.Atan2(sine, Math.Abs(W)));
            }
        }

        /// <summary>Normalised linear interpolation, the shorter way, with w at least 0.</summary>
        /// <param name="earlier">The result where <paramref name="part"/> is 0.</param>
        /// <param name="later">The result where <paramref name="part"/> is 1.</param>
        /// <param name="part">0..1</param>
        public static Rotation Between(in Rotation earlier, in Rotation later, float part)
        {
            float dot = earlier.X * later.X + earlier.Y * later.Y + earlier.Z * later.Z + earlier.W * later.W;
            float towards = dot < 0f ? -part : part;
            float from = 1f - part;
            return new Rotation(
                from * earlier.X + towards * later.X,
                from * earlier.Y + towards * later.Y,
                from * earlier.Z + towards * later.Z,
                from * earlier.W + towards * later.W).Normalised();
        }

        /// <summary>The rotation by this share of the angle, about the same axis.</summary>
        /// <param name="share">0 is none, 1 is all; above 1 goes further.</param>
        public Rotation Scaled(float share)
        {
            double sine = Math.Sqrt((double)X * X + (double)Y * Y + (double)Z * Z);
            if (sine < 1e-9)
            {
                return Identity;
            }
            double sign = W < 0f ? -1.0 : 1.0;
            double half = Math.Atan2(sine, Math.Abs(W)) * share;
            float factor = (float)(sign * Math.Sin(half) / sine);
            return new Rotation(X * factor, Y * factor, Z * factor, (float)Math.Cos(half));
        }

        /// <summary>The same turn by at most this angle.</summary>
        public Rotation Limited(float mostRad)
        {
            float angle = AngleRad;
            return angle <= mostRad ? this : Scaled(mostRad / angle);
        }

        /// <summary>The opposite turn.</summary>
        public Rotation Inverse()
        {
            return new Rotation(-X, -Y, -Z, W);
        }

        /// <summary>Hamilton's product: <paramref name="b"/>, then <paramref name="a"/>.</summary>
        public static Rotation operator *(in Rotation a, in Rotation b)
        {
            return new Rotation(
                a.W * b.X + a.X * b.W + a.Y * b.Z - a.Z * b.Y,
                a.W * b.Y - a.X * b.Z + a.Y * b.W + a.Z * b.X,
                a.W * b.Z + a.X * b.Y - a.Y * b.X + a.Z * b.W,
                a.W * b.W - a.X * b.X - a.Y * b.Y - a.Z * b.Z);
        }

        /// <summary>Unit length and w at least 0, so that equal rotations have equal numbers.</summary>
        public Rotation Normalised()
        {
            double squared = (double)X * X + (double)Y * Y + (double)Z * Z + (double)W * W;
            if (!(squared > 1e-12) || double.IsInfinity(squared))
            {
                return Identity;
            }
            float factor = (float)((W < 0f ? -1.0 : 1.0) / Math.Sqrt(squared));
            return new Rotation(X * factor, Y * factor, Z * factor, W * factor);
        }
    }
}

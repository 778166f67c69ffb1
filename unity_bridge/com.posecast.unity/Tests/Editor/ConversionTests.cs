using System;
using System.Collections.Generic;
using System.Linq;
using NUnit.Framework;

namespace Posecast.Tests
{
    [TestFixture]
    public sealed class ConversionTests
    {
        [Test]
        public void HeadsAreConvertedAsTheGoldenCasesSay()
        {
            foreach (GoldenCases golden in GoldenCases.Read("axes.csv"))
            {
                string name = golden.Text("case");
                Rotation unity = UnityAxes.FromWire(golden.Rotation(""));

                GoldenCases.AssertEqual(unity, golden.Rotation("unity_"), name);
                float x, y, z;
                UnityAxes.ToEulerDeg(unity, out x, out y, out z);
                // Angles of up to 180 degrees have seven digits in a float.
                Assert.That(x, Is.EqualTo(golden.Number("unity_euler_x_deg")).Within(2e-4), name);
                Assert.That(y, Is.EqualTo(golden.Number("unity_euler_y_deg")).Within(2e-4), name);
                Assert.That(z, Is.EqualTo(golden.Number("unity_euler_z_deg")).Within(2e-4), name);
            }
        }

        [Test]
        public void PointsAreConvertedAsTheGoldenCasesSay()
        {
            foreach (GoldenCases golden in GoldenCases.Read("vectors.csv"))
            {
                float x, y, z;
                UnityAxes.FromWire(
                    (float)golden.Number("x_m"), (float)golden.Number("y_m"), (float)golden.Number("z_m"), out x, out y, out z);

                Assert.That(x, Is.EqualTo(golden.Number("unity_x_m")).Within(1e-6));
                Assert.That(y, Is.EqualTo(golden.Number("unity_y_m")).Within(1e-6));
                Assert.That(z, Is.EqualTo(golden.Number("unity_z_m")).Within(1e-6));
            }
        }

        [Test]
        public void CurveNamesAreThoseOfTheGoldenCasesInOrder()
        {
            var expected = GoldenCases.Read("names.csv")
                .Where(golden => golden.Number("wire_index") >= 0)
                .OrderBy(golden => golden.Number("wire_index"))
                .Select(golden => golden.Text("arkit"));

            Assert.That(ArkitCurves.Names, Is.EqualTo(expected.ToArray()));
        }

        [Test]
        public void EveryLiveLinkNameFindsItsCurve()
        {
            var matcher = new CurveNameMatcher(ArkitCurves.Names);
            foreach (GoldenCases golden in GoldenCases.Read("names.csv"))
            {
                Assert.That(
                    matcher.Match(golden.Text("livelink")), Is.EqualTo((int)golden.Number("wire_index")), golden.Text("livelink"));
            }
        }

        [TestCase("jawOpen", "jawOpen")]
        [TestCase("JAWOPEN", "jawOpen")]
        [TestCase("jaw_open", "jawOpen")]
        [TestCase("Jaw Open", "jawOpen")]
        [TestCase("blendShape1.jawOpen", "jawOpen")]
        [TestCase("Face.Head.jawOpen", "jawOpen")]
        [TestCase("ARKit_jawOpen", "jawOpen")]
        [TestCase("BS_jawOpen", "jawOpen")]
        [TestCase("mouthSmile_L", "mouthSmileLeft")]
        [TestCase("mouthSmile_R", "mouthSmileRight")]
        [TestCase("mouthSmile.L", "mouthSmileLeft")]
        [TestCase("mouthSmileR", "mouthSmileRight")]
        [TestCase("mouth_smile_left", "mouthSmileLeft")]
        [TestCase("head.mouthSmile_L", "mouthSmileLeft")]
        [TestCase("rig.mouthSmile.L", "mouthSmileLeft")]
        [TestCase("browInnerUp_R", "browInnerUp")]
        [TestCase("jawL", "jawLeft")]
        [TestCase("mouthOpen", null)]
        [TestCase("mouthSmile", null)]
        [TestCase("Fcl_MTH_A", null)]
        [TestCase("", null)]
        [TestCase(".", null)]
        [TestCase("L", null)]
        [TestCase("vertebral", null)]
        public void ShapesAreFoundByTheirNames(string shape, string curve)
        {
            int match = new CurveNameMatcher(ArkitCurves.Names).Match(shape);

            Assert.That(match < 0 ? null : ArkitCurves.Names[match], Is.EqualTo(curve));
        }

        [Test]
        public void TheUsersTableDecidesFirst()
        {
            var table = new Dictionary<string, string> { { "MouthGape", "jawOpen" }, { "jawOpen", "mouthFunnel" }, { "x", "no curve" } };
            var matcher = new CurveNameMatcher(ArkitCurves.Names, table);

            Assert.That(ArkitCurves.Names[matcher.Match("MouthGape")], Is.EqualTo("jawOpen"));
            Assert.That(ArkitCurves.Names[matcher.Match("jawOpen")], Is.EqualTo("mouthFunnel"));
            Assert.That(matcher.Match("x"), Is.EqualTo(-1));
        }

        [Test]
        public void AMeshIsNotDrivenTwiceByOneCurveUnlessByHalves()
        {
            string[] shapes = { "jawOpen", "Old.jawOpen", "browInnerUp_L", "browInnerUp_R", "nose" };
            ShapeMap map = ShapeMap.Make(new CurveNameMatcher(ArkitCurves.Names), shapes);

            Assert.That(map.Shapes, Is.EqualTo(new[] { 0, 2, 3 }));
            Assert.That(map.Curves.Select(curve => ArkitCurves.Names[curve]), Is.EqualTo(new[] { "jawOpen", "browInnerUp", "browInnerUp" }));
            var unmatched = ShapeMap.FindUnmatched(ArkitCurves.Names, new[] { map });
            Assert.That(unmatched.Count, Is.EqualTo(50));
            Assert.That(unmatched, Has.No.Member("jawOpen"));
        }

        [TestCase("eyeBlinkRight", FaceRegion.Blinks)]
        [TestCase("eyeLookUpLeft", FaceRegion.Gaze)]
        [TestCase("eyeSquintLeft", FaceRegion.UpperFace)]
        [TestCase("cheekPuff", FaceRegion.UpperFace)]
        [TestCase("noseSneerLeft", FaceRegion.UpperFace)]
        [TestCase("browInnerUp", FaceRegion.UpperFace)]
        [TestCase("tongueOut", FaceRegion.LowerFace)]
        [TestCase("mouthClose", FaceRegion.LowerFace)]
        public void CurvesBelongToRegions(string curve, FaceRegion region)
        {
            Assert.That(ArkitCurves.RegionOf(curve), Is.EqualTo(region));
        }

        [Test]
        public void NeckAndHeadTogetherAreThePose()
        {
            var share = new HeadShare { NeckShare = 0.3f };
            Rotation pose = new Rotation(0.1f, -0.2f, 0.05f, 0.97f).Normalised();

            share.Advance(pose, 0.016f);

            GoldenCases.AssertEqual(share.Neck * share.Head, pose, "neck, then head");
            Assert.That(share.Neck.AngleRad, Is.EqualTo(0.3f * pose.AngleRad).Within(1e-6));
        }

        [Test]
        public void TheHeadIsHeldWithinItsBounds()
        {
            var share = new HeadShare { MostRad = 0.5f, NeckShare = 0f, Strength = 2f };

            share.Advance(new Rotation(0f, (float)Math.Sin(0.2), 0f, (float)Math.Cos(0.2)), 0.016f); // 0.4 rad, twice
            Assert.That(share.Head.AngleRad, Is.EqualTo(0.5f).Within(1e-6));
            share.Strength = 0f;
            share.Advance(new Rotation(0f, (float)Math.Sin(0.2), 0f, (float)Math.Cos(0.2)), 0.016f);
            Assert.That(share.Head.AngleRad, Is.EqualTo(0f).Within(1e-6));
        }

        [Test]
        public void SmoothingTakesItsTimeWhateverTheFrameRate()
        {
            foreach (int steps in new[] { 6, 60 })
            {
                var share = new HeadShare { SmoothingS = 0.1f, NeckShare = 0f };
                for (int i = 0; i < steps; i++)
                {
                    share.Advance(new Rotation(0.1f, 0f, 0f, 0.995f).Normalised(), 0.1f / steps);
                }
                // After one time constant 1 - 1/e of the way is done.
                Assert.That(share.Head.AngleRad, Is.EqualTo(0.632f * 0.2003f).Within(2e-4));
            }
        }

        [Test]
        public void VowelsSortAMouthByOpeningRoundingAndWidth()
        {
            string[] names = ArkitCurves.Names.ToArray();
            int[] places = VowelShapes.FindPlaces(names);
            Func<string, VowelShapes> shape = text =>
            {
                var weights = new float[names.Length];
                foreach (string part in text.Split(' '))
                {
                    weights[Array.IndexOf(names, part.Split('=')[0])] = float.Parse(part.Split('=')[1], System.Globalization.CultureInfo.InvariantCulture);
                }
                return VowelShapes.From(weights, places);
            };

            VowelShapes open = shape("jawOpen=0.8");
            Assert.That(open.Aa, Is.GreaterThan(0.7f));
            VowelShapes rounded = shape("jawOpen=0.5 mouthFunnel=0.9");
            Assert.That(rounded.Oh, Is.GreaterThan(rounded.Aa));
            VowelShapes pursed = shape("mouthPucker=0.9");
            Assert.That(pursed.Ou, Is.GreaterThan(0.8f));
            VowelShapes wide = shape("jawOpen=0.4 mouthStretchLeft=0.7 mouthStretchRight=0.7");
            Assert.That(wide.Ee, Is.GreaterThan(wide.Aa));
            VowelShapes shut = shape("jawOpen=0.3 mouthClose=0.3 eyeBlinkLeft=1");
            Assert.That(shut.Aa + shut.Ih + shut.Ou + shut.Ee + shut.Oh, Is.EqualTo(0f).Within(1e-6));
            Assert.That(shut.BlinkLeft, Is.EqualTo(1f));
            VowelShapes all = shape("jawOpen=1 mouthFunnel=1 mouthPucker=1 mouthStretchLeft=1 mouthStretchRight=1");
            Assert.That(all.Aa + all.Ih + all.Ou + all.Ee + all.Oh, Is.LessThanOrEqualTo(1.0001f));
        }

        [Test]
        public void VowelsOfFacesWithoutTheirCurvesAreAtRest()
        {
            VowelShapes vowels = VowelShapes.From(new[] { 1f }, VowelShapes.FindPlaces(new[] { "other" }));

            Assert.That(vowels.Aa, Is.EqualTo(0f));
        }
    }
}

using System.Linq;
using NUnit.Framework;

namespace Posecast.Tests
{
    [TestFixture]
    public sealed class ReconnectPolicyTests
    {
        [Test]
        public void DelaysDoubleUpToTwoSecondsAndBeginAnewAfterASuccess()
        {
            var policy = new ReconnectPolicy(0.1, () => 1.0);

            double[] delays = Enumerable.Range(0, 7).Select(i => policy.NextDelayS()).ToArray();
            Assert.That(delays, Is.EqualTo(new[] { 0.1, 0.2, 0.4, 0.8, 1.6, 2.0, 2.0 }).Within(1e-9));
            policy.Succeeded();
            Assert.That(policy.NextDelayS(), Is.EqualTo(0.1).Within(1e-9));
        }

        [Test]
        public void ClientsDoNotComeBackAllAtOnce()
        {
            Assert.That(new ReconnectPolicy(1.0, () => 0.0).NextDelayS(), Is.EqualTo(0.5));
            Assert.That(new ReconnectPolicy(1.0, () => 0.5).NextDelayS(), Is.EqualTo(0.75));
        }

        [TestCase(GrpcStatusCode.Unavailable, true)]
        [TestCase(GrpcStatusCode.ResourceExhausted, true)]
        [TestCase(GrpcStatusCode.DeadlineExceeded, true)]
        [TestCase(GrpcStatusCode.Internal, true)]
        [TestCase(GrpcStatusCode.InvalidArgument, false)]
        [TestCase(GrpcStatusCode.Unauthenticated, false)]
        [TestCase(GrpcStatusCode.Unimplemented, false)]
        public void OnlyWhatMayHelpIsTriedAgain(GrpcStatusCode code, bool isTransient)
        {
            Assert.That(ReconnectPolicy.IsTransient(code), Is.EqualTo(isTransient));
        }
    }
}

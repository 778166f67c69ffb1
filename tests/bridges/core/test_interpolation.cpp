#include "faces.h"
#include "interpolation.h"

#include <doctest/doctest.h>

#include <cmath>

using namespace posecast::core;
using doctest::Approx;

TEST_CASE("weights are mixed linearly and the ends are exact") {
  Face from = test::face_of(0.2);
  Face to = test::face_of(0.6);
  from.weights[63] = 1;
  CHECK(mix(from, to, 0.25).weights[0] == Approx(0.3));
  CHECK(mix(from, to, 0.25).weights[63] == Approx(0.75));
  CHECK(mix(from, to, 0) == from);
  CHECK(mix(from, to, 1) == to);
  CHECK(mix(from, to, -3) == from);
  CHECK(mix(from, to, 3) == to);
}

TEST_CASE("a rotation between two lies on the arc between them") {
  const Quaternion to{static_cast<float>(std::sin(0.3)), 0, 0, static_cast<float>(std::cos(0.3))};
  const auto angle_of = [&](double share) {
    const Quaternion between = nlerp({}, to, share);
    return 2 * std::atan2(double{between.x}, double{between.w});
  };
  CHECK(angle_of(0.5) == Approx(0.3)); // half way by symmetry
  CHECK(angle_of(0.25) == Approx(0.15).epsilon(0.03));
  CHECK(angle_of(0.25) < angle_of(0.26));
}

TEST_CASE("the way between two rotations is the shorter arc and of unit length") {
  const Quaternion from{0, 0.1F, 0, static_cast<float>(std::sqrt(0.99))};
  const Quaternion same{-from.x, -from.y, -from.z, -from.w};
  const Quaternion between = nlerp(from, same, 0.5);
  CHECK(between.y == Approx(0.1));
  const Quaternion far{1, 0, 0, 0};
  const Quaternion middle = nlerp({}, far, 0.5);
  CHECK(middle.x * middle.x + middle.w * middle.w == Approx(1));
}

TEST_CASE("quaternions that cancel out give the identity, not NaN") {
  const Quaternion nothing{0, 0, 0, 0};
  CHECK(nlerp(nothing, nothing, 0.5) == Quaternion{});
}

TEST_CASE("the smooth share starts and ends at rest") {
  CHECK(smooth_share(0) == 0);
  CHECK(smooth_share(0.5) == Approx(0.5));
  CHECK(smooth_share(1) == 1);
  CHECK(smooth_share(0.01) < 0.001);
  CHECK(smooth_share(2) == 1);
}

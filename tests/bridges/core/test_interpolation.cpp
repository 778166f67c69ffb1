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

TEST_CASE("slerp turns at constant speed") {
  const auto half = static_cast<float>(std::sin(0.6));
  const Quaternion to{half, 0, 0, static_cast<float>(std::cos(0.6))};
  for (const double share : {0.1, 0.5, 0.9}) {
    const Quaternion between = slerp({}, to, share);
    CHECK(2 * std::atan2(double{between.x}, double{between.w}) == Approx(1.2 * share));
  }
}

TEST_CASE("slerp takes the shorter arc and stays of unit length") {
  const Quaternion from{0, 0.1F, 0, static_cast<float>(std::sqrt(0.99))};
  const Quaternion same{-from.x, -from.y, -from.z, -from.w};
  const Quaternion between = slerp(from, same, 0.5);
  CHECK(between.y == Approx(0.1));
  const Quaternion far{1, 0, 0, 0};
  const Quaternion middle = slerp({}, far, 0.5);
  CHECK(middle.x * middle.x + middle.w * middle.w == Approx(1));
}

TEST_CASE("quaternions that cancel out give the identity, not NaN") {
  const Quaternion nothing{0, 0, 0, 0};
  CHECK(slerp(nothing, nothing, 0.5) == Quaternion{});
}

TEST_CASE("the smooth share starts and ends at rest") {
  CHECK(smooth_share(0) == 0);
  CHECK(smooth_share(0.5) == Approx(0.5));
  CHECK(smooth_share(1) == 1);
  CHECK(smooth_share(0.01) < 0.001);
  CHECK(smooth_share(2) == 1);
}

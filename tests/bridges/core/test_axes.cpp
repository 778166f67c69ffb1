#include "axes.h"

#include <doctest/doctest.h>

#include <cmath>
#include <random>

using namespace posecast::core;
using doctest::Approx;

namespace {

Quaternion turn(double x, double y, double z, double angle_rad) {
  const double s = std::sin(angle_rad / 2);
  return {static_cast<float>(x * s), static_cast<float>(y * s), static_cast<float>(z * s),
          static_cast<float>(std::cos(angle_rad / 2))};
}

struct Vector {
  double x, y, z;
};

// By q v q*, written out as the sandwich product and not as the matrix that the code uses.
Vector rotate(const Quaternion& q, Vector v) {
  const Vector u{q.x, q.y, q.z};
  const Vector t{2 * (u.y * v.z - u.z * v.y), 2 * (u.z * v.x - u.x * v.z),
                 2 * (u.x * v.y - u.y * v.x)};
  const double w = q.w;
  return {v.x + w * t.x + u.y * t.z - u.z * t.y, v.y + w * t.y + u.z * t.x - u.x * t.z,
          v.z + w * t.z + u.x * t.y - u.y * t.x};
}

Vector to_unreal_vector(Vector v) {
  return {v.z, -v.x, v.y};
}

} // namespace

TEST_CASE("a turn about each axis of the wire becomes the contract's rotator") {
  const double degrees = 0.2 * 180 / 3.14159265358979;
  const Rotator nod = rotator_of(to_unreal(turn(1, 0, 0, 0.2)));
  CHECK(nod.pitch_deg == Approx(-degrees).epsilon(1e-5));
  CHECK(nod.yaw_deg == Approx(0));
  CHECK(nod.roll_deg == Approx(0));
  const Rotator left = rotator_of(to_unreal(turn(0, 1, 0, 0.2)));
  CHECK(left.pitch_deg == Approx(0));
  CHECK(left.yaw_deg == Approx(-degrees).epsilon(1e-5));
  CHECK(left.roll_deg == Approx(0));
  const Rotator tilt = rotator_of(to_unreal(turn(0, 0, 1, 0.2)));
  CHECK(tilt.pitch_deg == Approx(0));
  CHECK(tilt.yaw_deg == Approx(0));
  CHECK(tilt.roll_deg == Approx(degrees).epsilon(1e-5));
}

TEST_CASE("the converted quaternion turns converted vectors to the converted place") {
  std::mt19937 random(7);
  std::normal_distribution<double> normal;
  for (int i = 0; i < 1000; ++i) {
    Vector axis{normal(random), normal(random), normal(random)};
    const double norm = std::hypot(axis.x, axis.y, axis.z);
    const Quaternion wire = turn(axis.x / norm, axis.y / norm, axis.z / norm, normal(random));
    const Vector v{normal(random), normal(random), normal(random)};
    const Vector expected = to_unreal_vector(rotate(wire, v));
    const Vector turned = rotate(to_unreal(wire), to_unreal_vector(v));
    REQUIRE(turned.x == Approx(expected.x).epsilon(1e-5));
    REQUIRE(turned.y == Approx(expected.y).epsilon(1e-5));
    REQUIRE(turned.z == Approx(expected.z).epsilon(1e-5));
  }
}

TEST_CASE("a rotator turns forward, right and up as the quaternion does") {
  std::mt19937 random(8);
  std::normal_distribution<double> normal(0, 0.6);
  for (int i = 0; i < 200; ++i) {
    const Quaternion yaw = turn(0, 0, 1, normal(random));
    const Rotator only_yaw = rotator_of(yaw);
    REQUIRE(only_yaw.yaw_deg * 3.14159265358979 / 180 ==
            Approx(2 * std::atan2(double{yaw.z}, double{yaw.w})).epsilon(1e-4));
    const Quaternion q = to_unreal(turn(0.6, 0.0, 0.8, normal(random)));
    const Rotator r = rotator_of(q);
    const double pitch = r.pitch_deg * 3.14159265358979 / 180;
    const double yaw_rad = r.yaw_deg * 3.14159265358979 / 180;
    const double roll = r.roll_deg * 3.14159265358979 / 180;
    const Vector forward = rotate(q, {1, 0, 0});
    REQUIRE(forward.x == Approx(std::cos(pitch) * std::cos(yaw_rad)).epsilon(1e-4));
    REQUIRE(forward.y == Approx(std::cos(pitch) * std::sin(yaw_rad)).epsilon(1e-4));
    REQUIRE(forward.z == Approx(std::sin(pitch)).epsilon(1e-4));
    REQUIRE(rotate(q, {0, 1, 0}).z == Approx(-std::sin(roll) * std::cos(pitch)).epsilon(1e-4));
    REQUIRE(rotate(q, {0, 0, 1}).z == Approx(std::cos(roll) * std::cos(pitch)).epsilon(1e-4));
  }
}

TEST_CASE("straight up has a yaw and no roll") {
  const Rotator up = rotator_of(turn(0, 1, 0, -3.14159265358979 / 2));
  CHECK(up.pitch_deg == Approx(90).epsilon(1e-3));
  CHECK(up.roll_deg == 0);
  CHECK(std::isfinite(up.yaw_deg));
}

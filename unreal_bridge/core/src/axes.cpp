#include "axes.h"

#include <cmath>
#include <numbers>

namespace posecast::core {

namespace {

constexpr double kDegreesPerRadian = 180 / std::numbers::pi;
// Nearer than this to straight up or down, yaw and roll turn about the same axis.
constexpr double kGimbalLock = 1e-6;

} // namespace

Quaternion to_unreal(const Quaternion& wire) {
  return {-wire.z, wire.x, -wire.y, wire.w};
}

Rotator rotator_of(const Quaternion& unreal) {
  const double x = unreal.x;
  const double y = unreal.y;
  const double z = unreal.z;
  const double w = unreal.w;
  // Where the axes forward (+X), right (+Y) and up (+Z) end up.
  const double forward_x = 1 - 2 * (y * y + z * z);
  const double forward_y = 2 * (x * y + w * z);
  const double forward_z = 2 * (x * z - w * y);
  const double right_x = 2 * (x * y - w * z);
  const double right_y = 1 - 2 * (x * x + z * z);
  const double right_z = 2 * (y * z + w * x);
  const double up_z = 1 - 2 * (x * x + y * y);
  const double level = std::hypot(forward_x, forward_y);
  Rotator rotator;
  rotator.pitch_deg = std::atan2(forward_z, level) * kDegreesPerRadian;
  if (level < kGimbalLock) {
    rotator.yaw_deg = std::atan2(-right_x, right_y) * kDegreesPerRadian;
    return rotator;
  }
  rotator.yaw_deg = std::atan2(forward_y, forward_x) * kDegreesPerRadian;
  rotator.roll_deg = std::atan2(-right_z, up_z) * kDegreesPerRadian;
  return rotator;
}

} // namespace posecast::core

// A face that shows one thing after another, to find the signs and scales of a character.
#pragma once

#include "LiveLinkFace.h"

namespace posecast::plugin {

struct CalibrationPose {
  /// What the character should do, e.g. "turns its head 20 degrees to its own left".
  const char* told = "";
  PropertyValues values{};
};

/// How long all of it takes; then it begins anew.
inline constexpr double kCalibrationS = 12;

/// The pose at a time; the same things in the same order as `posecast play --calibrate`.
CalibrationPose calibration_pose(double time_s, const HeadScale& scale);

} // namespace posecast::plugin

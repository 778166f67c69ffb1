// From the axes of the wire to Unreal's.
#pragma once

#include "face.h"

namespace posecast::core {

/// Unreal's rotator. Pitch looks up, yaw turns right, roll tilts to the right, in degrees.
struct Rotator {
  double pitch_deg = 0;
  double yaw_deg = 0;
  double roll_deg = 0;
};

/// Right-handed, +Y up, facing +Z, becomes left-handed, +Z up, facing +X.
Quaternion to_unreal(const Quaternion& wire);

/// The rotator of a quaternion that is in Unreal's axes already.
Rotator rotator_of(const Quaternion& unreal);

} // namespace posecast::core

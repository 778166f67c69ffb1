// Faces between two faces.
#pragma once

#include "face.h"

namespace posecast::core {

/// The rotation between two, along the shorter arc. Its speed is not quite constant, which nobody
/// sees between neighbouring frames.
Quaternion nlerp(const Quaternion& from, const Quaternion& to, double share);

/// Weights linearly, the head by nlerp; `share` 0 is `from`, 1 is `to`.
Face mix(const Face& from, const Face& to, double share);

/// A share of time, 0..1, to a share of the way that starts and ends without a jerk.
double smooth_share(double share);

} // namespace posecast::core

#include "interpolation.h"

#include <algorithm>
#include <cmath>

namespace posecast::core {

Quaternion nlerp(const Quaternion& from, const Quaternion& to, double share) {
  const double cosine =
      double{from.x} * to.x + double{from.y} * to.y + double{from.z} * to.z + double{from.w} * to.w;
  const double share_to = cosine < 0 ? -share : share; // q and -q are the same rotation
  const double share_from = 1 - share;
  const double x = from.x * share_from + to.x * share_to;
  const double y = from.y * share_from + to.y * share_to;
  const double z = from.z * share_from + to.z * share_to;
  const double w = from.w * share_from + to.w * share_to;
  const double norm = std::sqrt(x * x + y * y + z * z + w * w);
  if (!(norm > 1e-6))
    return {};
  return {static_cast<float>(x / norm), static_cast<float>(y / norm), static_cast<float>(z / norm),
          static_cast<float>(w / norm)};
}

Face mix(const Face& from, const Face& to, double share) {
  const double held = std::clamp(share, 0.0, 1.0);
  if (held == 0)
    return from;
  if (held == 1)
    return to;
  Face mixed;
  const auto part = static_cast<float>(held);
  for (std::size_t i = 0; i < kMaxCurves; ++i)
    mixed.weights[i] = from.weights[i] + (to.weights[i] - from.weights[i]) * part;
  mixed.head = nlerp(from.head, to.head, held);
  return mixed;
}

double smooth_share(double share) {
  const double held = std::clamp(share, 0.0, 1.0);
  return held * held * (3 - 2 * held);
}

} // namespace posecast::core

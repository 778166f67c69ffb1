#include "interpolation.h"

#include <algorithm>
#include <cmath>

namespace posecast::core {

namespace {

// Below this angle the sines of slerp lose their digits, and a straight line is as good.
constexpr double kStraightCosine = 0.9995;

Quaternion weighted(const Quaternion& a, double share_a, const Quaternion& b, double share_b) {
  const double x = a.x * share_a + b.x * share_b;
  const double y = a.y * share_a + b.y * share_b;
  const double z = a.z * share_a + b.z * share_b;
  const double w = a.w * share_a + b.w * share_b;
  const double norm = std::sqrt(x * x + y * y + z * z + w * w);
  if (!(norm > 1e-6))
    return {};
  return {static_cast<float>(x / norm), static_cast<float>(y / norm), static_cast<float>(z / norm),
          static_cast<float>(w / norm)};
}

} // namespace

Quaternion slerp(const Quaternion& from, Quaternion to, double share) {
  double cosine =
      double{from.x} * to.x + double{from.y} * to.y + double{from.z} * to.z + double{from.w} * to.w;
  if (cosine < 0) {
    to = {-to.x, -to.y, -to.z, -to.w};
    cosine = -cosine;
  }
  if (cosine > kStraightCosine)
    return weighted(from, 1 - share, to, share);
  const double angle = std::acos(cosine);
  return weighted(from, std::sin((1 - share) * angle), to, std::sin(share * angle));
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
  mixed.head = slerp(from.head, to.head, held);
  return mixed;
}

double smooth_share(double share) {
  const double held = std::clamp(share, 0.0, 1.0);
  return held * held * (3 - 2 * held);
}

} // namespace posecast::core

#include "responses.h"

#include <algorithm>
#include <cmath>

namespace posecast::core {

std::string fault_of(const v1::AnimationHeader& header, std::uint32_t frame_rate_hz) {
  const int num_curves = header.rig().curve_names_size();
  if (num_curves < 1 || num_curves > static_cast<int>(kMaxCurves))
    return "the server sends " + std::to_string(num_curves) + " curves; allowed: 1 to " +
           std::to_string(kMaxCurves);
  if (header.frame_rate_hz() != frame_rate_hz)
    return "the server sends " + std::to_string(header.frame_rate_hz()) +
           " frames in a second; asked for: " + std::to_string(frame_rate_hz);
  if (header.rig().coordinate_system() != v1::COORDINATE_SYSTEM_RIGHT_HANDED_Y_UP_FACING_Z)
    return "the server's coordinate system " + std::to_string(header.rig().coordinate_system()) +
           " is unknown to this client";
  return {};
}

bool read_face(const v1::FaceFrame& message, std::size_t num_curves, Face& face) {
  if (static_cast<std::size_t>(message.weights_size()) != num_curves || num_curves > kMaxCurves)
    return false;
  face = {};
  for (std::size_t i = 0; i < num_curves; ++i) {
    const float weight = message.weights(static_cast<int>(i));
    if (!std::isfinite(weight))
      return false;
    face.weights[i] = std::clamp(weight, 0.0F, 1.0F);
  }
  const v1::HeadPose& head = message.head();
  const double norm = std::hypot(std::hypot(double{head.x()}, double{head.y()}),
                                 std::hypot(double{head.z()}, double{head.w()}));
  if (!std::isfinite(norm))
    return false;
  if (norm > 1e-3)
    face.head = {static_cast<float>(head.x() / norm), static_cast<float>(head.y() / norm),
                 static_cast<float>(head.z() / norm), static_cast<float>(head.w() / norm)};
  return true;
}

} // namespace posecast::core

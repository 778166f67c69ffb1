#include "rest_easer.h"

#include "interpolation.h"

#include <algorithm>
#include <cmath>

namespace posecast::core {

void RestEaser::show(const Face& face, double until_s) {
  has_face_ = true;
  face_ = last_ = face;
  until_s_ = until_s;
  num_steps_ = 0;
}

bool RestEaser::face_at(double now_s, Face& face) {
  if (!has_face_)
    return false;
  last_ = mix(face_, Face{}, smooth_share((now_s - until_s_ - kHold) / kEase));
  face = last_;
  return true;
}

bool RestEaser::next_step(double now_s, double frame_rate_hz, Face& face, double& due_s) {
  const int most_steps = std::max(1, static_cast<int>(std::ceil(kEase * frame_rate_hz - 1e-6)));
  const bool is_at_rest = face_ == Face{};
  if (!has_face_ || is_at_rest || num_steps_ >= most_steps)
    return false;
  due_s = until_s_ + kHold + num_steps_ / frame_rate_hz;
  if (now_s < due_s)
    return false;
  ++num_steps_;
  last_ = mix(face_, Face{}, smooth_share(static_cast<double>(num_steps_) / most_steps));
  face = last_;
  return true;
}

} // namespace posecast::core

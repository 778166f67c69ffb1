// What is shown when no frame is there: the last face, and soon the face at rest.
#pragma once

#include "face.h"

namespace posecast::core {

/// Holds the last face a little, then eases it to rest.
class RestEaser {
public:
  /// A face is shown, and stands for itself until `until_s`.
  void show(const Face& face, double until_s);

  /// The face of this moment. False before the first one.
  bool face_at(double now_s, Face& face);

  /// The next step of the easing, at the rate of frames, if it is due; each step once.
  bool next_step(double now_s, double frame_rate_hz, Face& face, double& due_s);

  /// Whether the last face has begun to ease.
  bool has_eased() const { return last_ != face_; }
  const Face& last() const { return last_; }

  static constexpr double kHold = 0.1;
  static constexpr double kEase = 0.2;

private:
  bool has_face_ = false;
  Face face_;
  Face last_;
  double until_s_ = 0;
  int num_steps_ = 0;
};

} // namespace posecast::core

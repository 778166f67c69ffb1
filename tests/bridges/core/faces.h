// Faces that tell which frame they are.
#pragma once

#include "face.h"

namespace posecast::core::test {

/// A face whose first weight is `value`.
inline Face face_of(double value) {
  Face face;
  face.weights[0] = static_cast<float>(value);
  return face;
}

/// A frame whose first weight tells its index: index / 1024.
inline Frame frame_of(std::uint32_t utterance, std::uint64_t index,
                      FrameKind kind = FrameKind::kSpeech) {
  return {{utterance, index}, kind, face_of(static_cast<double>(index) / 1024)};
}

inline Frame end_of(std::uint32_t utterance, std::uint64_t num_frames) {
  return {{utterance, num_frames}, FrameKind::kEnd, {}};
}

} // namespace posecast::core::test

// Answers of a server, for tests.
#pragma once

#include <posecast/v1/face_animation_service.pb.h>

namespace posecast::core::test {

inline v1::AnimateResponse header(std::uint32_t frame_rate_hz = 25, int num_curves = 52,
                                  std::uint64_t seed = 1000) {
  v1::AnimateResponse response;
  v1::AnimationHeader& header = *response.mutable_header();
  for (int i = 0; i < num_curves; ++i)
    header.mutable_rig()->add_curve_names("curve" + std::to_string(i));
  header.mutable_rig()->set_coordinate_system(v1::COORDINATE_SYSTEM_RIGHT_HANDED_Y_UP_FACING_Z);
  header.set_frame_rate_hz(frame_rate_hz);
  header.set_seed(seed);
  header.set_server_version("9.9.9");
  header.set_window_frames(25);
  header.set_look_ahead_ms(160);
  return response;
}

/// Frames whose first weight tells their index.
inline v1::AnimateResponse frames(std::uint32_t utterance_index, std::uint64_t first,
                                  std::uint64_t end, int num_curves = 52) {
  v1::AnimateResponse response;
  v1::FrameBatch& batch = *response.mutable_frames();
  batch.set_utterance_index(utterance_index);
  for (std::uint64_t i = first; i < end; ++i) {
    v1::FaceFrame& frame = *batch.add_frames();
    frame.set_index(i);
    for (int c = 0; c < num_curves; ++c)
      frame.add_weights(c == 0 ? static_cast<float>(i % 1024) / 1024 : 0.25F);
    frame.mutable_head()->set_w(1);
  }
  return response;
}

inline v1::AnimateResponse easing(std::uint32_t utterance_index, std::uint64_t first,
                                  std::uint64_t end) {
  v1::AnimateResponse response = frames(utterance_index, first, end);
  response.mutable_frames()->set_is_easing(true);
  return response;
}

inline v1::AnimateResponse end(std::uint32_t utterance_index, std::uint64_t num_frames,
                               bool was_interrupted = false) {
  v1::AnimateResponse response;
  v1::UtteranceEnd& end = *response.mutable_end();
  end.set_utterance_index(utterance_index);
  end.set_num_frames(num_frames);
  end.set_was_interrupted(was_interrupted);
  return response;
}

} // namespace posecast::core::test

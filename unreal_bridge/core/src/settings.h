// What a caller may choose about the animation, apart from how the wire writes it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace posecast::core {

struct CurveAdjustment {
  std::string curve_name;
  std::optional<float> multiplier;
  std::optional<float> offset;
  std::optional<float> minimum;
  std::optional<float> maximum;
};

struct StyleVector {
  std::vector<float> values;
  std::optional<float> blink_rate_hz;
  std::optional<float> gaze_range;
  std::optional<float> head_wander_rad;
  std::optional<float> head_tempo_hz;
};

/// What is unset is the server's own, or stays as it is.
struct Settings {
  std::optional<std::string> style_name;
  std::optional<StyleVector> style_vector;
  std::optional<std::uint64_t> seed;
  std::optional<std::uint32_t> sampling_steps;
  std::optional<float> style_strength;
  std::optional<float> audio_guidance;
  std::optional<float> style_guidance;
  std::optional<float> upper_face;
  std::optional<float> lower_face;
  std::optional<float> head;
  std::optional<float> blinks;
  std::optional<float> smoothing_upper_face_s;
  std::optional<float> smoothing_lower_face_s;
  std::optional<float> smoothing_head_s;
  std::vector<CurveAdjustment> curve_adjustments;

  /// What `change` sets takes the place of what is here.
  void merge(const Settings& change);
};

} // namespace posecast::core

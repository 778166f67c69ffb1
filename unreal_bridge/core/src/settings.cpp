#include "settings.h"

#include <algorithm>

namespace posecast::core {

namespace {

template <typename T> void take(std::optional<T>& current, const std::optional<T>& change) {
  if (change)
    current = change;
}

} // namespace

void Settings::merge(const Settings& change) {
  if (change.style_name || change.style_vector) {
    style_name = change.style_name;
    style_vector = change.style_vector;
  }
  take(seed, change.seed);
  take(sampling_steps, change.sampling_steps);
  take(style_strength, change.style_strength);
  take(audio_guidance, change.audio_guidance);
  take(style_guidance, change.style_guidance);
  take(upper_face, change.upper_face);
  take(lower_face, change.lower_face);
  take(head, change.head);
  take(blinks, change.blinks);
  take(smoothing_upper_face_s, change.smoothing_upper_face_s);
  take(smoothing_lower_face_s, change.smoothing_lower_face_s);
  take(smoothing_head_s, change.smoothing_head_s);
  for (const CurveAdjustment& adjustment : change.curve_adjustments) {
    std::erase_if(curve_adjustments, [&](const CurveAdjustment& old) {
      return old.curve_name == adjustment.curve_name;
    });
    curve_adjustments.push_back(adjustment);
  }
}

} // namespace posecast::core

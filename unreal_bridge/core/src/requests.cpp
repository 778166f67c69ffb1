#include "requests.h"

#include <bit>

namespace posecast::core {

static_assert(std::endian::native == std::endian::little, "the wire's samples are little-endian");

namespace {

template <typename Message, typename Value, typename Argument>
void set(const std::optional<Value>& value, Message& message, void (Message::*setter)(Argument)) {
  if (value)
    (message.*setter)(*value);
}

void write_style(const Settings& settings, v1::AnimationSettings& message) {
  if (settings.style_name)
    message.set_style_name(*settings.style_name);
  if (!settings.style_vector)
    return;
  const StyleVector& style = *settings.style_vector;
  v1::StyleVector& written = *message.mutable_style_vector();
  written.mutable_values()->Add(style.values.begin(), style.values.end());
  set(style.blink_rate_hz, written, &v1::StyleVector::set_blink_rate_hz);
  set(style.gaze_range, written, &v1::StyleVector::set_gaze_range);
  set(style.head_wander_rad, written, &v1::StyleVector::set_head_wander_rad);
  set(style.head_tempo_hz, written, &v1::StyleVector::set_head_tempo_hz);
}

void write_regions(const Settings& settings, v1::AnimationSettings& message) {
  if (settings.upper_face || settings.lower_face || settings.head || settings.blinks) {
    v1::RegionStrengths& strengths = *message.mutable_strengths();
    set(settings.upper_face, strengths, &v1::RegionStrengths::set_upper_face);
    set(settings.lower_face, strengths, &v1::RegionStrengths::set_lower_face);
    set(settings.head, strengths, &v1::RegionStrengths::set_head);
    set(settings.blinks, strengths, &v1::RegionStrengths::set_blinks);
  }
  if (settings.smoothing_upper_face_s || settings.smoothing_lower_face_s ||
      settings.smoothing_head_s) {
    v1::Smoothing& smoothing = *message.mutable_smoothing();
    set(settings.smoothing_upper_face_s, smoothing, &v1::Smoothing::set_upper_face_s);
    set(settings.smoothing_lower_face_s, smoothing, &v1::Smoothing::set_lower_face_s);
    set(settings.smoothing_head_s, smoothing, &v1::Smoothing::set_head_s);
  }
}

v1::LatencyMode mode_of(LatencyMode mode) {
  switch (mode) {
  case LatencyMode::kOffline:
    return v1::LATENCY_MODE_OFFLINE;
  case LatencyMode::kBalanced:
    return v1::LATENCY_MODE_BALANCED;
  case LatencyMode::kRealtime:
    return v1::LATENCY_MODE_REALTIME;
  case LatencyMode::kDefault:
    break;
  }
  return v1::LATENCY_MODE_UNSPECIFIED;
}

} // namespace

void write_settings(const Settings& settings, v1::AnimationSettings& message) {
  using Message = v1::AnimationSettings;
  write_style(settings, message);
  write_regions(settings, message);
  set(settings.seed, message, &Message::set_seed);
  set(settings.sampling_steps, message, &Message::set_sampling_steps);
  set(settings.style_strength, message, &Message::set_style_strength);
  set(settings.audio_guidance, message, &Message::set_audio_guidance);
  set(settings.style_guidance, message, &Message::set_style_guidance);
  for (const CurveAdjustment& adjustment : settings.curve_adjustments) {
    v1::CurveAdjustment& written = *message.add_curve_adjustments();
    written.set_curve_name(adjustment.curve_name);
    set(adjustment.multiplier, written, &v1::CurveAdjustment::set_multiplier);
    set(adjustment.offset, written, &v1::CurveAdjustment::set_offset);
    set(adjustment.minimum, written, &v1::CurveAdjustment::set_minimum);
    set(adjustment.maximum, written, &v1::CurveAdjustment::set_maximum);
  }
}

void write_config(const Options& options, const Settings& settings, v1::AnimateRequest& request) {
  v1::AnimateConfig& config = *request.mutable_config();
  v1::AudioFormat& format = *config.mutable_audio_format();
  format.set_encoding(v1::AUDIO_ENCODING_PCM_S16LE);
  format.set_sample_rate_hz(options.sample_rate_hz);
  format.set_num_channels(options.num_channels);
  config.set_idles(options.idles);
  v1::AnimationSettings& message = *config.mutable_settings();
  write_settings(settings, message);
  message.set_frame_rate_hz(options.frame_rate_hz);
  message.set_latency_mode(mode_of(options.latency_mode));
  message.set_window_frames(options.window_frames);
  if (options.look_ahead_ms > 0)
    message.set_look_ahead_ms(options.look_ahead_ms);
}

void write_audio(std::span<const std::int16_t> values, v1::AnimateRequest& request) {
  request.mutable_audio()->set_data(values.data(), values.size_bytes());
}

} // namespace posecast::core

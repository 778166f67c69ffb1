// Where to end an utterance of a microphone that is never switched off.
#pragma once

#include "SpeechLines.h"

namespace posecast::plugin {

/// The server lets an utterance grow to 15 minutes. So a long one ends in a pause, and a very long
/// one anywhere.
class UtteranceCutter {
public:
  /// Whether the utterance shall end behind these samples, which are at kFeedRateHz.
  bool is_cut_behind(const float* samples, std::size_t num_samples);
  /// Another utterance begins.
  void begin() { num_samples_ = num_quiet_ = 0; }
  bool is_empty() const { return num_samples_ == 0; }

  static constexpr std::uint64_t kLongSamples = 60 * kFeedRateHz;
  static constexpr std::uint64_t kLongestSamples = 600 * kFeedRateHz;
  static constexpr std::uint64_t kPauseSamples = kFeedRateHz / 2;
  /// Quieter than this, about -46 dB, is a pause.
  static constexpr float kQuiet = 0.005F;

private:
  std::uint64_t num_samples_ = 0;
  std::uint64_t num_quiet_ = 0;
};

} // namespace posecast::plugin

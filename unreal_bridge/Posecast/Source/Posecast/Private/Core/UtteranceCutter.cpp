#include "UtteranceCutter.h"

#include <cmath>

namespace posecast::plugin {

bool UtteranceCutter::is_cut_behind(const float* samples, std::size_t num_samples) {
  num_samples_ += num_samples;
  for (std::size_t i = 0; i < num_samples; ++i)
    num_quiet_ = std::fabs(samples[i]) < kQuiet ? num_quiet_ + 1 : 0;
  if (num_samples_ < kLongSamples)
    return false;
  return num_quiet_ >= kPauseSamples || num_samples_ >= kLongestSamples;
}

} // namespace posecast::plugin

#include "Resampler.h"

#include <algorithm>
#include <cmath>

namespace posecast::plugin {

namespace {

constexpr double kPiNumber = 3.14159265358979323846;
/// Zero crossings of the sinc on each side.
constexpr double kCrossings = 16;
/// The kernel is tabled at as many fractions of a sample, with straight lines between.
constexpr std::size_t kNumPhases = 256;
/// The band ends a little below half the lower rate, so that the filter's slope lies beneath it.
constexpr double kBandShare = 0.93;

double sinc(double x) {
  return std::fabs(x) < 1e-9 ? 1.0 : std::sin(kPiNumber * x) / (kPiNumber * x);
}

/// Blackman's window over -1..1: side lobes below -58 dB.
double window(double x) {
  if (std::fabs(x) >= 1)
    return 0;
  return 0.42 + 0.5 * std::cos(kPiNumber * x) + 0.08 * std::cos(2 * kPiNumber * x);
}

} // namespace

Resampler::Resampler(std::uint32_t from_hz, std::uint32_t to_hz)
    : from_hz_(from_hz), to_hz_(to_hz) {
  if (from_hz_ == to_hz_)
    return;
  const double band = kBandShare * std::min(1.0, double(to_hz_) / double(from_hz_));
  half_width_ = static_cast<std::size_t>(std::ceil(kCrossings / band));
  const std::size_t num_taps = half_width_ * 2;
  kernel_.resize((kNumPhases + 1) * num_taps);
  for (std::size_t phase = 0; phase <= kNumPhases; ++phase) {
    const double fraction = double(phase) / double(kNumPhases);
    double sum = 0;
    float* taps = kernel_.data() + phase * num_taps;
    for (std::size_t tap = 0; tap < num_taps; ++tap) {
      const double distance = double(tap) + 1 - double(half_width_) - fraction;
      const double weight = sinc(distance * band) * window(distance / double(half_width_));
      taps[tap] = static_cast<float>(weight);
      sum += weight;
    }
    for (std::size_t tap = 0; tap < num_taps; ++tap)
      taps[tap] = static_cast<float>(taps[tap] / sum); // silence and level stay as they are
  }
}

void Resampler::push(const float* samples, std::size_t num_samples, std::vector<float>& out) {
  if (from_hz_ == to_hz_) {
    out.insert(out.end(), samples, samples + num_samples);
    return;
  }
  held_.insert(held_.end(), samples, samples + num_samples);
  num_in_ += num_samples;
  if (num_in_ <= half_width_)
    return;
  // Output sample n lies at n * from / to, and its last tap half_width_ behind it.
  const std::uint64_t last_known = num_in_ - half_width_ - 1;
  produce((last_known * to_hz_ + to_hz_ - 1) / from_hz_ + 1, out);
}

void Resampler::finish(std::vector<float>& out) {
  produce((num_in_ * to_hz_ + from_hz_ - 1) / from_hz_, out);
  held_.clear();
  first_ = num_in_ = num_out_ = 0;
}

/// Output samples up to `num_out`, of which the taps are there or lie outside the waveform.
void Resampler::produce(std::uint64_t num_out, std::vector<float>& out) {
  const std::size_t num_taps = half_width_ * 2;
  for (; num_out_ < num_out; ++num_out_) {
    const std::uint64_t center = num_out_ * from_hz_ / to_hz_;
    const double phase = double(num_out_ * from_hz_ % to_hz_) / to_hz_ * double(kNumPhases);
    const auto whole = static_cast<std::size_t>(phase);
    const auto share = static_cast<float>(phase - double(whole));
    const float* before = kernel_.data() + whole * num_taps;
    const float* after = before + num_taps;
    float sum = 0;
    for (std::size_t tap = 0; tap < num_taps; ++tap) {
      const std::uint64_t behind = center + tap + 1; // of the waveform, plus half_width_
      if (behind < half_width_)
        continue;
      sum += (before[tap] + share * (after[tap] - before[tap])) * sample_at(behind - half_width_);
    }
    out.push_back(sum);
  }
  const std::uint64_t center = num_out_ * from_hz_ / to_hz_;
  const std::uint64_t needed = center + 1 > half_width_ ? center + 1 - half_width_ : 0;
  const auto num_done = static_cast<std::size_t>(
      std::min<std::uint64_t>(needed > first_ ? needed - first_ : 0, held_.size()));
  held_.erase(held_.begin(), held_.begin() + static_cast<std::ptrdiff_t>(num_done));
  first_ += num_done;
}

float Resampler::sample_at(std::uint64_t index) const {
  const std::uint64_t place = index - first_;
  return index >= first_ && place < held_.size() ? held_[static_cast<std::size_t>(place)] : 0.0F;
}

} // namespace posecast::plugin

// Another sample rate for a mono waveform that comes in pieces.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace posecast::plugin {

/// Band-limited (windowed sinc), without delay: a sample stays at its time. Where the waveform is
/// cut into pieces never changes a sample.
class Resampler {
public:
  /// Rates in 1..768000 Hz.
  Resampler(std::uint32_t from_hz, std::uint32_t to_hz);

  std::uint32_t from_hz() const { return from_hz_; }

  /// Appends to `out` what is known by now.
  void push(const float* samples, std::size_t num_samples, std::vector<float>& out);
  /// Appends the rest, and begins anew.
  void finish(std::vector<float>& out);

private:
  void produce(std::uint64_t num_out, std::vector<float>& out);
  float sample_at(std::uint64_t index) const;

  std::uint32_t from_hz_;
  std::uint32_t to_hz_;
  /// Taps on each side of an output sample.
  std::size_t half_width_ = 0;
  /// The kernel at kNumPhases + 1 fractions of an input sample, half_width_ * 2 taps each.
  std::vector<float> kernel_;
  /// Input from `first_` on.
  std::vector<float> held_;
  std::uint64_t first_ = 0;
  std::uint64_t num_in_ = 0;
  std::uint64_t num_out_ = 0;
};

} // namespace posecast::plugin

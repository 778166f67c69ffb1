#include "CaptureRing.h"

namespace posecast::plugin {

void CaptureRing::write(const float* interleaved, std::size_t num_frames,
                        std::uint32_t num_channels, std::uint32_t sample_rate_hz) {
  if (num_channels == 0 || sample_rate_hz == 0)
    return;
  const std::uint64_t written = num_written_.load(std::memory_order_relaxed);
  const std::uint64_t waiting = written - num_read_.load(std::memory_order_acquire);
  if (num_frames > samples_.size() - waiting) {
    num_lost_.fetch_add(num_frames, std::memory_order_relaxed);
    return;
  }
  for (std::size_t i = 0; i < num_frames; ++i) {
    float sum = 0;
    for (std::uint32_t channel = 0; channel < num_channels; ++channel)
      sum += interleaved[i * num_channels + channel];
    samples_[static_cast<std::size_t>((written + i) % samples_.size())] =
        sum / static_cast<float>(num_channels);
  }
  sample_rate_hz_.store(sample_rate_hz, std::memory_order_relaxed);
  num_written_.store(written + num_frames, std::memory_order_release);
}

std::uint32_t CaptureRing::read(std::vector<float>& out) {
  const std::uint64_t read = num_read_.load(std::memory_order_relaxed);
  const std::uint64_t written = num_written_.load(std::memory_order_acquire);
  for (std::uint64_t i = read; i < written; ++i)
    out.push_back(samples_[static_cast<std::size_t>(i % samples_.size())]);
  num_read_.store(written, std::memory_order_release);
  return sample_rate_hz_.load(std::memory_order_relaxed);
}

} // namespace posecast::plugin

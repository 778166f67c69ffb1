// Sound from an audio thread to the game thread, without a lock and without allocation.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace posecast::plugin {

/// One thread writes, one reads. What does not fit is lost and counted.
class CaptureRing {
public:
  /// Samples of one channel that fit, a power of two; the default is 1.3 s at 48 kHz.
  explicit CaptureRing(std::size_t capacity = std::size_t{1} << 16) : samples_(capacity) {}

  /// On the audio thread: keeps the channels' mean.
  void write(const float* interleaved, std::size_t num_frames, std::uint32_t num_channels,
             std::uint32_t sample_rate_hz);

  /// On the game thread: appends all that came.
  ///
  /// Returns: its sample rate, 0 before the first sample.
  std::uint32_t read(std::vector<float>& out);

  /// Samples of one channel that were lost.
  std::uint64_t num_lost() const { return num_lost_.load(std::memory_order_relaxed); }

private:
  std::vector<float> samples_;
  std::atomic<std::uint64_t> num_written_{0};
  std::atomic<std::uint64_t> num_read_{0};
  std::atomic<std::uint64_t> num_lost_{0};
  std::atomic<std::uint32_t> sample_rate_hz_{0};
};

} // namespace posecast::plugin

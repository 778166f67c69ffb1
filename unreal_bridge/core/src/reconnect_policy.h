// How long to wait before the next attempt to connect.
#pragma once

#include <cstdint>
#include <random>

namespace posecast::core {

/// Waits twice as long after each failure, with jitter so that clients of one server do not come
/// together, and never so long that a server that is back waits 2 s for its client.
class ReconnectPolicy {
public:
  explicit ReconnectPolicy(std::uint64_t seed) : random_(seed) {}

  /// Seconds to wait before the next attempt.
  double next_wait_s();
  /// A stream was opened.
  void succeeded() { num_failures_ = 0; }
  /// Failures since the last success.
  std::uint32_t num_failures() const { return num_failures_; }

  static constexpr double kFirstWait = 0.1;
  static constexpr double kLongestWait = 1.0;
  static constexpr double kJitter = 0.25;

private:
  std::mt19937_64 random_;
  std::uint32_t num_failures_ = 0;
};

} // namespace posecast::core

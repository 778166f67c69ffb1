// What is counted over the life of a client.
#pragma once

#include <cstdint>

namespace posecast::core {

struct Counters {
  std::uint64_t samples_pushed = 0;
  std::uint64_t samples_refused = 0;
  std::uint64_t samples_sent = 0;
  std::uint64_t samples_lost = 0;
  std::uint64_t frames_received = 0;
  std::uint64_t frames_released = 0;
  std::uint64_t frames_dropped = 0;
  std::uint64_t frames_late = 0;
  std::uint64_t frames_malformed = 0;
  std::uint64_t events_dropped = 0;
  std::uint64_t underruns = 0;
  std::uint64_t clock_jumps = 0;
  std::uint64_t reconnections = 0;
};

} // namespace posecast::core

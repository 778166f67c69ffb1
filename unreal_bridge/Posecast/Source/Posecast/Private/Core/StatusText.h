// What the Live Link panel and a component say about a stream.
#pragma once

#include <cstdint>
#include <string>

namespace posecast::plugin {

enum class Condition : std::uint8_t {
  kClosed,
  kNoLibrary,
  kConnecting,
  kWaiting,
  kReceiving,
  kBehind,
  kReconnecting,
  kFailed,
  kCalibrating,
};

struct StatusFacts {
  Condition condition = Condition::kClosed;
  std::string address;
  /// Of a failure or a lost connection: why. Of a calibration: what the character should do now.
  std::string detail;
  std::uint64_t frames_dropped = 0;
  std::uint64_t frames_late = 0;
  /// Of a microphone or a submix.
  std::uint64_t samples_lost = 0;
  std::uint64_t underruns = 0;
};

/// From a state of the client core; what is not known is a failure, and not something harmless.
Condition condition_of_state(std::int32_t state);

/// One line, e.g. "receiving from 127.0.0.1:50051; 3 frames were late".
std::string status_text(const StatusFacts& facts);

} // namespace posecast::plugin

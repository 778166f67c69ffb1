// What the caller is told besides frames, in memory that never grows.
#pragma once

#include "counters.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace posecast::core {

enum class EventKind : std::uint32_t {
  kHeader = 1,
  kFirstFrame,
  kUtteranceEnd,
  kUtterancePlayed,
  kReconnecting,
  kError,
};

inline constexpr std::size_t kMessageCapacity = 256;

struct Event {
  EventKind kind = EventKind::kHeader;
  bool was_interrupted = false;
  bool was_lost = false;
  std::uint32_t utterance = 0;
  std::uint64_t num_frames = 0;
  std::uint64_t seed = 0;
  double audio_duration_s = 0;
  int status = 0;
  std::uint32_t attempt = 0;
  std::array<char, kMessageCapacity> message{};

  /// As much of a text as fits.
  void set_message(std::string_view text);
};

/// First in, first out; where it is full, the oldest goes.
class EventQueue {
public:
  explicit EventQueue(Counters& counters) : counters_(counters) {}

  void push(const Event& event);
  bool pop(Event& event);

  static constexpr std::size_t kCapacity = 128;

private:
  Counters& counters_;
  std::array<Event, kCapacity> events_{};
  std::size_t first_ = 0;
  std::size_t size_ = 0;
};

} // namespace posecast::core

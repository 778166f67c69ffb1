// Which of the client's utterances the server's numbers mean, on one stream.
#pragma once

#include <cstdint>
#include <deque>

namespace posecast::core {

/// An utterance that was opened on a stream.
struct SentUtterance {
  std::uint32_t server_index = 0;
  std::uint32_t utterance = 0;
  /// Frames of it that belong to an earlier stream: where the server's frame 0 lies.
  std::uint64_t first_frame = 0;
  std::uint64_t num_samples = 0;
  /// Frames that have come on this stream.
  std::uint64_t num_frames = 0;
  enum class State { kOpen, kIsEnding, kWasStopped, kEnded };
  State state = State::kOpen;
};

class SentUtterances {
public:
  /// The first audio of an utterance, or a lone end, opens it.
  SentUtterance& open(std::uint32_t utterance, std::uint64_t first_frame);
  /// The one that is being sent, or null.
  SentUtterance* current();
  const SentUtterance* current() const;
  /// An interrupt was sent: everything that is under way ends.
  void stop_all();

  SentUtterance* by_server_index(std::uint32_t server_index);
  SentUtterance* by_utterance(std::uint32_t utterance);

  /// What the server will call the next one.
  std::uint32_t next_server_index() const { return next_server_index_; }
  bool has_unended() const;
  /// Whether the server owes an end.
  bool has_owed_end() const;
  /// Seconds of audio that were sent and have no frame yet.
  double in_flight_s(double sample_rate_hz, double frame_rate_hz) const;

  auto begin() { return sent_.begin(); }
  auto end() { return sent_.end(); }

  /// Ended ones are kept for interrupts, as the server does.
  static constexpr std::size_t kMostKept = 256;

private:
  std::deque<SentUtterance> sent_;
  std::uint32_t next_server_index_ = 0;
};

} // namespace posecast::core

// What waits to be sent, in its order: audio, ends of utterances, updates.
#pragma once

#include "settings.h"

#include <deque>
#include <span>

namespace posecast::core {

/// A piece of what waits.
struct Outgoing {
  enum class Kind { kAudio, kEnd, kUpdate };
  Kind kind = Kind::kAudio;
  std::uint32_t utterance = 0;
  /// Samples of the utterance before this audio.
  std::uint64_t first_sample = 0;
  /// Channels alternate.
  std::vector<std::int16_t> values;
  Settings settings;
};

/// A bounded queue. Its audio lies in a ring that is allocated once, so that pushing never
/// allocates.
class Outbox {
public:
  Outbox(std::size_t capacity_samples, std::size_t num_channels);

  /// Take as many samples of each channel as there is room for; tells how many.
  std::size_t push(std::span<const std::int16_t> values);
  /// False if too many ends and updates wait.
  bool end_utterance();
  bool update(const Settings& settings);

  /// Take the next piece, audio of at most `max_samples`. False if nothing waits.
  bool pop(std::size_t max_samples, Outgoing& piece);
  bool empty() const { return num_values_ == 0 && marks_.empty(); }
  /// Whether audio comes next.
  bool has_audio_first() const;

  /// Drop audio and ends, keep updates; what is pushed from now on belongs to a new utterance,
  /// unless nothing was pushed to this one yet.
  void interrupt();
  /// Drop the oldest audio of the utterance that is next until `max_samples` are left of it; tells
  /// how many were dropped.
  std::size_t drop_stale(std::size_t max_samples);

  /// The utterance that is pushed to.
  std::uint32_t utterance() const { return utterance_; }
  /// Whether audio was pushed to it.
  bool is_open() const { return num_pushed_ > 0; }
  /// The utterance of the next piece, and how many samples of it are gone.
  std::uint32_t front_utterance() const { return front_utterance_; }
  std::uint64_t front_sample() const { return front_sample_; }
  std::size_t num_samples() const { return num_values_ / num_channels_; }

  static constexpr std::size_t kMostMarks = 1024;

private:
  /// An end or an update, and how many values of audio lie before it since the mark before.
  struct Mark {
    Outgoing::Kind kind;
    std::size_t num_values_before;
    Settings settings;
  };

  std::size_t num_values_first() const {
    return marks_.empty() ? num_values_ : marks_.front().num_values_before;
  }
  void drop_values(std::size_t num_values);

  std::vector<std::int16_t> ring_;
  std::size_t num_channels_;
  std::size_t first_ = 0;
  std::size_t num_values_ = 0;
  /// Values after the last mark.
  std::size_t num_unmarked_ = 0;
  std::deque<Mark> marks_;
  std::uint32_t utterance_ = 0;
  std::uint64_t num_pushed_ = 0;
  std::uint32_t front_utterance_ = 0;
  std::uint64_t front_sample_ = 0;
};

} // namespace posecast::core

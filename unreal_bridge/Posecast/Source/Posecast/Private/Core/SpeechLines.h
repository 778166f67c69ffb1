// Lines of speech: fed to the server as fast as it takes them, heard one after another.
#pragma once

#include "Resampler.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

namespace posecast::plugin {

inline constexpr std::uint32_t kFeedRateHz = 16000;
inline constexpr std::uint32_t kPlayRateHz = 48000;

/// Takes speech for the server.
class SpeechSink {
public:
  virtual ~SpeechSink() = default;
  /// Mono, at kFeedRateHz. Returns how many were taken.
  virtual std::size_t push(const float* samples, std::size_t num_samples) = 0;
  virtual void end() = 0;
  /// The utterance that the next samples belong to.
  virtual std::uint32_t utterance() = 0;
};

/// A line is heard once its face is ready, or has been waited for long enough: a server that is not
/// there costs the face, not the speech.
class SpeechLines {
public:
  struct Options {
    /// Whether the lines are heard from here; else they are only fed.
    bool are_heard = true;
    /// How long a line waits for its face.
    double most_wait_s = 1;
  };
  explicit SpeechLines(const Options& options) : options_(options) {}

  /// Adds to the open line, or opens one. Channels alternate. -1..1
  void say(const float* samples, std::size_t num_samples, std::uint32_t num_channels,
           std::uint32_t sample_rate_hz);
  /// The open line is complete.
  void end();
  /// Forgets all lines, and counts what is played from 0.
  void clear();

  void feed(SpeechSink& sink);
  /// The face of an utterance is there.
  void set_ready(std::uint32_t utterance);
  /// Appends what the audio player shall play next, mono 16-bit at kPlayRateHz.
  ///
  /// `num_played`: how many samples of what it took it has played.
  void take_playable(double now_s, std::uint64_t num_played, std::vector<std::int16_t>& out);

  struct Place {
    std::uint32_t utterance = 0;
    double time_s = 0;
  };
  /// What is heard, if anything is that the server knows of.
  std::optional<Place> place(std::uint64_t num_heard) const;

  /// Forgets lines that were heard to their end, or only fed.
  ///
  /// Returns: the utterance of each, or -1 where the server never got it.
  std::vector<std::int64_t> take_finished(std::uint64_t num_heard, SpeechSink& sink);

  std::size_t num_lines() const { return lines_.size(); }
  /// The utterance of each line, or -1 where the server has not got it.
  std::vector<std::int64_t> utterances() const;

private:
  struct Line {
    std::vector<float> to_feed;
    std::size_t num_fed = 0;
    std::vector<std::int16_t> to_play;
    std::size_t num_taken = 0;
    std::optional<std::uint64_t> begins_at;
    std::optional<double> waits_since_s;
    std::optional<std::uint32_t> utterance;
    bool is_complete = false;
    bool is_ready = false;
    bool is_fed = false;
  };
  /// From one format to the two rates.
  struct Converter {
    Resampler to_feed;
    Resampler to_play;
    explicit Converter(std::uint32_t sample_rate_hz)
        : to_feed(sample_rate_hz, kFeedRateHz), to_play(sample_rate_hz, kPlayRateHz) {}
  };

  void finish_converter(Line& line);
  bool may_begin(Line& line, double now_s, std::uint64_t num_played) const;
  bool is_over(const Line& line, std::uint64_t num_heard) const;

  Options options_;
  std::deque<Line> lines_;
  std::unique_ptr<Converter> converter_;
  std::vector<float> converted_;
  std::uint64_t num_taken_ = 0;
};

} // namespace posecast::plugin

// One line of utterances: which frame of which utterance belongs to now.
#pragma once

#include "counters.h"
#include "frame_buffer.h"
#include "playback_clock.h"

#include <optional>

namespace posecast::core {

/// Hears when utterances begin and are over.
class TimelineListener {
public:
  virtual ~TimelineListener() = default;
  virtual void on_started(std::uint32_t utterance) = 0;
  virtual void on_played(std::uint32_t utterance) = 0;
};

/// Buffers frames and releases each when it is due.
///
/// By its own clock, an utterance begins once enough of it is buffered, and where a frame does not
/// come in time the clock waits for it. By the audio's clock the caller tells where the audio is,
/// and frames that come too late are not shown.
class Timeline {
public:
  struct Options {
    std::size_t capacity = 0;
    double start_delay_s = 0;
    bool follows_audio = false;
  };
  Timeline(const Options& options, Counters& counters, TimelineListener* listener);

  void set_rate(double frame_rate_hz) { rate_hz_ = frame_rate_hz; }

  void add(const Frame& frame, double now_s);
  /// Forget all frames from a key on, because others come in their place.
  void drop_from(FrameKey key);
  /// Forget all frames, and the utterance that was shown.
  void clear();

  /// The audio player's position.
  void follow(std::uint32_t utterance, double media_s, double now_s);
  /// Do without the audio player in all utterances up to the one that is shown.
  void run_free(double now_s);

  /// Bring everything up to now: what begins, what is over, what is missing.
  void advance(double now_s);

  /// The next frame that is due, each once; `advance` first.
  bool release(double now_s, ShownFrame& shown);
  /// The face of this moment between its neighbours, if it is known; `advance` first.
  bool sample(double now_s, ShownFrame& shown);

  /// The next frame to be shown, if an utterance is shown.
  std::optional<FrameKey> position(double now_s) const;
  /// Frames that will be due later.
  std::size_t num_ahead(double now_s) const;

  bool is_shown() const { return phase_ != Phase::kWaiting; }
  bool is_behind() const { return phase_ == Phase::kStalled; }
  /// How often the audio's clock has jumped.
  std::uint64_t num_jumps() const { return num_jumps_; }

  /// A frame that comes later than this after its time is not shown any more.
  static constexpr double kLate = 0.1;

private:
  enum class Phase { kWaiting, kPlaying, kStalled };

  bool step(double now_s);
  bool wait(double now_s);
  bool play(double now_s);
  bool stall();
  bool resume(double now_s);
  void begin(std::uint32_t utterance);
  void finish(std::uint32_t utterance);
  bool is_ready(std::size_t first, double now_s);
  bool is_late(const Frame& frame, double now_s) const;
  bool is_due(FrameKey key, double now_s) const;
  bool is_waiting_for_frames() const;
  std::uint64_t index_at(double now_s) const;
  double media_s(std::uint64_t index) const { return static_cast<double>(index) / rate_hz_; }
  double due_s(FrameKey key) const;
  void prune(double now_s);

  Options options_;
  Counters& counters_;
  TimelineListener* listener_;
  double rate_hz_ = 25;

  FrameBuffer buffer_;
  PlaybackClock clock_;
  Phase phase_ = Phase::kWaiting;
  /// The utterance that is shown, or the one that is waited for.
  std::uint32_t utterance_ = 0;
  /// One more than the newest frame of the utterance that is shown.
  std::uint64_t newest_end_ = 0;
  /// Where `newest_end_` was when a frame was missing.
  std::uint64_t stalled_at_ = 0;
  /// When the first of the frames came that are waited for.
  std::optional<double> waiting_since_s_;
  std::optional<std::uint32_t> announced_;
  /// Utterances before it do not follow the audio player any more.
  std::uint32_t follows_from_ = 0;
  /// When the utterance before had its first sample.
  double last_zero_s_ = 0;
  std::uint64_t num_jumps_ = 0;

  /// All frames before it have been released.
  FrameKey released_;
  bool is_polled_ = false;
};

} // namespace posecast::core

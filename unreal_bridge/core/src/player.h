// What the face shows: speech, idle life between utterances, and the way to rest where neither is.
#pragma once

#include "event_queue.h"
#include "rest_easer.h"
#include "timeline.h"

namespace posecast::core {

class Player : private TimelineListener {
public:
  struct Options {
    double frame_rate_hz = 25;
    double start_delay_s = 0;
    double max_frames_s = 0;
    bool follows_audio = false;
  };
  Player(const Options& options, Counters& counters, EventQueue& events);

  void add(const Frame& frame, double now_s);
  /// An utterance has no more than `key.index` frames.
  void end(FrameKey key, double now_s);
  /// Stop: drop all from `from` on, and from now on all that is not easing of the utterances before
  /// `next_utterance`.
  void interrupt(FrameKey from, std::uint32_t next_utterance, double now_s);
  /// Forget all from a frame on, because easing ones come in their place.
  void drop_from(FrameKey from) { speech_.drop_from(from); }
  /// Drop everything, because the frames to come are of another rig.
  void clear();
  void follow(std::uint32_t utterance, double media_s, double now_s);

  bool poll(double now_s, ShownFrame& shown);
  bool sample(double now_s, ShownFrame& shown);

  std::optional<FrameKey> position(double now_s) const { return speech_.position(now_s); }
  std::size_t num_ahead(double now_s) const { return speech_.num_ahead(now_s); }
  bool is_shown() const { return speech_.is_shown(); }
  bool is_behind() const { return speech_.is_behind(); }

  /// After a gap the frames take over in this time.
  static constexpr double kTakeOver = 0.1;
  /// Idle frames are paced by the server, so little is buffered.
  static constexpr double kIdleDelay = 0.06;

private:
  /// One way to look at the face: by polled frames or by samples.
  struct View {
    RestEaser easer;
    Face taken_over_from;
    double taken_over_s = -1;
    std::uint64_t num_jumps = 0;
    ShownFrame last;
  };

  void on_started(std::uint32_t utterance) override;
  void on_played(std::uint32_t utterance) override;
  void add_idle(const Frame& frame, double now_s);
  void advance(double now_s);
  void show(View& view, ShownFrame& shown, double until_s);
  static void label_local(const View& view, double now_s, ShownFrame& shown);

  Options options_;
  EventQueue& events_;
  Timeline speech_;
  Timeline idle_;
  View polled_;
  View sampled_;
  std::uint32_t interrupted_end_ = 0;
  FrameKey idle_key_;
  std::uint32_t idle_label_ = 0;
};

} // namespace posecast::core

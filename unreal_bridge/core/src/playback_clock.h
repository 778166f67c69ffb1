// Media time: where in an utterance its listener is.
#pragma once

namespace posecast::core {

/// Runs freely from a start, or follows an audio player that tells its position now and then.
///
/// Audio players tell their position in steps of a buffer. So the clock runs on between two
/// different positions, corrects small differences little by little, never backwards, and jumps
/// only where the position really is elsewhere.
class PlaybackClock {
public:
  /// Run freely from `media_s`, which is reached at `now_s`.
  void start(double media_s, double now_s);

  enum class Followed { kStarted, kSmooth, kJumped };
  /// The audio player is at `media_s`.
  Followed follow(double media_s, double now_s);

  /// Go on without the audio player, e.g. because it has been stopped and the face must still ease.
  void run_free(double now_s);
  /// Stand still at `media_s` until the next start.
  void hold(double media_s);

  double media_s(double now_s) const;
  /// When a media time is or was reached, as far as one knows now.
  double when_s(double media_s) const { return anchor_now_s_ + (media_s - anchor_media_s_); }

  /// How long the clock runs on without a new position: longer than any usual audio buffer.
  static constexpr double kRunOn = 0.12;
  /// Beyond this a difference is a jump of the audio player.
  static constexpr double kJump = 0.2;
  /// Share of a small difference that one position corrects.
  static constexpr double kCorrection = 0.2;

private:
  enum class Mode { kHeld, kFree, kFollowing };

  Mode mode_ = Mode::kHeld;
  double anchor_media_s_ = 0;
  double anchor_now_s_ = 0;
  double told_media_s_ = 0;
  double told_now_s_ = 0;
  /// The clock does not go back below it.
  double floor_media_s_ = 0;
};

} // namespace posecast::core

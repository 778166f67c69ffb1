#include "playback_clock.h"

#include <algorithm>
#include <cmath>

namespace posecast::core {

void PlaybackClock::start(double media_s, double now_s) {
  mode_ = Mode::kFree;
  anchor_media_s_ = floor_media_s_ = media_s;
  anchor_now_s_ = now_s;
}

PlaybackClock::Followed PlaybackClock::follow(double media_s, double now_s) {
  const bool is_new = mode_ != Mode::kFollowing;
  const double predicted_s = this->media_s(now_s);
  const double error_s = media_s - predicted_s;
  if (!is_new && media_s == told_media_s_)
    return Followed::kSmooth; // the same buffer is still being played, or the player stands still
  told_media_s_ = media_s;
  told_now_s_ = now_s;
  if (is_new || std::abs(error_s) > kJump) {
    mode_ = Mode::kFollowing;
    anchor_media_s_ = floor_media_s_ = media_s;
    anchor_now_s_ = now_s;
    return is_new ? Followed::kStarted : Followed::kJumped;
  }
  floor_media_s_ = predicted_s;
  anchor_media_s_ = predicted_s + kCorrection * error_s;
  anchor_now_s_ = now_s;
  return Followed::kSmooth;
}

void PlaybackClock::run_free(double now_s) {
  start(media_s(now_s), now_s);
}

void PlaybackClock::hold(double media_s) {
  anchor_now_s_ = when_s(media_s);
  anchor_media_s_ = media_s;
  mode_ = Mode::kHeld;
}

double PlaybackClock::media_s(double now_s) const {
  switch (mode_) {
  case Mode::kHeld:
    return anchor_media_s_;
  case Mode::kFree:
    return anchor_media_s_ + (now_s - anchor_now_s_);
  case Mode::kFollowing:
    break;
  }
  const double until_s = std::min(now_s, told_now_s_ + kRunOn);
  return std::max(floor_media_s_, anchor_media_s_ + (until_s - anchor_now_s_));
}

} // namespace posecast::core

#include "timeline.h"

#include "interpolation.h"

#include <algorithm>
#include <cmath>

namespace posecast::core {

namespace {

// Media times are quotients and differences of doubles; a frame is due although the last digit is
// not.
constexpr double kRounding = 1e-6;

} // namespace

Timeline::Timeline(const Options& options, Counters& counters, TimelineListener* listener)
    : options_(options), counters_(counters), listener_(listener), buffer_(options.capacity) {}

void Timeline::add(const Frame& frame, double now_s) {
  advance(now_s); // what was missing until now was missing
  if (frame.key.utterance < utterance_ || is_late(frame, now_s)) {
    counters_.frames_late += frame.kind == FrameKind::kSpeech;
    return;
  }
  const bool is_complete = !buffer_.empty() && buffer_.back().kind == FrameKind::kEnd &&
                           buffer_.back().key.utterance == frame.key.utterance;
  switch (is_complete ? FrameBuffer::Pushed::kOutOfOrder : buffer_.push(frame)) {
  case FrameBuffer::Pushed::kOutOfOrder:
    counters_.frames_malformed += frame.kind != FrameKind::kEnd; // an easing ends it before the end
    return;
  case FrameBuffer::Pushed::kStoredAndDroppedOldest:
    ++counters_.frames_dropped;
    break;
  case FrameBuffer::Pushed::kStored:
    break;
  }
  if (is_shown() && frame.key.utterance == utterance_ && frame.kind != FrameKind::kEnd)
    newest_end_ = frame.key.index + 1;
  advance(now_s);
}

bool Timeline::is_late(const Frame& frame, double now_s) const {
  return options_.follows_audio && is_shown() && frame.kind == FrameKind::kSpeech &&
         frame.key.utterance == utterance_ &&
         media_s(frame.key.index) < clock_.media_s(now_s) - kLate;
}

void Timeline::drop_from(FrameKey key) {
  buffer_.drop_from(key);
  released_ = std::min(released_, key);
  if (!is_shown() || key.utterance > utterance_)
    return;
  newest_end_ = key.utterance < utterance_ ? 0 : std::min(newest_end_, key.index);
  stalled_at_ = std::min(stalled_at_, newest_end_);
}

void Timeline::clear() {
  if (is_shown())
    finish(utterance_);
  if (!buffer_.empty())
    utterance_ = std::max(utterance_, buffer_.back().key.utterance + 1);
  buffer_.clear();
  waiting_since_s_.reset();
}

void Timeline::follow(std::uint32_t utterance, double media_s, double now_s) {
  advance(now_s);
  if (utterance < utterance_ || utterance < follows_from_)
    return;
  if (!is_shown() || utterance != utterance_) {
    if (is_shown())
      finish(utterance_);
    begin(utterance);
    clock_.hold(0);
  }
  const auto followed = clock_.follow(media_s, now_s);
  if (followed == PlaybackClock::Followed::kSmooth)
    return;
  const FrameKey position{utterance_, index_at(now_s)};
  if (followed == PlaybackClock::Followed::kJumped) {
    ++counters_.clock_jumps;
    ++num_jumps_;
    released_ = position;
  }
  released_ = std::max(released_, position);
}

void Timeline::run_free(double now_s) {
  if (!is_shown() || !options_.follows_audio)
    return;
  clock_.run_free(now_s);
  follows_from_ = utterance_ + 1;
}

void Timeline::advance(double now_s) {
  while (step(now_s)) {
  }
}

bool Timeline::step(double now_s) {
  return phase_ == Phase::kWaiting ? wait(now_s) : play(now_s);
}

/// Before an utterance: begin with it once it is ready.
bool Timeline::wait(double now_s) {
  const std::size_t first = buffer_.count_before({utterance_, 0});
  if (first == buffer_.size())
    return false;
  const Frame& frame = buffer_[first];
  const FrameKey key = frame.key;
  if (frame.kind == FrameKind::kEnd || frame.kind == FrameKind::kEasing) {
    finish(key.utterance); // nothing of it was ever shown, nor will be
    released_ = std::max(released_, {utterance_, 0});
    return true;
  }
  if (!is_ready(first, now_s))
    return false;
  if (listener_ != nullptr && announced_ != key.utterance)
    listener_->on_started(key.utterance);
  announced_ = key.utterance;
  if (options_.follows_audio)
    return false; // the audio begins it
  clock_.start(media_s(key.index), std::min(now_s, *waiting_since_s_ + options_.start_delay_s));
  begin(key.utterance);
  return true;
}

/// Within an utterance: is it over, or is a frame missing?
bool Timeline::play(double now_s) {
  const std::uint64_t index = index_at(now_s);
  const std::size_t end = buffer_.count_before({utterance_ + 1, 0});
  const bool has_end = end > 0 && buffer_[end - 1].key.utterance == utterance_ &&
                       buffer_[end - 1].kind == FrameKind::kEnd;
  const bool is_complete = has_end || end < buffer_.size();
  if (is_complete && index >= (has_end ? buffer_[end - 1].key.index : newest_end_)) {
    finish(utterance_);
    return true;
  }
  if (phase_ == Phase::kStalled)
    return resume(now_s);
  return index >= newest_end_ && !is_complete && stall();
}

bool Timeline::stall() {
  phase_ = Phase::kStalled;
  ++counters_.underruns;
  stalled_at_ = newest_end_;
  waiting_since_s_.reset();
  if (!options_.follows_audio)
    clock_.hold(media_s(newest_end_));
  return true;
}

bool Timeline::resume(double now_s) {
  const std::size_t next = buffer_.count_before({utterance_, stalled_at_});
  if (next == buffer_.size() || buffer_[next].key.utterance != utterance_ ||
      buffer_[next].kind == FrameKind::kEnd)
    return false;
  if (is_waiting_for_frames()) {
    if (buffer_[next].kind != FrameKind::kEasing && !is_ready(next, now_s))
      return false;
    const double ready_s = waiting_since_s_.value_or(now_s) + options_.start_delay_s;
    clock_.start(media_s(buffer_[next].key.index), std::min(now_s, ready_s));
  } else if (index_at(now_s) >= newest_end_) {
    return false; // what came is over already
  }
  phase_ = Phase::kPlaying;
  return true;
}

void Timeline::begin(std::uint32_t utterance) {
  utterance_ = utterance;
  phase_ = Phase::kPlaying;
  waiting_since_s_.reset();
  const std::size_t end = buffer_.count_before({utterance + 1, 0});
  const bool has_frames = end > 0 && buffer_[end - 1].key.utterance == utterance;
  const bool has_end = has_frames && buffer_[end - 1].kind == FrameKind::kEnd;
  newest_end_ = has_frames ? buffer_[end - 1].key.index + (has_end ? 0 : 1) : 0;
}

void Timeline::finish(std::uint32_t utterance) {
  if (is_shown()) {
    last_zero_s_ = clock_.when_s(0);
    if (listener_ != nullptr)
      listener_->on_played(utterance);
  }
  utterance_ = utterance + 1;
  phase_ = Phase::kWaiting;
  waiting_since_s_.reset();
}

/// Whether enough is buffered from the frame at `first` on, or has been waited for long enough.
bool Timeline::is_ready(std::size_t first, double now_s) {
  if (!waiting_since_s_)
    waiting_since_s_ = now_s;
  const std::uint32_t utterance = buffer_[first].key.utterance;
  if (buffer_.back().key.utterance > utterance || buffer_.back().kind == FrameKind::kEnd)
    return true;
  const double buffered_s = static_cast<double>(buffer_.size() - first) / rate_hz_;
  return buffered_s + kRounding >= options_.start_delay_s ||
         now_s + kRounding >= *waiting_since_s_ + options_.start_delay_s;
}

bool Timeline::release(double now_s, ShownFrame& shown) {
  is_polled_ = true;
  std::size_t next = buffer_.count_before(released_);
  while (next < buffer_.size() && buffer_[next].kind == FrameKind::kEnd)
    ++next;
  if (next == buffer_.size() || !is_due(buffer_[next].key, now_s)) {
    prune(now_s);
    return false;
  }
  const FrameKey key = buffer_[next].key;
  shown = {buffer_[next], media_s(key.index), due_s(key), false};
  released_ = {key.utterance, key.index + 1};
  ++counters_.frames_released;
  prune(now_s);
  return true;
}

bool Timeline::sample(double now_s, ShownFrame& shown) {
  if (!is_shown() || is_waiting_for_frames()) {
    prune(now_s);
    return false;
  }
  const double media = clock_.media_s(now_s);
  const FrameKey key{utterance_, index_at(now_s)};
  const Frame* before = buffer_.find(key);
  if (before == nullptr)
    return false;
  shown = {*before, media, now_s, false};
  if (const Frame* after = buffer_.find({key.utterance, key.index + 1}))
    shown.frame.face =
        mix(before->face, after->face, media * rate_hz_ - static_cast<double>(key.index));
  prune(now_s);
  return true;
}

std::optional<FrameKey> Timeline::position(double now_s) const {
  if (!is_shown())
    return std::nullopt;
  const FrameKey first{utterance_, 0};
  if (is_polled_)
    return std::max(first, released_);
  return FrameKey{utterance_, is_waiting_for_frames() ? stalled_at_ : index_at(now_s) + 1};
}

std::size_t Timeline::num_ahead(double now_s) const {
  return buffer_.size() - buffer_.count_before({utterance_, is_shown() ? index_at(now_s) + 1 : 0});
}

bool Timeline::is_waiting_for_frames() const {
  return phase_ == Phase::kStalled && !options_.follows_audio;
}

bool Timeline::is_due(FrameKey key, double now_s) const {
  if (key.utterance != utterance_ || !is_shown())
    return key.utterance < utterance_;
  return is_waiting_for_frames() ? key.index < stalled_at_ : key.index <= index_at(now_s);
}

std::uint64_t Timeline::index_at(double now_s) const {
  const double index = std::floor(clock_.media_s(now_s) * rate_hz_ + kRounding);
  return index > 0 ? static_cast<std::uint64_t>(index) : 0;
}

double Timeline::due_s(FrameKey key) const {
  if (key.utterance == utterance_ && is_shown())
    return clock_.when_s(media_s(key.index));
  // Who polls so rarely that two utterances were over meanwhile learns less about the first.
  return last_zero_s_ + (key.utterance + 1 == utterance_ ? media_s(key.index) : 0);
}

/// Forget what is over and was released, if anyone polls at all.
void Timeline::prune(double now_s) {
  const FrameKey shown{utterance_, is_shown() ? index_at(now_s) : 0};
  buffer_.drop_before(is_polled_ ? std::min(shown, released_) : shown);
}

} // namespace posecast::core

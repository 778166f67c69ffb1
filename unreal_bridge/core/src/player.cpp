#include "player.h"

#include "interpolation.h"

namespace posecast::core {

namespace {

// Idle life is paced 0.1 s ahead; what is beyond this was not shown for a long time.
constexpr double kMaxIdleS = 2;

Timeline::Options speech_options(const Player::Options& options) {
  const double with_reserve_s = options.max_frames_s * 1.25;
  return {static_cast<std::size_t>(with_reserve_s * options.frame_rate_hz), options.start_delay_s,
          options.follows_audio};
}

Timeline::Options idle_options(const Player::Options& options) {
  return {static_cast<std::size_t>(kMaxIdleS * options.frame_rate_hz), Player::kIdleDelay, false};
}

} // namespace

Player::Player(const Options& options, Counters& counters, EventQueue& events)
    : options_(options), events_(events), speech_(speech_options(options), counters, this),
      idle_(idle_options(options), counters, nullptr) {
  speech_.set_rate(options.frame_rate_hz);
  idle_.set_rate(options.frame_rate_hz);
}

void Player::add(const Frame& frame, double now_s) {
  if (frame.kind == FrameKind::kIdle) {
    add_idle(frame, now_s);
    return;
  }
  if (frame.kind != FrameKind::kEasing && frame.key.utterance < interrupted_end_)
    return; // it was on its way when the speech was stopped
  speech_.add(frame, now_s);
}

void Player::add_idle(const Frame& frame, double now_s) {
  if (frame.key.index <= idle_key_.index)
    ++idle_key_.utterance; // each idle time counts from 0 again
  idle_key_.index = frame.key.index;
  idle_label_ = frame.key.utterance;
  Frame idle = frame;
  idle.key = idle_key_;
  idle_.add(idle, now_s);
}

void Player::end(FrameKey key, double now_s) {
  speech_.add({key, FrameKind::kEnd, {}}, now_s);
}

void Player::interrupt(FrameKey from, std::uint32_t next_utterance, double now_s) {
  advance(now_s);
  speech_.run_free(now_s);
  speech_.drop_from(from);
  interrupted_end_ = next_utterance;
}

void Player::clear() {
  speech_.drop_from({}); // what is open goes on with the frames to come
  idle_.clear();
}

void Player::follow(std::uint32_t utterance, double media_s, double now_s) {
  speech_.follow(utterance, media_s, now_s);
}

void Player::advance(double now_s) {
  speech_.advance(now_s);
  if (speech_.is_shown())
    idle_.clear();
  idle_.advance(now_s);
}

bool Player::poll(double now_s, ShownFrame& shown) {
  advance(now_s);
  if (speech_.release(now_s, shown) || (!speech_.is_shown() && idle_.release(now_s, shown))) {
    show(polled_, shown, shown.due_s + 1 / options_.frame_rate_hz);
    return true;
  }
  if (!polled_.easer.next_step(now_s, options_.frame_rate_hz, shown.frame.face, shown.due_s))
    return false;
  const double due_s = shown.due_s;
  label_local(polled_, due_s, shown);
  return true;
}

bool Player::sample(double now_s, ShownFrame& shown) {
  advance(now_s);
  if (speech_.sample(now_s, shown) || (!speech_.is_shown() && idle_.sample(now_s, shown))) {
    show(sampled_, shown, now_s);
    return true;
  }
  if (!sampled_.easer.face_at(now_s, shown.frame.face))
    return false;
  label_local(sampled_, now_s, shown);
  return true;
}

/// A frame came: let it take over where there was a gap, and remember it.
void Player::show(View& view, ShownFrame& shown, double until_s) {
  const bool is_speech_again =
      shown.frame.kind == FrameKind::kSpeech && shown.frame.key.index > 0 && view.easer.has_eased();
  if (is_speech_again || view.num_jumps != speech_.num_jumps()) {
    view.num_jumps = speech_.num_jumps();
    view.taken_over_from = view.easer.last();
    view.taken_over_s = shown.due_s;
  }
  const double share = (shown.due_s - view.taken_over_s) / kTakeOver;
  if (view.taken_over_s >= 0 && share < 1)
    shown.frame.face = mix(view.taken_over_from, shown.frame.face, smooth_share(share));
  if (shown.frame.kind == FrameKind::kIdle)
    shown.frame.key.utterance = idle_label_;
  view.easer.show(shown.frame.face, until_s);
  view.last = shown;
}

void Player::label_local(const View& view, double now_s, ShownFrame& shown) {
  shown.frame.key = view.last.frame.key;
  shown.frame.kind = view.last.frame.kind;
  shown.time_s = view.last.time_s;
  shown.due_s = now_s;
  shown.is_local = true;
}

void Player::on_started(std::uint32_t utterance) {
  Event event;
  event.kind = EventKind::kFirstFrame;
  event.utterance = utterance;
  events_.push(event);
}

void Player::on_played(std::uint32_t utterance) {
  Event event;
  event.kind = EventKind::kUtterancePlayed;
  event.utterance = utterance;
  events_.push(event);
}

} // namespace posecast::core

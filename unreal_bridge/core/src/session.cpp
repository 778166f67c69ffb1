#include "session.h"

#include "responses.h"

#include <algorithm>
#include <limits>

namespace posecast::core {

namespace {

// No utterance of the contract is nearly as long; larger indices are not believed.
constexpr std::uint64_t kMaxIndex = std::uint64_t{1} << 40;

Player::Options player_options(const Options& options) {
  return {static_cast<double>(options.frame_rate_hz), options.start_delay_s, options.max_frames_s,
          options.follows_audio};
}

} // namespace

Session::Session(const Options& options)
    : options_(options), events_(counters_), player_(player_options(options), counters_, events_),
      outbox_(static_cast<std::size_t>(options.max_audio_s * options.sample_rate_hz),
              options.num_channels),
      settings_(options.settings) {}

std::size_t Session::push_audio(std::span<const std::int16_t> values) {
  const std::size_t num_taken = outbox_.push(values);
  counters_.samples_pushed += num_taken;
  counters_.samples_refused += values.size() / options_.num_channels - num_taken;
  return num_taken;
}

void Session::follow(std::uint32_t utterance, double media_s, double now_s) {
  if (options_.follows_audio)
    player_.follow(utterance, media_s, now_s);
}

void Session::interrupt(std::optional<FrameKey> place, double now_s) {
  const std::uint32_t num_utterances = outbox_.utterance() + (outbox_.is_open() ? 1 : 0);
  const std::optional<FrameKey> position = place ? place : player_.position(now_s);
  const FrameKey from = position.value_or(FrameKey{});
  const bool is_asked = ask_to_stop(from, position.has_value());
  const std::uint32_t first_unsent = outbox_.front_utterance();
  const std::uint64_t frames_sent = frames_before(outbox_.front_sample());
  outbox_.interrupt();
  interrupted_end_ = num_utterances;
  player_.interrupt(from, num_utterances, now_s);
  if (!is_asked && position)
    player_.end(from, now_s);
  for (std::uint32_t u = first_unsent; u < num_utterances; ++u) {
    const bool is_shown = position && position->utterance == u;
    const std::uint64_t num_sent = u == first_unsent ? frames_sent : 0;
    if (sent_.by_utterance(u) == nullptr)
      end_locally(u, is_shown ? std::min(num_sent, from.index) : num_sent, false, now_s);
  }
}

/// Ask the server to stop what it has. False if no easing frames are to be expected.
bool Session::ask_to_stop(FrameKey from, bool is_shown) {
  if (!has_header_)
    return false;
  v1::Interrupt message;
  bool is_named = false;
  if (const SentUtterance* sent = is_shown ? sent_.by_utterance(from.utterance) : nullptr;
      sent != nullptr && sent->num_frames > 0) {
    const std::uint64_t end = sent->first_frame + sent->num_frames;
    const std::uint64_t index = std::clamp(from.index, sent->first_frame, end);
    message.set_utterance_index(sent->server_index);
    message.set_frame_index(index - sent->first_frame);
    is_named = true;
  }
  if (!is_named && !sent_.has_unended())
    return false;
  if (is_named || !interrupt_)
    interrupt_ = message;
  sent_.stop_all();
  return true;
}

State Session::state() const {
  switch (connection_) {
  case Connection::kConnecting:
    return State::kConnecting;
  case Connection::kReconnecting:
    return State::kReconnecting;
  case Connection::kFailed:
    return State::kFailed;
  case Connection::kConnected:
    break;
  }
  if (!player_.is_shown())
    return State::kWaiting;
  return player_.is_behind() ? State::kBehind : State::kReceiving;
}

void Session::begin_stream(double now_s, v1::AnimateRequest& config) {
  sent_ = {};
  interrupt_.reset();
  has_header_ = false;
  began_s_ = last_heard_s_ = now_s;
  if (connection_ == Connection::kReconnecting && options_.latency_mode == LatencyMode::kRealtime)
    counters_.samples_lost +=
        outbox_.drop_stale(static_cast<std::size_t>(kStaleS * options_.sample_rate_hz));
  Settings settings = settings_;
  if (settings.seed)
    *settings.seed += seed_base();
  write_config(options_, settings, config);
}

bool Session::next_request(double now_s, v1::AnimateRequest& request) {
  if (!has_header_)
    return false;
  request.Clear();
  if (interrupt_) {
    *request.mutable_interrupt() = *interrupt_;
    interrupt_.reset();
    return true;
  }
  const auto most_samples = static_cast<std::size_t>(kPieceS * options_.sample_rate_hz);
  while (!outbox_.has_audio_first() || may_send_audio(now_s)) {
    if (!outbox_.pop(most_samples, piece_))
      return false;
    if (write_piece(piece_, request))
      return true;
  }
  return false;
}

bool Session::may_send_audio(double now_s) const {
  const double in_flight_s = sent_.in_flight_s(options_.sample_rate_hz, options_.frame_rate_hz);
  const double ahead_s = static_cast<double>(player_.num_ahead(now_s)) / options_.frame_rate_hz;
  return in_flight_s < kMaxInFlightS && in_flight_s + ahead_s < options_.max_frames_s;
}

bool Session::write_piece(Outgoing& piece, v1::AnimateRequest& request) {
  switch (piece.kind) {
  case Outgoing::Kind::kAudio:
    return write_audio_piece(piece, request);
  case Outgoing::Kind::kEnd:
    if (sent_.current() == nullptr)
      sent_.open(piece.utterance, frames_before(piece.first_sample));
    sent_.current()->state = SentUtterance::State::kIsEnding;
    request.mutable_end_of_utterance();
    return true;
  case Outgoing::Kind::kUpdate:
    break;
  }
  write_update(std::move(piece.settings), request);
  return true;
}

bool Session::write_audio_piece(Outgoing& piece, v1::AnimateRequest& request) {
  std::span<const std::int16_t> values = piece.values;
  SentUtterance* sent = sent_.current();
  if (sent == nullptr) {
    // After a lost connection an utterance goes on at a border of frames, or its frames would lie
    // between those that were shown.
    const std::uint64_t first_frame = frames_before(piece.first_sample);
    const std::uint64_t num_samples = values.size() / options_.num_channels;
    const std::uint64_t num_skipped =
        std::min(samples_before(first_frame) - piece.first_sample, num_samples);
    counters_.samples_lost += num_skipped;
    values = values.subspan(num_skipped * options_.num_channels);
    if (values.empty())
      return false;
    sent = &sent_.open(piece.utterance, first_frame);
  }
  const std::uint64_t num_samples = values.size() / options_.num_channels;
  sent->num_samples += num_samples;
  counters_.samples_sent += num_samples;
  write_audio(values, request);
  return true;
}

void Session::write_update(Settings settings, v1::AnimateRequest& request) {
  settings_.merge(settings);
  if (settings.seed)
    *settings.seed += seed_base();
  write_settings(settings, *request.mutable_update()->mutable_settings());
}

/// What to add to the server's numbers of utterances: it counts, and seeds, from 0 on every stream.
std::uint64_t Session::seed_base() const {
  if (const SentUtterance* sent = sent_.current())
    return std::uint64_t{sent->utterance} - sent->server_index;
  return std::uint64_t{outbox_.front_utterance()} - sent_.next_server_index();
}

bool Session::handle(const v1::AnimateResponse& response, double now_s) {
  last_heard_s_ = now_s;
  switch (response.part_case()) {
  case v1::AnimateResponse::kHeader:
    return handle_header(response.header());
  case v1::AnimateResponse::kFrames:
    if (has_header_)
      handle_frames(response.frames(), now_s);
    return true;
  case v1::AnimateResponse::kEnd:
    if (has_header_)
      handle_end(response.end(), now_s);
    return true;
  case v1::AnimateResponse::PART_NOT_SET:
    break;
  }
  return true; // a part of a newer server
}

bool Session::handle_header(const v1::AnimationHeader& header) {
  const std::string fault = fault_of(header, options_.frame_rate_hz);
  if (!fault.empty()) {
    last_error_ = fault;
    return false;
  }
  std::vector<std::string> names(header.rig().curve_names().begin(),
                                 header.rig().curve_names().end());
  if (names != curve_names_ && !curve_names_.empty())
    player_.clear();
  curve_names_ = std::move(names);
  if (!settings_.seed)
    settings_.seed = header.seed() - seed_base();
  longest_wait_s_ = header.window_frames() * 0.04 + header.look_ahead_ms() * 0.001 + 1;
  has_header_ = true;
  if (connection_ == Connection::kReconnecting)
    ++counters_.reconnections;
  connection_ = Connection::kConnected;
  Event event;
  event.kind = EventKind::kHeader;
  event.seed = header.seed();
  event.set_message("server " + header.server_version() + ", model " + header.model().name() + " " +
                    header.model().version() + ", stream " + header.stream_id());
  events_.push(event);
  return true;
}

void Session::handle_frames(const v1::FrameBatch& batch, double now_s) {
  SentUtterance* sent = sent_.by_server_index(batch.utterance_index());
  if (sent == nullptr && !batch.is_idle())
    return; // it ended so long ago that it is not known any more
  const std::uint32_t utterance = batch.is_idle() ? outbox_.front_utterance() : sent->utterance;
  const std::uint64_t first_frame = batch.is_idle() ? 0 : sent->first_frame;
  Frame frame;
  frame.kind = batch.is_idle()     ? FrameKind::kIdle
               : batch.is_easing() ? FrameKind::kEasing
                                   : FrameKind::kSpeech;
  for (const v1::FaceFrame& message : batch.frames()) {
    ++counters_.frames_received;
    if (message.index() >= kMaxIndex || !read_face(message, curve_names_.size(), frame.face)) {
      ++counters_.frames_malformed;
      continue;
    }
    frame.key = {utterance, first_frame + message.index()};
    if (frame.kind == FrameKind::kEasing && &message == &batch.frames(0))
      player_.drop_from(frame.key);
    player_.add(frame, now_s);
    if (sent != nullptr && !batch.is_idle())
      sent->num_frames = message.index() + 1;
  }
  if (frame.kind == FrameKind::kEasing)
    player_.end({utterance, frame.key.index + 1}, now_s);
}

void Session::handle_end(const v1::UtteranceEnd& end, double now_s) {
  SentUtterance* sent = sent_.by_server_index(end.utterance_index());
  if (sent == nullptr || sent->state == SentUtterance::State::kEnded)
    return;
  sent->state = SentUtterance::State::kEnded;
  Event event;
  event.kind = EventKind::kUtteranceEnd;
  event.utterance = sent->utterance;
  event.num_frames = sent->first_frame + std::min(end.num_frames(), kMaxIndex);
  event.audio_duration_s = end.audio_duration_s();
  event.was_interrupted = end.was_interrupted();
  events_.push(event);
  player_.end({event.utterance, event.num_frames}, now_s);
}

/// An utterance that the server will not end.
void Session::end_locally(std::uint32_t utterance, std::uint64_t num_frames, bool was_lost,
                          double now_s) {
  Event event;
  event.kind = EventKind::kUtteranceEnd;
  event.utterance = utterance;
  event.num_frames = num_frames;
  event.was_lost = was_lost;
  event.was_interrupted = !was_lost;
  events_.push(event);
  player_.end({utterance, num_frames}, now_s);
}

std::string Session::overdue(double now_s) {
  if (!has_header_) {
    if (now_s - began_s_ <= options_.connect_timeout_s)
      return {};
    return "no answer from " + options_.address + " in time";
  }
  const bool is_owed =
      sent_.has_owed_end() ||
      sent_.in_flight_s(options_.sample_rate_hz, options_.frame_rate_hz) > longest_wait_s_;
  if (!is_owed)
    last_heard_s_ = now_s;
  if (now_s - last_heard_s_ <= options_.idle_timeout_s)
    return {};
  return options_.address + " owes frames and is silent";
}

void Session::end_stream(double now_s) {
  has_header_ = false;
  if (const auto position = player_.position(now_s);
      position && position->utterance < interrupted_end_)
    player_.end(*position, now_s); // the easing frames will not come
  for (SentUtterance& sent : sent_) {
    if (sent.state == SentUtterance::State::kEnded)
      continue;
    const std::uint64_t num_answered = samples_before(sent.num_frames);
    if (sent.num_samples > num_answered)
      counters_.samples_lost += sent.num_samples - num_answered;
    if (sent.state == SentUtterance::State::kOpen)
      continue; // it goes on with the next stream
    const bool was_lost = sent.state == SentUtterance::State::kIsEnding;
    end_locally(sent.utterance, sent.first_frame + sent.num_frames, was_lost, now_s);
  }
  sent_ = {};
}

void Session::report_break(int status, const std::string& reason, std::uint32_t attempt) {
  last_error_ = reason;
  if (connection_ != Connection::kConnecting)
    connection_ = Connection::kReconnecting;
  Event event;
  event.kind = EventKind::kReconnecting;
  event.status = status;
  event.attempt = attempt;
  event.set_message(reason);
  events_.push(event);
}

void Session::fail(int status, const std::string& reason) {
  last_error_ = reason;
  connection_ = Connection::kFailed;
  Event event;
  event.kind = EventKind::kError;
  event.status = status;
  event.set_message(reason);
  events_.push(event);
}

/// Frames that begin before a sample.
std::uint64_t Session::frames_before(std::uint64_t sample) const {
  return (sample * options_.frame_rate_hz + options_.sample_rate_hz - 1) / options_.sample_rate_hz;
}

/// Samples before the first one of a frame.
std::uint64_t Session::samples_before(std::uint64_t frame) const {
  return frame * options_.sample_rate_hz / options_.frame_rate_hz;
}

} // namespace posecast::core

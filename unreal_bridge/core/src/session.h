// The life of a client, apart from threads and network: what its streams say and what its caller
// asks.
#pragma once

#include "outbox.h"
#include "player.h"
#include "requests.h"
#include "sent_utterances.h"

namespace posecast::core {

enum class State { kConnecting, kWaiting, kReceiving, kBehind, kReconnecting, kFailed };

/// Not thread-safe; its owner holds a lock. Every time is given, so that tests need no clock.
class Session {
public:
  explicit Session(const Options& options);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // The caller's side.
  std::size_t push_audio(std::span<const std::int16_t> values);
  bool end_utterance() { return outbox_.end_utterance(); }
  bool update(const Settings& settings) { return outbox_.update(settings); }
  /// Stop at a frame, or at what would be shown next.
  void interrupt(std::optional<FrameKey> place, double now_s);
  void follow(std::uint32_t utterance, double media_s, double now_s);
  bool poll(double now_s, ShownFrame& shown) { return player_.poll(now_s, shown); }
  bool sample(double now_s, ShownFrame& shown) { return player_.sample(now_s, shown); }
  bool poll_event(Event& event) { return events_.pop(event); }
  State state() const;
  std::uint32_t utterance() const { return outbox_.utterance(); }
  /// Samples of each channel that were not taken because the queue is full.
  void count_refused(std::size_t num_samples) { counters_.samples_refused += num_samples; }
  const Counters& counters() const { return counters_; }
  std::size_t frames_waiting(double now_s) const { return player_.num_ahead(now_s); }
  std::size_t samples_waiting() const { return outbox_.num_samples(); }
  const std::vector<std::string>& curve_names() const { return curve_names_; }
  const std::string& last_error() const { return last_error_; }
  void set_last_error(std::string text) { last_error_ = std::move(text); }

  // The stream's side.
  /// A stream is opened: its first message.
  void begin_stream(double now_s, v1::AnimateRequest& config);
  /// The next message. False if nothing waits, or what waits must not be sent yet.
  bool next_request(double now_s, v1::AnimateRequest& request);
  /// A message came. False if it breaks the contract, which `last_error` then tells.
  bool handle(const v1::AnimateResponse& response, double now_s);
  /// What the server owes and has not sent in time, or nothing.
  std::string overdue(double now_s);
  /// The stream is over: what was under way on it is lost.
  void end_stream(double now_s);
  /// Another attempt follows.
  void report_break(int status, const std::string& reason, std::uint32_t attempt);
  /// No other attempt follows.
  void fail(int status, const std::string& reason);
  bool has_header() const { return has_header_; }

  /// Audio goes out in pieces of this.
  static constexpr double kPieceS = 0.1;
  /// Most audio without frames: more would fill the server and keep an interrupt from getting
  /// through.
  static constexpr double kMaxInFlightS = 10;
  /// Audio of a microphone that is older when a connection is back is not worth sending.
  static constexpr double kStaleS = 0.5;

private:
  enum class Connection { kConnecting, kConnected, kReconnecting, kFailed };

  bool may_send_audio(double now_s) const;
  bool write_piece(Outgoing& piece, v1::AnimateRequest& request);
  bool write_audio_piece(Outgoing& piece, v1::AnimateRequest& request);
  void write_update(Settings settings, v1::AnimateRequest& request);
  bool ask_to_stop(FrameKey from, bool is_shown);
  bool handle_header(const v1::AnimationHeader& header);
  void handle_frames(const v1::FrameBatch& batch, double now_s);
  void handle_end(const v1::UtteranceEnd& end, double now_s);
  void end_locally(std::uint32_t utterance, std::uint64_t num_frames, bool was_lost, double now_s);
  std::uint64_t frames_before(std::uint64_t sample) const;
  std::uint64_t samples_before(std::uint64_t frame) const;
  std::uint64_t seed_base() const;

  Options options_;
  Counters counters_;
  EventQueue events_;
  Player player_;
  Outbox outbox_;
  SentUtterances sent_;
  Settings settings_;
  Outgoing piece_;
  std::optional<v1::Interrupt> interrupt_;
  std::uint32_t interrupted_end_ = 0;

  Connection connection_ = Connection::kConnecting;
  bool has_header_ = false;
  std::vector<std::string> curve_names_;
  double longest_wait_s_ = 0;
  double began_s_ = 0;
  double last_heard_s_ = 0;
  std::string last_error_;
};

} // namespace posecast::core

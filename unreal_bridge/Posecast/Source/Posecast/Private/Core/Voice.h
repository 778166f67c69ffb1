// A stream of one character: speech goes in, the face of what is heard comes out.
#pragma once

#include "CaptureRing.h"
#include "Connection.h"
#include "CoreLibrary.h"
#include "HeardSamples.h"
#include "LiveLinkFace.h"
#include "SpeechLines.h"
#include "StatusText.h"
#include "UtteranceCutter.h"

namespace posecast::plugin {

struct VoiceOptions {
  Connection connection;
  /// What `connection.root_certificates_file` holds.
  std::string root_certificates_pem;
  /// What is wrong already, e.g. that this file cannot be read: nothing is connected then.
  std::string fault;
  /// Whether lines are heard from here, and the face follows what is heard; else it follows its own
  /// clock.
  bool is_heard_here = true;
  double most_wait_s = 1;
  /// From the audio player's count to the ear.
  double output_latency_s = 0;
};

struct VoiceEvent {
  enum class Kind : std::uint8_t { kFirstFrame, kEnd, kError };
  Kind kind = Kind::kError;
  /// -1 where the server never got the line.
  std::int64_t utterance = -1;
  bool was_interrupted = false;
  std::string message;
};

/// All of it on the game thread; only the rings of captures are written elsewhere.
class Voice {
public:
  /// `functions` are nothing where there is no library; `library_fault` then tells why.
  Voice(const CoreFunctions* functions, std::string library_fault);
  ~Voice();
  Voice(const Voice&) = delete;
  Voice& operator=(const Voice&) = delete;

  /// Begins to connect. Returns: what is wrong, or nothing.
  std::string open(const VoiceOptions& options);
  void close();
  bool is_open() const { return client_ != nullptr; }
  /// Whether it is open and has not failed for good.
  bool is_usable() const;
  bool is_heard_here() const { return options_.is_heard_here; }

  void say(const float* samples, std::size_t num_samples, std::uint32_t num_channels,
           std::uint32_t sample_rate_hz);
  void end_line();
  /// Stops speaking at once; the caller's audio player forgets what it has.
  void interrupt();
  /// Returns: what is wrong, or nothing.
  std::string set_style(const std::string& name, double strength);

  /// Lets an audio thread write into a ring, until the end of the capture.
  std::shared_ptr<CaptureRing> begin_capture();
  void end_capture();
  bool is_capturing() const { return capture_ != nullptr; }

  /// Once a rendered frame. `num_played`: samples that the audio player has consumed since the last
  /// interrupt.
  void tick(double now_s, std::uint64_t num_played);
  /// Appends what the audio player shall play next, mono 16-bit at kPlayRateHz.
  void take_playable(std::vector<std::int16_t>& out);
  bool is_speaking() const { return lines_.num_lines() > 0; }

  bool poll_event(VoiceEvent& event);
  /// The next frame that is due, each once.
  bool poll_frame(posecast_frame& frame);
  /// The face of this very moment.
  bool sample(posecast_frame& frame);
  HeadRotator head_of(const posecast_frame& frame) const;
  const FaceLayout& layout() const { return layout_; }

  StatusFacts status() const;
  const Connection& connection() const { return options_.connection; }

private:
  class CoreSink;

  void feed_capture();
  void push_captured(const std::vector<float>& samples);
  void read_events();
  void read_event(const posecast_event& event);
  void read_curve_names();
  void add_event(VoiceEvent event);
  std::string last_error() const;

  const CoreFunctions* functions_;
  std::string library_fault_;
  std::string open_fault_;
  VoiceOptions options_;
  posecast_client* client_ = nullptr;
  SpeechLines lines_{{}};
  FaceLayout layout_;
  std::deque<VoiceEvent> events_;
  double now_s_ = 0;
  std::uint64_t num_played_ = 0;
  HeardSamples heard_;

  std::shared_ptr<CaptureRing> capture_;
  std::unique_ptr<Resampler> capture_resampler_;
  std::vector<float> captured_;
  UtteranceCutter cutter_;
  /// Captured samples that were lost; a line that the core does not take at once is fed again.
  std::uint64_t num_lost_ = 0;
};

} // namespace posecast::plugin

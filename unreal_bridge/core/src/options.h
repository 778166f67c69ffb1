// How a client connects and what it sends.
#pragma once

#include "settings.h"

namespace posecast::core {

enum class LatencyMode { kDefault, kOffline, kBalanced, kRealtime };

struct Options {
  std::string address;
  std::string token;
  bool uses_tls = false;
  std::string root_certificates_pem;
  std::string client_certificate_pem;
  std::string client_key_pem;
  std::string server_name;

  std::uint32_t sample_rate_hz = 0;
  std::uint32_t num_channels = 1;
  std::uint32_t frame_rate_hz = 25;
  LatencyMode latency_mode = LatencyMode::kDefault;
  std::uint32_t window_frames = 0;
  std::uint32_t look_ahead_ms = 0;
  bool idles = false;
  bool follows_audio = false;
  Settings settings;

  double start_delay_s = 0.16;
  double max_audio_s = 30;
  double max_frames_s = 20;
  double connect_timeout_s = 5;
  double idle_timeout_s = 15;
};

} // namespace posecast::core

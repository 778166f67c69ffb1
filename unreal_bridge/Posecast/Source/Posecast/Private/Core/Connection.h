// How to reach the server and what to make of its face, and the same as one line of text.
#pragma once

#include "HeadScale.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace posecast::plugin {

/// Where a subject's audio comes from, if no component speaks for it.
enum class Capture : std::uint8_t { kNone, kMicrophone, kGame };

/// How much audio the server waits for; the contract tells the windows.
enum class Latency : std::uint8_t { kDefault, kOffline, kBalanced, kRealtime };

struct Connection {
  std::string address = "127.0.0.1:50051";
  bool uses_tls = false;
  std::string token;
  std::string root_certificates_file;
  /// The name in the server's certificate, if the address has another.
  std::string server_name;
  std::string subject = "Posecast";
  /// A style of the server or a blend, e.g. "cheerful:0.6,tired:0.4"; empty for its default.
  std::string style;
  double style_strength = 1;
  std::uint32_t frame_rate_hz = 25;
  Latency latency = Latency::kDefault;
  Capture capture = Capture::kNone;
  HeadScale head_scale;
  /// Whether the face lives on between utterances.
  bool idles = true;
  /// Show the calibration and not the server's face.
  bool calibrates = false;
};

bool operator==(const Connection& a, const Connection& b);
inline bool operator!=(const Connection& a, const Connection& b) {
  return !(a == b);
}

/// Whether a stream of `a` can go on as one of `b`, which differs at most in what it is used for.
bool is_same_stream(const Connection& a, const Connection& b);

/// `HOST:PORT?key=value&...` with what is not the default; Live Link keeps only this in its
/// presets.
std::string print_connection(const Connection& connection);

/// Reads what `print_connection` wrote, or people did; empty text is the default.
///
/// Returns: what is wrong, or nothing; `connection` then holds what could be read.
std::string read_connection(std::string_view text, Connection& connection);

/// Returns: what is wrong with the values, or nothing.
std::string check_connection(const Connection& connection);

} // namespace posecast::plugin

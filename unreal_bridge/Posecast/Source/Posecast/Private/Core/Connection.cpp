#include "Connection.h"

#include "Decimal.h"

#include <array>

namespace posecast::plugin {

namespace {

constexpr std::string_view kSafeCharacters = "-._~:,/[]";
constexpr std::string_view kHexDigits = "0123456789ABCDEF";
constexpr double kMostStyleStrength = 2;
constexpr std::array<std::uint32_t, 4> kFrameRatesHz{25, 30, 50, 60};
constexpr std::array<std::string_view, 3> kCaptures{"none", "microphone", "game"};
constexpr std::array<std::string_view, 4> kLatencies{"default", "offline", "balanced", "realtime"};

bool is_alphanumeric(char character) {
  return (character >= '0' && character <= '9') || (character >= 'A' && character <= 'Z') ||
         (character >= 'a' && character <= 'z');
}

std::string encode(std::string_view text) {
  std::string encoded;
  for (const char character : text) {
    if (is_alphanumeric(character) || kSafeCharacters.find(character) != std::string_view::npos) {
      encoded += character;
      continue;
    }
    const auto byte = static_cast<unsigned char>(character);
    encoded += '%';
    encoded += kHexDigits[byte / 16];
    encoded += kHexDigits[byte % 16];
  }
  return encoded;
}

int hex_value(char character) {
  if (character >= 'a' && character <= 'f')
    character = static_cast<char>(character - 'a' + 'A');
  const std::size_t place = kHexDigits.find(character);
  return place == std::string_view::npos ? -1 : static_cast<int>(place);
}

bool decode(std::string_view text, std::string& decoded) {
  decoded.clear();
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_value(text[i + 2]) : -1;
    if (low < 0)
      return false;
    decoded += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return true;
}

template <typename Names> std::string listed(const Names& names) {
  std::string list;
  for (const auto& name : names)
    list += (list.empty() ? "" : ", ") + std::string(name);
  return list;
}

std::string fault_of(std::string_view key, std::string_view value, std::string_view allowed) {
  return std::string(key) + " '" + std::string(value) + "'; allowed: " + std::string(allowed);
}

std::string read_flag(std::string_view key, std::string_view value, bool& flag) {
  if (value != "0" && value != "1")
    return fault_of(key, value, "0, 1");
  flag = value == "1";
  return {};
}

template <typename Choice, std::size_t N>
std::string read_choice(std::string_view key, std::string_view value,
                        const std::array<std::string_view, N>& names, Choice& choice) {
  for (std::size_t i = 0; i < N; ++i)
    if (value == names[i]) {
      choice = static_cast<Choice>(i);
      return {};
    }
  return fault_of(key, value, listed(names));
}

std::string read_frame_rate(std::string_view value, std::uint32_t& frame_rate_hz) {
  double number = 0;
  if (read_decimal(value, number))
    for (const std::uint32_t allowed : kFrameRatesHz)
      if (number == allowed) {
        frame_rate_hz = allowed;
        return {};
      }
  return fault_of("frame_rate_hz", value, "25, 30, 50, 60");
}

std::string read_strength(std::string_view value, double& strength) {
  double number = 0;
  if (!read_decimal(value, number) || number < 0 || number > kMostStyleStrength)
    return fault_of("style_strength", value, "0 to 2");
  strength = number;
  return {};
}

std::string* text_member(Connection& connection, std::string_view key) {
  if (key == "token")
    return &connection.token;
  if (key == "root_certificates")
    return &connection.root_certificates_file;
  if (key == "server_name")
    return &connection.server_name;
  if (key == "subject")
    return &connection.subject;
  return key == "style" ? &connection.style : nullptr;
}

std::string read_value(std::string_view key, const std::string& value, Connection& connection) {
  if (std::string* member = text_member(connection, key)) {
    *member = value;
    return {};
  }
  if (key == "tls")
    return read_flag(key, value, connection.uses_tls);
  if (key == "idles")
    return read_flag(key, value, connection.idles);
  if (key == "calibrate")
    return read_flag(key, value, connection.calibrates);
  if (key == "latency")
    return read_choice(key, value, kLatencies, connection.latency);
  if (key == "audio")
    return read_choice(key, value, kCaptures, connection.capture);
  if (key == "frame_rate_hz")
    return read_frame_rate(value, connection.frame_rate_hz);
  if (key == "style_strength")
    return read_strength(value, connection.style_strength);
  if (key == "head_scale")
    return read_head_scale(value, connection.head_scale);
  return fault_of("setting", key,
                  "tls, token, root_certificates, server_name, subject, style, style_strength, "
                  "frame_rate_hz, latency, audio, head_scale, idles, calibrate");
}

class ConnectionPrinter {
public:
  explicit ConnectionPrinter(const std::string& address) : text_(encode(address)) {}
  void add(std::string_view key, const std::string& value, const std::string& usual) {
    if (value == usual)
      return;
    text_ += is_first_ ? '?' : '&';
    text_ += std::string(key) + "=" + encode(value);
    is_first_ = false;
  }
  const std::string& text() const { return text_; }

private:
  std::string text_;
  bool is_first_ = true;
};

std::string flag_text(bool flag) {
  return flag ? "1" : "0";
}

std::string name_of(Latency latency) {
  return std::string(kLatencies[static_cast<std::size_t>(latency)]);
}

std::string name_of(Capture capture) {
  return std::string(kCaptures[static_cast<std::size_t>(capture)]);
}

} // namespace

bool operator==(const Connection& a, const Connection& b) {
  return a.address == b.address && a.uses_tls == b.uses_tls && a.token == b.token &&
         a.root_certificates_file == b.root_certificates_file && a.server_name == b.server_name &&
         a.subject == b.subject && a.style == b.style && a.style_strength == b.style_strength &&
         a.frame_rate_hz == b.frame_rate_hz && a.latency == b.latency && a.capture == b.capture &&
         a.head_scale == b.head_scale && a.idles == b.idles && a.calibrates == b.calibrates;
}

bool is_same_stream(const Connection& a, const Connection& b) {
  Connection used_alike = b;
  used_alike.subject = a.subject;
  used_alike.head_scale = a.head_scale;
  used_alike.calibrates = a.calibrates;
  return a == used_alike;
}

std::string print_connection(const Connection& connection) {
  const Connection usual;
  ConnectionPrinter printer(connection.address);
  printer.add("tls", flag_text(connection.uses_tls), flag_text(usual.uses_tls));
  printer.add("token", connection.token, usual.token);
  printer.add("root_certificates", connection.root_certificates_file, usual.root_certificates_file);
  printer.add("server_name", connection.server_name, usual.server_name);
  printer.add("subject", connection.subject, usual.subject);
  printer.add("style", connection.style, usual.style);
  printer.add("style_strength", print_decimal(connection.style_strength),
              print_decimal(usual.style_strength));
  printer.add("frame_rate_hz", std::to_string(connection.frame_rate_hz),
              std::to_string(usual.frame_rate_hz));
  printer.add("latency", name_of(connection.latency), name_of(usual.latency));
  printer.add("audio", name_of(connection.capture), name_of(usual.capture));
  printer.add("head_scale", print_head_scale(connection.head_scale),
              print_head_scale(usual.head_scale));
  printer.add("idles", flag_text(connection.idles), flag_text(usual.idles));
  printer.add("calibrate", flag_text(connection.calibrates), flag_text(usual.calibrates));
  return printer.text();
}

std::string read_connection(std::string_view text, Connection& connection) {
  connection = Connection();
  const std::size_t question = text.find('?');
  const std::string_view address = text.substr(0, question);
  std::string value;
  if (!decode(address, value))
    return fault_of("address", address, "HOST:PORT");
  if (!value.empty())
    connection.address = value;
  std::string_view rest = question == std::string_view::npos ? "" : text.substr(question + 1);
  while (!rest.empty()) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(pair.size() < rest.size() ? pair.size() + 1 : pair.size());
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos || !decode(pair.substr(equals + 1), value))
      return fault_of("setting", pair, "KEY=VALUE, with % and two hexadecimal digits for others");
    const std::string fault = read_value(pair.substr(0, equals), value, connection);
    if (!fault.empty())
      return fault;
  }
  return check_connection(connection);
}

std::string check_connection(const Connection& connection) {
  const std::size_t colon = connection.address.rfind(':');
  double port = 0;
  const bool has_port = colon != std::string::npos && colon > 0 &&
                        read_decimal(connection.address.substr(colon + 1), port);
  if (!has_port || port < 1 || port > 65535 || port != static_cast<std::uint32_t>(port))
    return fault_of("address", connection.address, "HOST:PORT, with a port from 1 to 65535");
  if (connection.subject.empty())
    return fault_of("subject", connection.subject, "any name");
  if (!(connection.style_strength >= 0 && connection.style_strength <= kMostStyleStrength))
    return fault_of("style_strength", print_decimal(connection.style_strength), "0 to 2");
  for (const double scale :
       {connection.head_scale.yaw, connection.head_scale.pitch, connection.head_scale.roll})
    if (!(scale >= -kMostHeadScale && scale <= kMostHeadScale))
      return fault_of("head scale", print_decimal(scale), "-10 to 10");
  for (const std::uint32_t allowed : kFrameRatesHz)
    if (connection.frame_rate_hz == allowed)
      return {};
  return fault_of("frame_rate_hz", std::to_string(connection.frame_rate_hz), "25, 30, 50, 60");
}

} // namespace posecast::plugin

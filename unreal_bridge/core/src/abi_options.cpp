#include "abi_options.h"

#include <array>

namespace posecast::core {

namespace {

std::string text_of(const char* text) {
  return text == nullptr ? std::string() : std::string(text);
}

/// A number, its default where it is 0, or a fault where it is out of range.
std::string read_number(const char* name, std::uint32_t given, std::uint32_t unset,
                        std::uint32_t least, std::uint32_t most, std::uint32_t& number) {
  number = given == 0 ? unset : given;
  if (number >= least && number <= most)
    return {};
  return std::string(name) + " " + std::to_string(number) + "; allowed: " + std::to_string(least) +
         " to " + std::to_string(most);
}

std::string size_fault(const char* name, std::uint32_t size, std::size_t expected) {
  if (size >= expected)
    return {};
  return std::string(name) + ".struct_size " + std::to_string(size) + "; expected: at least " +
         std::to_string(expected);
}

struct FloatField {
  std::uint32_t bit;
  float posecast_settings::*given;
  std::optional<float> Settings::*set;
};

constexpr std::array<FloatField, 10> kFloatFields{{
    {POSECAST_SET_STYLE_STRENGTH, &posecast_settings::style_strength, &Settings::style_strength},
    {POSECAST_SET_AUDIO_GUIDANCE, &posecast_settings::audio_guidance, &Settings::audio_guidance},
    {POSECAST_SET_STYLE_GUIDANCE, &posecast_settings::style_guidance, &Settings::style_guidance},
    {POSECAST_SET_UPPER_FACE, &posecast_settings::upper_face, &Settings::upper_face},
    {POSECAST_SET_LOWER_FACE, &posecast_settings::lower_face, &Settings::lower_face},
    {POSECAST_SET_HEAD, &posecast_settings::head, &Settings::head},
    {POSECAST_SET_BLINKS, &posecast_settings::blinks, &Settings::blinks},
    {POSECAST_SET_SMOOTHING_UPPER_FACE, &posecast_settings::smoothing_upper_face_s,
     &Settings::smoothing_upper_face_s},
    {POSECAST_SET_SMOOTHING_LOWER_FACE, &posecast_settings::smoothing_lower_face_s,
     &Settings::smoothing_lower_face_s},
    {POSECAST_SET_SMOOTHING_HEAD, &posecast_settings::smoothing_head_s,
     &Settings::smoothing_head_s},
}};

std::optional<float> float_if(std::uint32_t fields, std::uint32_t bit, float value) {
  return (fields & bit) != 0 ? std::optional<float>(value) : std::nullopt;
}

std::string read_style_vector(const posecast_settings& given, Settings& settings) {
  if (given.style_values == nullptr || given.num_style_values == 0)
    return "a style vector without values";
  if (settings.style_name)
    return "a style name and a style vector; allowed: one of them";
  StyleVector& style = settings.style_vector.emplace();
  style.values.assign(given.style_values, given.style_values + given.num_style_values);
  style.blink_rate_hz = float_if(given.fields, POSECAST_SET_BLINK_RATE, given.blink_rate_hz);
  style.gaze_range = float_if(given.fields, POSECAST_SET_GAZE_RANGE, given.gaze_range);
  style.head_wander_rad = float_if(given.fields, POSECAST_SET_HEAD_WANDER, given.head_wander_rad);
  style.head_tempo_hz = float_if(given.fields, POSECAST_SET_HEAD_TEMPO, given.head_tempo_hz);
  return {};
}

std::string read_adjustments(const posecast_settings& given, Settings& settings) {
  if (given.num_curve_adjustments > 0 && given.curve_adjustments == nullptr)
    return "curve adjustments without their array";
  for (std::uint32_t i = 0; i < given.num_curve_adjustments; ++i) {
    const posecast_curve_adjustment& from = given.curve_adjustments[i];
    // Elements of an array are as far apart as the caller's struct is long: another size is not
    // read.
    if (from.struct_size != sizeof(posecast_curve_adjustment) || from.curve_name == nullptr)
      return "curve adjustment " + std::to_string(i) + " has a wrong struct_size or no name";
    settings.curve_adjustments.push_back(
        {from.curve_name, float_if(from.fields, POSECAST_ADJUST_MULTIPLIER, from.multiplier),
         float_if(from.fields, POSECAST_ADJUST_OFFSET, from.offset),
         float_if(from.fields, POSECAST_ADJUST_MINIMUM, from.minimum),
         float_if(from.fields, POSECAST_ADJUST_MAXIMUM, from.maximum)});
  }
  return {};
}

std::string read_timing(const posecast_options& given, Options& options) {
  struct Milliseconds {
    const char* name;
    std::uint32_t given;
    std::uint32_t unset;
    std::uint32_t least;
    std::uint32_t most;
    double Options::*set;
  };
  const std::array<Milliseconds, 5> fields{{
      {"start_delay_ms", given.start_delay_ms, 160, 1, 5000, &Options::start_delay_s},
      {"max_audio_ms", given.max_audio_ms, 30000, 1000, 600000, &Options::max_audio_s},
      {"max_frames_ms", given.max_frames_ms, 20000, 6000, 50000, &Options::max_frames_s},
      {"connect_timeout_ms", given.connect_timeout_ms, 5000, 100, 600000,
       &Options::connect_timeout_s},
      {"idle_timeout_ms", given.idle_timeout_ms, 15000, 100, 600000, &Options::idle_timeout_s},
  }};
  for (const Milliseconds& field : fields) {
    std::uint32_t number_ms = 0;
    const std::string fault =
        read_number(field.name, field.given, field.unset, field.least, field.most, number_ms);
    if (!fault.empty())
      return fault;
    options.*field.set = number_ms / 1000.0;
  }
  return {};
}

std::string read_formats(const posecast_options& given, Options& options) {
  std::uint32_t mode = 0;
  std::uint32_t clock = 0;
  for (const std::string& fault :
       {read_number("sample_rate_hz", given.sample_rate_hz, 0, 8000, 192000,
                    options.sample_rate_hz),
        read_number("num_channels", given.num_channels, 1, 1, 2, options.num_channels),
        read_number("latency_mode", given.latency_mode, 0, 0, 3, mode),
        read_number("clock", given.clock, 0, 0, 1, clock),
        read_number("window_frames", given.window_frames, 0, 0, 100, options.window_frames)})
    if (!fault.empty())
      return fault;
  options.latency_mode = static_cast<LatencyMode>(mode);
  options.follows_audio = clock == POSECAST_CLOCK_AUDIO;
  options.look_ahead_ms = given.look_ahead_ms;
  options.idles = given.idles != 0;
  options.frame_rate_hz = given.frame_rate_hz == 0 ? 25 : given.frame_rate_hz;
  for (const std::uint32_t rate : {25U, 30U, 50U, 60U})
    if (options.frame_rate_hz == rate)
      return {};
  return "frame_rate_hz " + std::to_string(given.frame_rate_hz) + "; allowed: 25, 30, 50, 60";
}

} // namespace

std::string read_settings(const posecast_settings& given, Settings& settings) {
  std::string fault = size_fault("posecast_settings", given.struct_size, sizeof given);
  if (!fault.empty())
    return fault;
  for (const FloatField& field : kFloatFields)
    settings.*field.set = float_if(given.fields, field.bit, given.*field.given);
  if ((given.fields & POSECAST_SET_SEED) != 0)
    settings.seed = given.seed;
  if ((given.fields & POSECAST_SET_SAMPLING_STEPS) != 0)
    settings.sampling_steps = given.sampling_steps;
  if ((given.fields & POSECAST_SET_STYLE_NAME) != 0)
    settings.style_name = text_of(given.style_name);
  if ((given.fields & POSECAST_SET_STYLE_VECTOR) != 0)
    fault = read_style_vector(given, settings);
  return fault.empty() ? read_adjustments(given, settings) : fault;
}

std::string read_options(const posecast_options& given, Options& options) {
  std::string fault = size_fault("posecast_options", given.struct_size, sizeof given);
  if (fault.empty())
    fault = read_formats(given, options);
  if (fault.empty())
    fault = read_timing(given, options);
  if (fault.empty() && given.settings != nullptr)
    fault = read_settings(*given.settings, options.settings);
  if (!fault.empty())
    return fault;
  options.address = text_of(given.address);
  options.token = text_of(given.token);
  options.uses_tls = given.uses_tls != 0;
  options.root_certificates_pem = text_of(given.root_certificates_pem);
  options.client_certificate_pem = text_of(given.client_certificate_pem);
  options.client_key_pem = text_of(given.client_key_pem);
  options.server_name = text_of(given.server_name);
  return options.address.empty() ? "no address; expected: host:port" : "";
}

} // namespace posecast::core

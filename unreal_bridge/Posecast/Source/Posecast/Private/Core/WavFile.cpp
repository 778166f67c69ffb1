#include "WavFile.h"

#include <algorithm>
#include <cstring>

namespace posecast::plugin {

namespace {

constexpr std::uint32_t kWavInteger = 1;
constexpr std::uint32_t kWavFloat = 3;
constexpr std::uint32_t kWavExtensible = 0xFFFE;
constexpr std::size_t kFormatSize = 16;
/// Where an extensible format tells what it really is.
constexpr std::size_t kSubFormatPlace = 24;
constexpr std::uint32_t kMostWavChannels = 8;

std::uint32_t read_little(const std::uint8_t* bytes, std::size_t num_bytes) {
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < num_bytes; ++i)
    number |= std::uint32_t{bytes[i]} << (8 * i);
  return number;
}

struct WavFormat {
  std::uint32_t encoding = 0;
  std::uint32_t num_channels = 0;
  std::uint32_t sample_rate_hz = 0;
  std::uint32_t num_bits = 0;
};

WavFormat read_format(const std::uint8_t* bytes, std::size_t size) {
  WavFormat format{read_little(bytes, 2), read_little(bytes + 2, 2), read_little(bytes + 4, 4),
                   read_little(bytes + 14, 2)};
  if (format.encoding == kWavExtensible && size >= kSubFormatPlace + 2)
    format.encoding = read_little(bytes + kSubFormatPlace, 2);
  return format;
}

std::string format_fault(const WavFormat& format) {
  const bool is_integer = format.encoding == kWavInteger && format.num_bits >= 8 &&
                          format.num_bits <= 32 && format.num_bits % 8 == 0;
  if (!is_integer && !(format.encoding == kWavFloat && format.num_bits == 32))
    return "WAV encoding " + std::to_string(format.encoding) + " with " +
           std::to_string(format.num_bits) +
           " bits; allowed: integers (1) of 8, 16, 24, 32 bits, floats (3) of 32";
  if (format.num_channels < 1 || format.num_channels > kMostWavChannels)
    return "WAV with " + std::to_string(format.num_channels) + " channels; allowed: 1 to 8";
  if (format.sample_rate_hz < 8000 || format.sample_rate_hz > 192000)
    return "WAV of " + std::to_string(format.sample_rate_hz) + " Hz; allowed: 8000 to 192000";
  return {};
}

float read_sample(const std::uint8_t* bytes, const WavFormat& format) {
  const std::uint32_t bits = read_little(bytes, format.num_bits / 8);
  if (format.encoding == kWavFloat) {
    float sample = 0;
    std::memcpy(&sample, &bits, sizeof sample);
    return sample;
  }
  if (format.num_bits == 8) // the only unsigned ones
    return (static_cast<float>(bits) - 128.0F) / 128.0F;
  const auto at_top = static_cast<std::int32_t>(bits << (32 - format.num_bits));
  return static_cast<float>(static_cast<double>(at_top) / 2147483648.0);
}

} // namespace

std::string read_wav(const std::uint8_t* bytes, std::size_t num_bytes, Wav& wav) {
  wav = {};
  if (num_bytes < 12 || std::memcmp(bytes, "RIFF", 4) != 0 ||
      std::memcmp(bytes + 8, "WAVE", 4) != 0)
    return "this is no WAV file";
  WavFormat format;
  for (std::size_t place = 12; num_bytes - place >= 8;) {
    const std::uint8_t* chunk = bytes + place;
    const std::size_t left = num_bytes - place - 8;
    const std::size_t size = std::min<std::size_t>(read_little(chunk + 4, 4), left);
    if (std::memcmp(chunk, "fmt ", 4) == 0 && size >= kFormatSize)
      format = read_format(chunk + 8, size);
    if (std::memcmp(chunk, "data", 4) == 0) {
      const std::string fault = format_fault(format);
      if (!fault.empty())
        return fault;
      wav.sample_rate_hz = format.sample_rate_hz;
      wav.num_channels = format.num_channels;
      const std::size_t sample_size = format.num_bits / 8;
      const std::size_t num_frames = size / (sample_size * format.num_channels);
      wav.samples.resize(num_frames * format.num_channels);
      for (std::size_t i = 0; i < wav.samples.size(); ++i)
        wav.samples[i] = read_sample(chunk + 8 + i * sample_size, format);
      return {};
    }
    place += 8 + std::min(left, size + size % 2);
  }
  return "this WAV file has no samples";
}

} // namespace posecast::plugin

#include "Pcm.h"

#include <algorithm>
#include <cmath>

namespace posecast::plugin {

std::vector<float> mix_to_mono(const float* interleaved, std::size_t num_samples,
                               std::uint32_t num_channels) {
  if (num_channels <= 1)
    return {interleaved, interleaved + num_samples};
  std::vector<float> mono(num_samples / num_channels);
  for (std::size_t i = 0; i < mono.size(); ++i) {
    float sum = 0;
    for (std::uint32_t channel = 0; channel < num_channels; ++channel)
      sum += interleaved[i * num_channels + channel];
    mono[i] = sum / static_cast<float>(num_channels);
  }
  return mono;
}

std::vector<float> read_pcm16(const std::uint8_t* bytes, std::size_t num_bytes) {
  std::vector<float> samples(num_bytes / 2);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const auto bits = static_cast<std::uint16_t>(bytes[2 * i] | bytes[2 * i + 1] << 8);
    samples[i] = static_cast<float>(static_cast<std::int16_t>(bits)) / 32768.0F;
  }
  return samples;
}

std::int16_t to_pcm16(float sample) {
  if (std::isnan(sample))
    return 0;
  return static_cast<std::int16_t>(std::lround(std::clamp(sample * 32768.0F, -32768.0F, 32767.0F)));
}

} // namespace posecast::plugin

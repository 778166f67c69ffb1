// Samples as bytes, and several channels as one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace posecast::plugin {

/// Mono, the channels' mean. [num_samples / num_channels]
std::vector<float> mix_to_mono(const float* interleaved, std::size_t num_samples,
                               std::uint32_t num_channels);

/// 16-bit samples, little-endian, as floats in -1..1; a last odd byte is left out.
std::vector<float> read_pcm16(const std::uint8_t* bytes, std::size_t num_bytes);

/// The nearest 16-bit sample; what is beyond -1..1 is clipped, NaN is silence.
std::int16_t to_pcm16(float sample);

} // namespace posecast::plugin

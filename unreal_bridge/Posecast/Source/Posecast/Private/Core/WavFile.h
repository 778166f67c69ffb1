// A WAV file in memory, as speech synthesis often gives it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace posecast::plugin {

struct Wav {
  std::uint32_t sample_rate_hz = 0;
  std::uint32_t num_channels = 0;
  /// Channels alternate. -1..1
  std::vector<float> samples;
};

/// Reads integers of 8, 16, 24 and 32 bits and floats of 32.
///
/// Returns: what is wrong, or nothing. Speech that is cut short is taken as far as it goes.
std::string read_wav(const std::uint8_t* bytes, std::size_t num_bytes, Wav& wav);

} // namespace posecast::plugin

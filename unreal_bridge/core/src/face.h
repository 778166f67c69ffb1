// The values that travel through the core: faces, frames and their places in time.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>

namespace posecast::core {

inline constexpr std::size_t kMaxCurves = 64;

/// A unit quaternion in the axes of the wire.
struct Quaternion {
  float x = 0;
  float y = 0;
  float z = 0;
  float w = 1;

  bool operator==(const Quaternion&) const = default;
};

/// The face at one instant. Without a value it is at rest.
struct Face {
  std::array<float, kMaxCurves> weights{};
  Quaternion head;

  bool operator==(const Face&) const = default;
};

/// Where a frame belongs. Utterances follow one another, and so do the frames of each.
struct FrameKey {
  std::uint32_t utterance = 0;
  std::uint64_t index = 0;

  auto operator<=>(const FrameKey&) const = default;
};

enum class FrameKind : std::uint8_t {
  kSpeech,
  kEasing,
  kIdle,
  /// No face: the utterance has `key.index` frames and is complete.
  kEnd,
};

struct Frame {
  FrameKey key;
  FrameKind kind = FrameKind::kSpeech;
  Face face;
};

/// A frame on its way out of the core.
struct ShownFrame {
  Frame frame;
  double time_s = 0;
  double due_s = 0;
  bool is_local = false;
};

} // namespace posecast::core

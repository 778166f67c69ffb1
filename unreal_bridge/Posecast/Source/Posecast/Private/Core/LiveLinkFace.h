// A face as Live Link knows it: 61 names once, 61 values a frame.
#pragma once

#include "HeadScale.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace posecast::plugin {

inline constexpr std::size_t kNumCurves = 52;
inline constexpr std::size_t kNumProperties = 61;

/// The 52 ARKit curves, the head's three, the eyes' six, in the order of Live Link's face packet.
extern const std::array<std::string_view, kNumProperties> kPropertyNames;

using PropertyValues = std::array<float, kNumProperties>;

/// What Unreal's rotator holds, in degrees.
struct HeadRotator {
  float pitch = 0;
  float yaw = 0;
  float roll = 0;
};

/// Where the curves of a server go among the properties.
class FaceLayout {
public:
  /// Takes the server's names, in its order; names that no property has are left out.
  void set_curves(const std::vector<std::string>& names);
  std::size_t num_curves() const { return places_.size(); }

  /// The place of a curve in the server's order by its ARKit name in any case, or -1.
  int find(std::string_view name) const;
  const std::vector<std::string>& curve_names() const { return names_; }

  /// A frame as values of the properties. The eyes' own rotations stay 0: the look curves turn
  /// them.
  PropertyValues values(const float* weights, std::size_t num_weights, const HeadRotator& head,
                        const HeadScale& scale) const;

private:
  std::vector<std::string> names_;
  std::vector<int> places_;
};

/// A MetaHuman closes its lips by MouthClose / JawOpen. So MouthClose is never above JawOpen, and
/// both are 0 where the jaw is all but shut, or lips at rest would flicker.
void settle_lips(PropertyValues& values);

/// A frame's time for Take Recorder: the whole frame, and how much of the next one.
struct SceneTime {
  std::int32_t frame = 0;
  float sub_frame = 0;
};
SceneTime scene_time(double time_s, std::uint32_t frame_rate_hz);

} // namespace posecast::plugin

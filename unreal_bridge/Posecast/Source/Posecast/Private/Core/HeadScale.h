// What a degree of the head becomes in the curves HeadYaw, HeadPitch and HeadRoll.
#pragma once

#include <string>
#include <string_view>

namespace posecast::plugin {

/// Degrees are from the character's own point of view: yaw + to its left, pitch + up, roll + to its
/// right shoulder. A negative number turns an axis round.
struct HeadScale {
  double yaw = 0.02;
  double pitch = 0.02;
  double roll = 0.02;
};

inline constexpr double kMostHeadScale = 10;

inline bool operator==(const HeadScale& a, const HeadScale& b) {
  return a.yaw == b.yaw && a.pitch == b.pitch && a.roll == b.roll;
}

/// The MetaHuman graph multiplies yaw by -50, pitch and roll by 50, to degrees.
inline constexpr HeadScale kMetaHumanHead{1.0 / 50, 1.0 / 50, 1.0 / 50};
/// Degrees / 180, as apps send it.
inline constexpr HeadScale kArkitHead{1.0 / 180, 1.0 / 180, 1.0 / 180};
/// An Unreal rotator, whose yaw is + to the right.
inline constexpr HeadScale kDegreesHead{-1, 1, 1};

/// Reads the name of a preset (`metahuman`, `arkit`, `degrees`) or three numbers
/// `YAW,PITCH,ROLL`, e.g. "0.02,-0.02,0.02".
///
/// Returns: what is wrong, or nothing.
std::string read_head_scale(std::string_view text, HeadScale& scale);

/// The preset's name, where it is one, or else its numbers.
std::string print_head_scale(const HeadScale& scale);

} // namespace posecast::plugin

#include "LiveLinkFace.h"

#include <algorithm>
#include <cmath>

namespace posecast::plugin {

const std::array<std::string_view, kNumProperties> kPropertyNames{"EyeBlinkLeft",
                                                                  "EyeLookDownLeft",
                                                                  "EyeLookInLeft",
                                                                  "EyeLookOutLeft",
                                                                  "EyeLookUpLeft",
                                                                  "EyeSquintLeft",
                                                                  "EyeWideLeft",
                                                                  "EyeBlinkRight",
                                                                  "EyeLookDownRight",
                                                                  "EyeLookInRight",
                                                                  "EyeLookOutRight",
                                                                  "EyeLookUpRight",
                                                                  "EyeSquintRight",
                                                                  "EyeWideRight",
                                                                  "JawForward",
                                                                  "JawLeft",
                                                                  "JawRight",
                                                                  "JawOpen",
                                                                  "MouthClose",
                                                                  "MouthFunnel",
                                                                  "MouthPucker",
                                                                  "MouthLeft",
                                                                  "MouthRight",
                                                                  "MouthSmileLeft",
                                                                  "MouthSmileRight",
                                                                  "MouthFrownLeft",
                                                                  "MouthFrownRight",
                                                                  "MouthDimpleLeft",
                                                                  "MouthDimpleRight",
                                                                  "MouthStretchLeft",
                                                                  "MouthStretchRight",
                                                                  "MouthRollLower",
                                                                  "MouthRollUpper",
                                                                  "MouthShrugLower",
                                                                  "MouthShrugUpper",
                                                                  "MouthPressLeft",
                                                                  "MouthPressRight",
                                                                  "MouthLowerDownLeft",
                                                                  "MouthLowerDownRight",
                                                                  "MouthUpperUpLeft",
                                                                  "MouthUpperUpRight",
                                                                  "BrowDownLeft",
                                                                  "BrowDownRight",
                                                                  "BrowInnerUp",
                                                                  "BrowOuterUpLeft",
                                                                  "BrowOuterUpRight",
                                                                  "CheekPuff",
                                                                  "CheekSquintLeft",
                                                                  "CheekSquintRight",
                                                                  "NoseSneerLeft",
                                                                  "NoseSneerRight",
                                                                  "TongueOut",
                                                                  "HeadYaw",
                                                                  "HeadPitch",
                                                                  "HeadRoll",
                                                                  "LeftEyeYaw",
                                                                  "LeftEyePitch",
                                                                  "LeftEyeRoll",
                                                                  "RightEyeYaw",
                                                                  "RightEyePitch",
                                                                  "RightEyeRoll"};

namespace {

constexpr std::size_t kJawOpen = 17;
constexpr std::size_t kMouthClose = 18;
constexpr std::size_t kHeadYaw = 52;
/// A jaw that is open by less is shut.
constexpr float kShutJaw = 0.02F;
// A time a hair before a frame is that frame: times are quotients of doubles.
constexpr double kTimeRounding = 1e-6;

char lower(char character) {
  return character >= 'A' && character <= 'Z' ? static_cast<char>(character - 'A' + 'a')
                                              : character;
}

bool is_same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return lower(x) == lower(y); });
}

float clamped_weight(float weight) {
  return weight > 0 ? std::min(weight, 1.0F) : 0.0F; // NaN is no weight
}

} // namespace

void FaceLayout::set_curves(const std::vector<std::string>& names) {
  names_ = names;
  places_.clear();
  for (const std::string& name : names) {
    int place = -1;
    for (std::size_t i = 0; i < kNumCurves; ++i)
      if (is_same_name(name, kPropertyNames[i]))
        place = static_cast<int>(i);
    places_.push_back(place);
  }
}

int FaceLayout::find(std::string_view name) const {
  for (std::size_t i = 0; i < names_.size(); ++i)
    if (is_same_name(name, names_[i]))
      return static_cast<int>(i);
  return -1;
}

PropertyValues FaceLayout::values(const float* weights, std::size_t num_weights,
                                  const HeadRotator& head, const HeadScale& scale) const {
  PropertyValues values{};
  for (std::size_t i = 0; i < std::min(num_weights, places_.size()); ++i)
    if (places_[i] >= 0)
      values[static_cast<std::size_t>(places_[i])] = clamped_weight(weights[i]);
  settle_lips(values);
  values[kHeadYaw] = static_cast<float>(-double{head.yaw} * scale.yaw);
  values[kHeadYaw + 1] = static_cast<float>(double{head.pitch} * scale.pitch);
  values[kHeadYaw + 2] = static_cast<float>(double{head.roll} * scale.roll);
  return values;
}

void settle_lips(PropertyValues& values) {
  if (values[kJawOpen] < kShutJaw)
    values[kJawOpen] = 0;
  values[kMouthClose] = std::min(values[kMouthClose], values[kJawOpen]);
}

SceneTime scene_time(double time_s, std::uint32_t frame_rate_hz) {
  const double frames = std::max(0.0, time_s) * frame_rate_hz;
  const double whole = std::floor(frames + kTimeRounding);
  return {static_cast<std::int32_t>(whole), static_cast<float>(std::max(0.0, frames - whole))};
}

} // namespace posecast::plugin

#include "Calibration.h"

#include <cmath>

namespace posecast::plugin {

namespace {

struct CalibrationStep {
  const char* told;
  HeadRotator head;
  const char* curve_name;
};

constexpr std::array<CalibrationStep, 6> kCalibrationSteps{{
    {"turns its head 20 degrees to its own left", {0, -20, 0}, nullptr},
    {"lifts its head 20 degrees", {20, 0, 0}, nullptr},
    {"tilts its head 20 degrees to its own right shoulder", {0, 0, 20}, nullptr},
    {"opens its jaw", {}, "jawOpen"},
    {"moves its jaw to its own left", {}, "jawLeft"},
    {"shuts its own left eye", {}, "eyeBlinkLeft"},
}};
// Each thing comes, is held, goes, and leaves a pause.
constexpr double kStepS = kCalibrationS / kCalibrationSteps.size();
constexpr double kComesS = 0.25;
constexpr double kHeldUntilS = 1.25;
constexpr double kGoneS = 1.5;

double amount_at(double time_s) {
  if (time_s < kComesS)
    return time_s / kComesS;
  if (time_s < kHeldUntilS)
    return 1;
  return time_s < kGoneS ? (kGoneS - time_s) / (kGoneS - kHeldUntilS) : 0;
}

} // namespace

CalibrationPose calibration_pose(double time_s, const HeadScale& scale) {
  const double in_round_s = std::fmod(std::fmax(time_s, 0.0), kCalibrationS);
  const auto index = static_cast<std::size_t>(in_round_s / kStepS);
  const CalibrationStep& step = kCalibrationSteps[index];
  const auto amount =
      static_cast<float>(amount_at(in_round_s - static_cast<double>(index) * kStepS));
  const HeadRotator head{step.head.pitch * amount, step.head.yaw * amount, step.head.roll * amount};
  FaceLayout layout;
  if (step.curve_name != nullptr)
    layout.set_curves({step.curve_name});
  return {step.told, layout.values(&amount, 1, head, scale)};
}

} // namespace posecast::plugin

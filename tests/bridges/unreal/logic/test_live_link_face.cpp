#include "Calibration.h"
#include "LiveLinkFace.h"
#include "axes.h"
#include "golden.h"

#include <algorithm>
#include <cmath>
#include <limits>

using namespace posecast::plugin;
using doctest::Approx;
using posecast::core::test::Case;
using posecast::core::test::golden_cases;

namespace {

std::vector<std::string> wire_names() {
  std::vector<std::string> names;
  for (const Case& golden : golden_cases("names.csv"))
    if (golden.number("wire_index") >= 0)
      names.push_back(golden.text("arkit"));
  return names;
}

std::size_t place_of(const std::string& name) {
  for (std::size_t i = 0; i < kNumProperties; ++i)
    if (kPropertyNames[i] == name)
      return i;
  FAIL("no property ", name);
  return 0;
}

FaceLayout usual_layout() {
  FaceLayout layout;
  layout.set_curves(wire_names());
  return layout;
}

HeadRotator rotator_of_wire(const Case& golden) {
  const auto part = [&](const char* name) { return static_cast<float>(golden.number(name)); };
  const auto rotator = posecast::core::rotator_of(
      posecast::core::to_unreal({part("x"), part("y"), part("z"), part("w")}));
  return {static_cast<float>(rotator.pitch_deg), static_cast<float>(rotator.yaw_deg),
          static_cast<float>(rotator.roll_deg)};
}

} // namespace

TEST_CASE("the properties are the packet's names in the packet's order") {
  std::size_t num_names = 0;
  for (const Case& golden : golden_cases("names.csv")) {
    CHECK(kPropertyNames[static_cast<std::size_t>(golden.number("packet_index"))] ==
          golden.text("livelink"));
    ++num_names;
  }
  CHECK(num_names == kNumProperties);
}

TEST_CASE("each curve of the wire reaches its property by name, in any order") {
  std::vector<std::string> names = wire_names();
  REQUIRE(names.size() == kNumCurves);
  std::reverse(names.begin(), names.end());
  names.insert(names.begin(), "somethingElse");
  FaceLayout layout;
  layout.set_curves(names);
  for (std::size_t i = 0; i < names.size(); ++i) {
    std::vector<float> weights(names.size(), 0.0F);
    weights[i] = 0.75F;
    const bool needs_jaw = names[i] == "mouthClose";
    if (needs_jaw)
      weights[static_cast<std::size_t>(layout.find("jawOpen"))] = 1;
    const PropertyValues values = layout.values(weights.data(), weights.size(), {}, {});
    float sum = 0;
    for (const float value : values)
      sum += value;
    CHECK(sum == (i == 0 ? 0.0F : needs_jaw ? 1.75F : 0.75F));
    if (i > 0) {
      std::string pascal = names[i];
      pascal[0] = static_cast<char>(pascal[0] - 'a' + 'A');
      CHECK(values[place_of(pascal)] == 0.75F);
    }
  }
}

TEST_CASE("curves are found in any case, and those that are not there are told") {
  const FaceLayout layout = usual_layout();
  CHECK(layout.find("jawOpen") == layout.find("JawOpen"));
  CHECK(layout.find("JAWOPEN") >= 0);
  CHECK(layout.find("jawOpe") == -1);
  CHECK(FaceLayout().find("jawOpen") == -1);
}

TEST_CASE("weights stay in 0..1, whatever came") {
  const FaceLayout layout = usual_layout();
  std::vector<float> weights(kNumCurves, 2.0F);
  weights[0] = -1;
  weights[1] = std::numeric_limits<float>::quiet_NaN();
  const PropertyValues values = layout.values(weights.data(), weights.size(), {}, {});
  CHECK(values[0] == 0);
  CHECK(values[1] == 0);
  for (std::size_t i = 2; i < kNumCurves; ++i)
    CHECK(values[i] == 1);
  CHECK(layout.values(weights.data(), 3, {}, {})[5] == 0);
  CHECK(FaceLayout().values(weights.data(), weights.size(), {}, {})[5] == 0);
}

TEST_CASE("lips are told as the golden cases say") {
  for (const Case& golden : golden_cases("lips.csv")) {
    const FaceLayout layout = [] {
      FaceLayout two;
      two.set_curves({"mouthClose", "jawOpen"});
      return two;
    }();
    const float weights[] = {static_cast<float>(golden.number("mouth_close")),
                             static_cast<float>(golden.number("jaw_open"))};
    const PropertyValues values = layout.values(weights, 2, {}, {});
    CHECK(values[place_of("JawOpen")] == Approx(golden.number("told_jaw_open")).epsilon(1e-6));
    CHECK(values[place_of("MouthClose")] ==
          Approx(golden.number("told_mouth_close")).epsilon(1e-6));
  }
}

TEST_CASE("head scales give the golden curves") {
  for (const Case& golden : golden_cases("head_scales.csv")) {
    HeadScale scale{golden.number("yaw_per_deg"), golden.number("pitch_per_deg"),
                    golden.number("roll_per_deg")};
    HeadScale named;
    if (read_head_scale(golden.text("scale"), named).empty()) {
      CHECK(named.yaw == Approx(scale.yaw).epsilon(1e-6));
      CHECK(named.pitch == Approx(scale.pitch).epsilon(1e-6));
      CHECK(named.roll == Approx(scale.roll).epsilon(1e-6));
    }
    const PropertyValues values = FaceLayout().values(nullptr, 0, rotator_of_wire(golden), scale);
    const auto close = [](float value, double expected) {
      return std::fabs(double{value} - expected) < 1e-5 * std::fmax(1.0, std::fabs(expected));
    };
    CHECK(close(values[place_of("HeadYaw")], golden.number("head_yaw")));
    CHECK(close(values[place_of("HeadPitch")], golden.number("head_pitch")));
    CHECK(close(values[place_of("HeadRoll")], golden.number("head_roll")));
    CHECK(values[place_of("LeftEyeYaw")] == 0);
  }
}

TEST_CASE("scene time counts frames and what is left of the next") {
  CHECK(scene_time(0, 25).frame == 0);
  CHECK(scene_time(1.0 / 3, 30).frame == 10);
  CHECK(scene_time(0.06, 25).frame == 1);
  CHECK(scene_time(0.06, 25).sub_frame == Approx(0.5));
  CHECK(scene_time(-1, 25).frame == 0);
  for (const Case& golden : golden_cases("clock.csv")) {
    const SceneTime time =
        scene_time(golden.number("time_s"), static_cast<std::uint32_t>(golden.number("rate_hz")));
    CHECK(time.frame == golden.number("frame_index"));
    CHECK(time.sub_frame < 1e-3F);
    CHECK(time.sub_frame >= 0);
  }
}

TEST_CASE("the calibration shows one thing at a time and then rests") {
  const char* seen[] = {"HeadYaw", "HeadPitch", "HeadRoll", "JawOpen", "JawLeft", "EyeBlinkLeft"};
  const float expected[] = {-20, 20, 20, 1, 1, 1};
  for (std::size_t i = 0; i < 6; ++i) {
    const double begins_s = 2.0 * static_cast<double>(i);
    const CalibrationPose held = calibration_pose(begins_s + 0.8, kDegreesHead);
    for (std::size_t place = 0; place < kNumProperties; ++place)
      CHECK(held.values[place] == (kPropertyNames[place] == seen[i] ? expected[i] : 0.0F));
    for (const double rests_s : {0.0, 1.6, 1.99})
      for (const float value : calibration_pose(begins_s + rests_s, kDegreesHead).values)
        CHECK(std::fabs(value) == 0);
    const CalibrationPose coming = calibration_pose(begins_s + 0.125, kDegreesHead);
    CHECK(coming.values[place_of(seen[i])] == Approx(double{expected[i]} / 2).epsilon(1e-5));
    CHECK(std::string(held.told).size() > 5);
  }
  CHECK(calibration_pose(kCalibrationS + 0.8, kMetaHumanHead).values[place_of("HeadYaw")] ==
        Approx(0.4));
}

#include "axes.h"
#include "golden.h"
#include "interpolation.h"
#include "timeline.h"

#include <cmath>

using namespace posecast::core;
using namespace posecast::core::test;

namespace {

// A frame is single precision: what enters is rounded by 6e-8, and mixing rounds once more.
constexpr double kSingle = 1e-6;
// The same in degrees, of angles that are found from such numbers.
constexpr double kSingleDeg = 3e-5;

Quaternion quaternion_of(const Case& given, const std::string& prefix) {
  return {given.single(prefix + "x"), given.single(prefix + "y"), given.single(prefix + "z"),
          given.single(prefix + "w")};
}

void check_same(const Quaternion& q, const Quaternion& expected) {
  const double cosine = q.x * expected.x + q.y * expected.y + q.z * expected.z + q.w * expected.w;
  const float sign = cosine < 0 ? -1.0F : 1.0F; // q and -q are the same rotation
  CHECK(std::abs(q.x * sign - expected.x) < kSingle);
  CHECK(std::abs(q.y * sign - expected.y) < kSingle);
  CHECK(std::abs(q.z * sign - expected.z) < kSingle);
  CHECK(std::abs(q.w * sign - expected.w) < kSingle);
}

double angle_between_deg(double a_deg, double b_deg) {
  return std::abs(std::remainder(a_deg - b_deg, 360));
}

Frame frame_of(const Case& given, const std::string& prefix) {
  Frame frame;
  frame.key.index = static_cast<std::uint64_t>(given.number(prefix + "index"));
  for (std::size_t i = 0; i < 3; ++i)
    frame.face.weights[i] = given.single(prefix + "weight_" + std::to_string(i));
  frame.face.head = quaternion_of(given, prefix);
  return frame;
}

void check_face(const Face& face, const Case& given) {
  for (std::size_t i = 0; i < 3; ++i)
    CHECK(std::abs(face.weights[i] - given.single("weight_" + std::to_string(i))) < kSingle);
  check_same(face.head, quaternion_of(given, ""));
}

/// A timeline that is where a test puts it.
struct Followed {
  explicit Followed(double rate_hz) { timeline.set_rate(rate_hz); }

  Counters counters;
  Timeline timeline{{16, 0.16, true}, counters, nullptr};
};

} // namespace

TEST_CASE("golden: heads become Unreal's quaternions and rotators") {
  for (const Case& given : golden_cases("axes.csv")) {
    CAPTURE(given.text("case"));
    const Quaternion unreal = to_unreal(quaternion_of(given, ""));
    check_same(unreal, quaternion_of(given, "unreal_"));
    const Rotator rotator = rotator_of(unreal);
    CHECK(std::abs(rotator.pitch_deg - given.number("unreal_pitch_deg")) < kSingleDeg);
    CHECK(angle_between_deg(rotator.yaw_deg, given.number("unreal_yaw_deg")) < kSingleDeg);
    CHECK(angle_between_deg(rotator.roll_deg, given.number("unreal_roll_deg")) < kSingleDeg);
  }
}

TEST_CASE("golden: the time of a frame is its index over the rate") {
  for (const Case& given : golden_cases("clock.csv")) {
    Followed followed(given.number("rate_hz"));
    const auto index = static_cast<std::uint64_t>(given.number("frame_index"));
    followed.timeline.add({{0, index}, FrameKind::kSpeech, {}}, 0);
    followed.timeline.follow(0, given.number("time_s") + 1e-4, 0);
    ShownFrame shown;
    REQUIRE(followed.timeline.release(0, shown));
    CHECK(shown.frame.key.index == index);
    CHECK(std::abs(shown.time_s - given.number("time_s")) < 1e-9 * std::max(1.0, shown.time_s));
  }
}

TEST_CASE("golden: a face between two frames") {
  int num_between = 0;
  for (const Case& given : golden_cases("interpolation.csv")) {
    CAPTURE(given.text("case"));
    const Frame a = frame_of(given, "a_");
    const Frame b = frame_of(given, "b_");
    const double rate_hz = given.number("rate_hz");
    const double place = given.number("time_s") * rate_hz - static_cast<double>(a.key.index);
    const auto distance = static_cast<double>(b.key.index - a.key.index);
    check_face(mix(a.face, b.face, place / distance), given);
    if (place < 0 || place > distance || distance != 1)
      continue; // outside, the timeline has no face of its own: the last one is held
    ++num_between;
    Followed followed(rate_hz);
    followed.timeline.add(a, 0);
    followed.timeline.add(b, 0);
    followed.timeline.follow(0, given.number("time_s"), 0);
    ShownFrame shown;
    REQUIRE(followed.timeline.sample(0, shown));
    check_face(shown.frame.face, given);
  }
  CHECK(num_between > 5);
}

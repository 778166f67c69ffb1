#include "faces.h"
#include "player.h"

#include <doctest/doctest.h>

#include <vector>

using namespace posecast::core;
using doctest::Approx;
using test::face_of;
using test::frame_of;

namespace {

struct Rig {
  explicit Rig(bool follows_audio = false)
      : events(counters), player({25, 0.16, 20, follows_audio}, counters, events) {}

  void speak(std::uint32_t utterance, std::uint64_t first, std::uint64_t end, double at_s) {
    for (std::uint64_t i = first; i < end; ++i)
      player.add(frame_of(utterance, i), at_s);
  }
  std::vector<ShownFrame> poll_until(double until_s) {
    std::vector<ShownFrame> frames;
    for (; now_s < until_s; now_s += 0.004) {
      ShownFrame shown;
      while (player.poll(now_s, shown))
        frames.push_back(shown);
    }
    return frames;
  }

  Counters counters;
  EventQueue events;
  Player player;
  double now_s = 0;
};

} // namespace

TEST_CASE("a face that gets no frames is held, then eases to rest, once") {
  Rig rig;
  rig.speak(0, 0, 500, 0);
  rig.player.drop_from({0, 10});
  const auto frames = rig.poll_until(3);
  REQUIRE(frames.size() == 15); // 10 of speech, 5 to rest
  for (std::size_t i = 0; i < 10; ++i)
    CHECK_FALSE(frames[i].is_local);
  double due_s = 0.4 + RestEaser::kHold;
  for (std::size_t i = 10; i < 15; ++i, due_s += 0.04) {
    CHECK(frames[i].is_local);
    CHECK(frames[i].due_s == Approx(due_s));
    CHECK(frames[i].frame.key.index == 9);
  }
  CHECK(frames.back().frame.face == Face{});
}

TEST_CASE("after an easing the speech takes over within 100 ms, without a jump") {
  Rig rig;
  for (std::uint64_t i = 0; i < 10; ++i)
    rig.player.add({{0, i}, FrameKind::kSpeech, face_of(1)}, 0);
  rig.poll_until(2);
  for (std::uint64_t i = 10; i < 20; ++i)
    rig.player.add({{0, i}, FrameKind::kSpeech, face_of(1)}, 2);
  const auto frames = rig.poll_until(2.3);
  REQUIRE(frames.size() >= 5);
  CHECK(frames[0].frame.face.weights[0] == Approx(0));
  CHECK(frames[1].frame.face.weights[0] > 0.1F);
  CHECK(frames[1].frame.face.weights[0] < 0.9F);
  CHECK(frames[3].frame.face.weights[0] == 1);
}

TEST_CASE("samples are held and eased too") {
  Rig rig;
  for (std::uint64_t i = 0; i < 5; ++i)
    rig.player.add({{0, i}, FrameKind::kSpeech, face_of(1)}, 0);
  ShownFrame shown;
  std::vector<float> weights;
  for (int tick = 0; tick < 100; ++tick) {
    REQUIRE(rig.player.sample(tick * 0.01, shown));
    weights.push_back(shown.frame.face.weights[0]);
    if (!weights.empty())
      CHECK(weights.back() <= weights.front());
  }
  CHECK(weights[19] == 1);
  CHECK(weights[28] == 1); // held
  CHECK(weights[40] > 0);
  CHECK(weights[40] < 1);
  CHECK(weights[55] == 0);
  CHECK(shown.is_local);
}

TEST_CASE("an interrupt cuts what would be shown next and takes only easing frames") {
  Rig rig;
  rig.speak(0, 0, 50, 0);
  rig.speak(1, 0, 50, 0);
  rig.poll_until(0.41);
  rig.player.interrupt(*rig.player.position(0.41), 2, 0.41);
  rig.speak(1, 50, 60, 0.42); // was on its way
  for (std::uint64_t i = 11; i < 16; ++i)
    rig.player.add({{0, i}, FrameKind::kEasing, face_of(0.1)}, 0.43);
  rig.player.end({0, 16}, 0.43);
  rig.player.end({1, 55}, 0.43);
  rig.speak(2, 0, 10, 0.44);
  const auto frames = rig.poll_until(1);
  std::vector<FrameKey> keys;
  for (const auto& shown : frames)
    if (!shown.is_local)
      keys.push_back(shown.frame.key);
  REQUIRE(keys.size() >= 10);
  CHECK(keys[0] == FrameKey{0, 11});
  CHECK(keys[4] == FrameKey{0, 15});
  CHECK(keys[5] == FrameKey{2, 0});
}

TEST_CASE("idle life is shown between utterances and makes room for them at once") {
  Rig rig;
  for (int tick = 0; tick < 100; ++tick) { // the server's pace: 3 frames each 0.12 s
    const double now_s = tick * 0.12;
    for (std::uint64_t i = 0; i < 3; ++i)
      rig.player.add(
          {{0, static_cast<std::uint64_t>(tick) * 3 + i}, FrameKind::kIdle, face_of(0.5)}, now_s);
    rig.now_s = now_s;
    const auto frames = rig.poll_until(now_s + 0.119);
    for (const auto& shown : frames)
      CHECK(shown.frame.kind == FrameKind::kIdle);
    if (tick > 0)
      CHECK(frames.size() == 3);
  }
  rig.speak(0, 0, 10, 12);
  rig.player.end({0, 10}, 12);
  rig.now_s = 12;
  const auto speech = rig.poll_until(12.39);
  REQUIRE(speech.size() == 10);
  for (const auto& shown : speech)
    CHECK(shown.frame.kind == FrameKind::kSpeech);
  for (std::uint64_t i = 0; i < 3; ++i) // the next idle time counts from 0 again
    rig.player.add({{1, i}, FrameKind::kIdle, face_of(0.5)}, 12.4);
  rig.now_s = 12.4;
  const auto idle = rig.poll_until(12.55);
  REQUIRE(idle.size() == 3);
  CHECK(idle[0].frame.key == FrameKey{1, 0});
  CHECK(idle[0].frame.kind == FrameKind::kIdle);
}

TEST_CASE("the events tell begin and end of what is shown") {
  Rig rig;
  rig.speak(0, 0, 10, 0);
  rig.player.end({0, 10}, 0);
  rig.poll_until(1);
  Event event;
  REQUIRE(rig.events.pop(event));
  CHECK(event.kind == EventKind::kFirstFrame);
  REQUIRE(rig.events.pop(event));
  CHECK(event.kind == EventKind::kUtterancePlayed);
  CHECK_FALSE(rig.events.pop(event));
}

TEST_CASE("another rig empties everything, and what is open goes on") {
  Rig rig;
  rig.speak(0, 0, 50, 0);
  rig.poll_until(0.1);
  rig.player.clear();
  for (const auto& shown : rig.poll_until(0.9))
    CHECK(shown.is_local);
  rig.speak(0, 60, 70, 0.9);
  const auto frames = rig.poll_until(1);
  REQUIRE(frames.size() >= 2);
  CHECK(frames[0].frame.key == FrameKey{0, 60});
  rig.player.end({0, 70}, 1);
  rig.speak(1, 0, 5, 1);
  CHECK(rig.poll_until(1.5).back().frame.key.utterance == 1);
}

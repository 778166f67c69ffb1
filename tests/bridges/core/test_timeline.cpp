#include "faces.h"
#include "timeline.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace posecast::core;
using doctest::Approx;
using test::end_of;
using test::frame_of;

namespace {

constexpr double kRate = 25;

/// A timeline whose clock is in the test's hand.
struct Rig : TimelineListener {
  explicit Rig(bool follows_audio = false, std::size_t capacity = 1000)
      : timeline({capacity, 0.16, follows_audio}, counters, this) {
    timeline.set_rate(kRate);
  }
  void on_started(std::uint32_t utterance) override {
    log += "start " + std::to_string(utterance) + ";";
  }
  void on_played(std::uint32_t utterance) override {
    log += "played " + std::to_string(utterance) + ";";
  }

  void add(std::uint32_t utterance, std::uint64_t first, std::uint64_t end, double at_s) {
    for (std::uint64_t i = first; i < end; ++i)
      timeline.add(frame_of(utterance, i), at_s);
  }
  /// Everything that is due until a moment, looked for every few milliseconds.
  std::vector<ShownFrame> poll_until(double until_s, double step_s = 0.004) {
    std::vector<ShownFrame> frames;
    for (; now_s < until_s; now_s += step_s) {
      timeline.advance(now_s);
      ShownFrame shown;
      while (timeline.release(now_s, shown)) {
        CHECK(now_s >= shown.due_s - 1e-6);
        largest_lag_s = std::max(largest_lag_s, now_s - shown.due_s);
        frames.push_back(shown);
      }
    }
    return frames;
  }

  Counters counters;
  std::string log;
  Timeline timeline;
  double now_s = 0;
  double largest_lag_s = 0;
};

std::vector<std::uint64_t> indices(const std::vector<ShownFrame>& frames) {
  std::vector<std::uint64_t> result;
  for (const ShownFrame& shown : frames)
    result.push_back(shown.frame.key.index);
  return result;
}

} // namespace

TEST_CASE("a burst of frames is released one by one, each when it is due") {
  Rig rig;
  rig.add(0, 0, 50, 0);
  rig.timeline.add(end_of(0, 50), 0);
  const auto frames = rig.poll_until(3);
  REQUIRE(frames.size() == 50);
  for (std::size_t i = 0; i < frames.size(); ++i) {
    CHECK(frames[i].frame.key.index == i);
    CHECK(frames[i].due_s == Approx(static_cast<double>(i) / kRate));
    CHECK(frames[i].time_s == Approx(static_cast<double>(i) / kRate));
  }
  CHECK(rig.largest_lag_s < 0.0041);
  CHECK(rig.log == "start 0;played 0;");
  CHECK(rig.counters.underruns == 0);
}

TEST_CASE("an utterance begins once enough is buffered") {
  Rig rig;
  rig.add(0, 0, 3, 0);
  CHECK(rig.poll_until(0.02).empty());
  rig.add(0, 3, 4, 0.02); // 4 frames are 160 ms
  const auto frames = rig.poll_until(0.05);
  REQUIRE(frames.size() == 1);
  CHECK(frames[0].due_s == Approx(0.02));
}

TEST_CASE(
    "an utterance begins when its first frame has waited long enough, however late one looks") {
  Rig rig;
  rig.add(0, 0, 2, 1.0);
  rig.now_s = 1.19;
  const auto frames = rig.poll_until(1.195);
  REQUIRE(frames.size() == 1);
  CHECK(frames[0].due_s == Approx(1.16));
}

TEST_CASE("a short utterance that is complete begins at once") {
  Rig rig;
  rig.add(0, 0, 1, 0);
  rig.timeline.add(end_of(0, 1), 0);
  CHECK(rig.poll_until(0.01).size() == 1);
}

TEST_CASE("where a frame is missing the clock waits and goes on from there") {
  Rig rig;
  rig.add(0, 0, 5, 0);
  CHECK(rig.poll_until(1).size() == 5);
  CHECK(rig.timeline.is_behind());
  CHECK(rig.counters.underruns == 1);
  rig.add(0, 5, 9, 1);
  rig.timeline.add(end_of(0, 9), 1);
  const auto frames = rig.poll_until(2);
  CHECK(indices(frames) == std::vector<std::uint64_t>{5, 6, 7, 8});
  CHECK(frames[0].due_s == Approx(1));
  CHECK(frames[3].due_s == Approx(1.12));
  CHECK(rig.log == "start 0;played 0;");
  CHECK(rig.counters.underruns == 1);
}

TEST_CASE("a frame that comes just in time is no under-run") {
  Rig rig;
  rig.add(0, 0, 5, 0);
  rig.poll_until(0.19);
  rig.add(0, 5, 6, 0.199);
  CHECK(rig.poll_until(0.21).size() == 1);
  CHECK(rig.counters.underruns == 0);
}

TEST_CASE("utterances follow one another, and empty ones are passed over") {
  Rig rig;
  rig.add(0, 0, 5, 0);
  rig.timeline.add(end_of(0, 5), 0);
  rig.timeline.add(end_of(1, 0), 0);
  rig.add(2, 0, 5, 0);
  rig.timeline.add(end_of(2, 5), 0);
  const auto frames = rig.poll_until(1);
  REQUIRE(frames.size() == 10);
  CHECK(frames[5].frame.key == FrameKey{2, 0});
  CHECK(frames[5].due_s >= 0.2 - 1e-9);
  CHECK(rig.log == "start 0;played 0;start 2;played 2;");
}

TEST_CASE("a slow poller gets every frame, with the times at which they were due") {
  Rig rig;
  rig.add(0, 0, 20, 0);
  rig.timeline.add(end_of(0, 20), 0);
  rig.timeline.advance(0);
  rig.now_s = 0.5;
  const auto frames = rig.poll_until(2, 0.7);
  REQUIRE(frames.size() == 20);
  for (std::size_t i = 0; i < frames.size(); ++i)
    CHECK(frames[i].due_s == Approx(static_cast<double>(i) / kRate));
}

TEST_CASE("a poller that never comes loses the oldest frames, and they are counted") {
  Rig rig(false, 20);
  rig.add(0, 0, 50, 0);
  CHECK(rig.counters.frames_dropped == 30);
  rig.timeline.advance(0);
  CHECK(rig.timeline.num_ahead(0) <= 20);
  const auto frames = rig.poll_until(3);
  REQUIRE(frames.size() == 20);
  CHECK(frames[0].frame.key.index == 30);
  CHECK(frames[0].due_s == Approx(1.2)); // the clock did not stop for it
}

TEST_CASE("after a gap in a stalled utterance it goes on behind the gap at once") {
  Rig rig;
  rig.add(0, 0, 5, 0);
  rig.poll_until(1);
  rig.add(0, 50, 60, 1);
  const auto frames = rig.poll_until(1.1);
  REQUIRE(frames.size() >= 2);
  CHECK(frames[0].frame.key.index == 50);
  CHECK(frames[0].due_s == Approx(1));
  CHECK(frames[1].due_s == Approx(1.04));
}

TEST_CASE("a sample lies between its neighbours") {
  Rig rig;
  rig.add(0, 0, 10, 0);
  rig.timeline.advance(0);
  ShownFrame shown;
  rig.timeline.advance(0.05);
  REQUIRE(rig.timeline.sample(0.05, shown));
  CHECK(shown.frame.face.weights[0] == Approx(1.25 / 1024));
  CHECK(shown.time_s == Approx(0.05));
  rig.timeline.advance(0.08);
  REQUIRE(rig.timeline.sample(0.08, shown));
  CHECK(shown.frame.face.weights[0] == Approx(2.0 / 1024));
  rig.timeline.advance(0.38);
  REQUIRE(rig.timeline.sample(0.38, shown)); // the last one has no neighbour yet
  CHECK(shown.frame.face.weights[0] == Approx(9.0 / 1024));
}

TEST_CASE("who only samples needs no more memory than what is ahead") {
  Rig rig(false, 40);
  ShownFrame shown;
  double now_s = 0;
  for (std::uint64_t i = 0; i < 1000; ++i, now_s += 0.04) {
    rig.timeline.add(frame_of(0, i), now_s);
    rig.timeline.advance(now_s);
    rig.timeline.sample(now_s, shown);
  }
  CHECK(rig.counters.frames_dropped == 0);
}

TEST_CASE("polling and sampling do not take frames from one another") {
  Rig rig(false, 40);
  ShownFrame shown;
  int num_polled = 0;
  int num_sampled = 0;
  for (int tick = 0; tick < 400; ++tick) {
    const double now_s = tick * 0.01;
    if (tick % 4 == 0)
      rig.timeline.add(frame_of(0, static_cast<std::uint64_t>(tick / 4)), now_s);
    rig.timeline.advance(now_s);
    num_sampled += rig.timeline.sample(now_s, shown);
    while (rig.timeline.release(now_s, shown))
      ++num_polled;
  }
  CHECK(num_polled >= 95);
  CHECK(num_sampled >= 380);
  CHECK(rig.counters.frames_dropped == 0);
}

TEST_CASE("by the audio's clock nothing is shown before the audio is heard") {
  Rig rig(true);
  rig.add(0, 0, 50, 0);
  CHECK(rig.poll_until(1).empty());
  CHECK(rig.log == "start 0;"); // the caller is told that it may begin
  rig.timeline.follow(0, 0.1, 1);
  const auto frames = rig.poll_until(1.01);
  CHECK(indices(frames) == std::vector<std::uint64_t>{2}); // what was heard before is over
}

TEST_CASE("the face follows the audio's clock, not the computer's") {
  Rig rig(true);
  rig.add(0, 0, 200, 0);
  for (int tick = 0; tick < 250; ++tick) { // audio at 98 %
    const double now_s = tick * 0.02;
    rig.timeline.follow(0, now_s * 0.98, now_s);
    rig.timeline.advance(now_s);
    ShownFrame shown;
    while (rig.timeline.release(now_s, shown))
      CHECK(shown.time_s <= now_s * 0.98 + 0.03);
  }
  ShownFrame shown;
  rig.timeline.advance(4.98);
  REQUIRE(rig.timeline.sample(4.98, shown)); // although all was polled
  CHECK(shown.time_s == Approx(4.98 * 0.98).epsilon(0.01));
  CHECK(rig.counters.clock_jumps == 0);
}

TEST_CASE("a jump of the audio's clock skips what lies between, and is counted") {
  Rig rig(true);
  rig.add(0, 0, 200, 0);
  rig.timeline.follow(0, 0, 0);
  rig.poll_until(0.1);
  rig.timeline.follow(0, 4, 0.1);
  const auto frames = rig.poll_until(0.102);
  CHECK(indices(frames) == std::vector<std::uint64_t>{100});
  CHECK(rig.counters.clock_jumps == 1);
  CHECK(rig.timeline.num_jumps() == 1);
  rig.timeline.follow(0, 1, 0.12); // back, to what is gone
  CHECK(rig.poll_until(0.13).empty());
  CHECK(rig.counters.clock_jumps == 2);
}

TEST_CASE("frames that come too late for the audio are not shown, and counted") {
  Rig rig(true);
  rig.add(0, 0, 5, 0);
  for (int tick = 0; tick <= 50; ++tick)
    rig.timeline.follow(0, tick * 0.02, tick * 0.02);
  CHECK(rig.timeline.is_behind());
  rig.add(0, 5, 40, 1);
  CHECK(rig.counters.frames_late == 18); // 5..22: more than 100 ms before the audio
  CHECK_FALSE(rig.timeline.is_behind());
  rig.now_s = 1;
  CHECK(indices(rig.poll_until(1.001)) == std::vector<std::uint64_t>{0, 1, 2, 3, 4, 23, 24, 25});
}

TEST_CASE("the next utterance's audio ends the one before") {
  Rig rig(true);
  rig.add(0, 0, 5, 0);
  rig.add(1, 0, 5, 0);
  rig.timeline.follow(0, 0, 0);
  rig.timeline.follow(1, 0, 0.1);
  CHECK(rig.log == "start 0;played 0;");
  rig.timeline.follow(0, 3, 0.12); // an older one is ignored
  rig.now_s = 0.13;
  const auto frames = rig.poll_until(0.135);
  CHECK(frames.back().frame.key.utterance == 1);
}

TEST_CASE("dropped frames are not missed until their time, and others come in their place") {
  Rig rig;
  rig.add(0, 0, 50, 0);
  rig.add(1, 0, 50, 0);
  rig.poll_until(0.41); // 0..10 are out
  const auto position = rig.timeline.position(0.41);
  REQUIRE(position);
  CHECK(*position == FrameKey{0, 11});
  rig.timeline.drop_from(*position);
  for (std::uint64_t i = 11; i < 16; ++i)
    rig.timeline.add(frame_of(0, i, FrameKind::kEasing), 0.43);
  rig.timeline.add(end_of(0, 16), 0.43);
  const auto frames = rig.poll_until(1.5);
  CHECK(indices(frames) == std::vector<std::uint64_t>{11, 12, 13, 14, 15});
  CHECK(frames[0].due_s == Approx(0.44));
  CHECK(frames[0].frame.kind == FrameKind::kEasing);
  CHECK(rig.log == "start 0;played 0;");
  CHECK(rig.counters.underruns == 0);
}

TEST_CASE("easing frames that come late are shown at once") {
  Rig rig;
  rig.add(0, 0, 50, 0);
  rig.poll_until(0.41);
  rig.timeline.drop_from({0, 11});
  rig.poll_until(0.6);
  CHECK(rig.timeline.is_behind());
  rig.timeline.add(frame_of(0, 11, FrameKind::kEasing), 0.6);
  const auto frames = rig.poll_until(0.62);
  REQUIRE(frames.size() == 1);
  CHECK(frames[0].due_s == Approx(0.6));
}

TEST_CASE("an interrupted utterance that was never shown is passed over") {
  for (const bool follows_audio : {false, true}) {
    Rig rig(follows_audio);
    rig.timeline.add(frame_of(0, 0, FrameKind::kEasing), 0);
    rig.timeline.add(end_of(0, 1), 0);
    rig.add(1, 0, 5, 0);
    const auto frames = rig.poll_until(0.01);
    CHECK(frames.size() == (follows_audio ? 0 : 1)); // none of the easing ones
    CHECK(rig.log == "start 1;");
  }
}

TEST_CASE("an interrupted audio player is not needed for the rest of the way") {
  Rig rig(true);
  rig.add(0, 0, 50, 0);
  rig.timeline.follow(0, 0, 0);
  rig.poll_until(0.1);
  rig.timeline.follow(0, 0.1, 0.1);
  rig.timeline.run_free(0.2);
  rig.timeline.follow(0, 0.1, 0.22); // a last position, on its way
  CHECK(rig.poll_until(0.6).back().frame.key.index >= 13);
}

TEST_CASE("frames of an utterance that is over are not taken") {
  Rig rig;
  rig.add(0, 0, 5, 0);
  rig.timeline.add(end_of(0, 5), 0);
  rig.poll_until(1);
  rig.add(0, 5, 8, 1);
  CHECK(rig.counters.frames_late == 3);
  CHECK(rig.poll_until(2).empty());
}

TEST_CASE("frames out of order are not taken, and counted") {
  Rig rig;
  rig.add(0, 5, 8, 0);
  rig.add(0, 6, 7, 0);
  CHECK(rig.counters.frames_malformed == 1);
  rig.timeline.add(end_of(0, 8), 0);
  rig.timeline.add(end_of(0, 20), 0); // a second end changes nothing
  rig.add(0, 8, 9, 0);
  CHECK(rig.counters.frames_malformed == 2);
  CHECK(rig.poll_until(1).size() == 3);
  CHECK(rig.log == "start 0;played 0;");
}

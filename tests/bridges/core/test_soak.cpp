#include "fake_server.h"
#include "speaker.h"

using namespace posecast::core;
using namespace posecast::core::test;

TEST_CASE("100 000 frames of many utterances come, each once and in order") {
  constexpr std::uint64_t kWanted = 100'000;
  FakeServer server({.frame_rate_hz = 60});
  posecast_options options = options_for(server.address());
  options.frame_rate_hz = 60;
  options.connect_timeout_ms = options.idle_timeout_ms = 600000;
  options.max_frames_ms = 50000; // a busy machine may not poll for a while of the fast clock's
  Speaker speaker(options, 120);
  std::uint64_t num_frames = 0;
  std::uint32_t utterance = 0;
  std::uint64_t next_index = 0;
  double pushed_s = 0;
  posecast_frame frame{};
  frame.struct_size = sizeof frame;
  posecast_event event{};
  event.struct_size = sizeof event;
  const double begun_s = steady_s();
  while (num_frames < kWanted) {
    REQUIRE(steady_s() - begun_s < 150);
    if (speaker.push(0.1) == 1600)
      pushed_s += 0.1;
    if (pushed_s > 7) {
      posecast_end_utterance(speaker.client);
      pushed_s = 0;
    }
    while (posecast_poll(speaker.client, &frame) == POSECAST_HAS_ONE) {
      if ((frame.flags & POSECAST_FRAME_LOCAL) != 0)
        continue;
      if (frame.utterance != utterance) {
        REQUIRE(frame.utterance == utterance + 1);
        utterance = frame.utterance;
        next_index = 0;
      }
      REQUIRE(frame.index == next_index++);
      ++num_frames;
    }
    while (posecast_poll_event(speaker.client, &event) == POSECAST_HAS_ONE) {
    }
  }
  const posecast_stats stats = speaker.stats();
  MESSAGE(num_frames << " frames of " << utterance + 1 << " utterances in " << steady_s() - begun_s
                     << " s");
  CHECK(stats.frames_dropped == 0);
  CHECK(stats.frames_malformed == 0);
  CHECK(stats.samples_lost == 0);
  CHECK(stats.events_dropped == 0);
  CHECK(stats.reconnections == 0);
}

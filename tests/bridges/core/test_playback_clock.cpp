#include "playback_clock.h"

#include <doctest/doctest.h>

#include <cmath>

using namespace posecast::core;
using doctest::Approx;
using Followed = PlaybackClock::Followed;

TEST_CASE("a free clock runs with the time and tells when a moment is") {
  PlaybackClock clock;
  clock.start(2, 100);
  CHECK(clock.media_s(100.5) == Approx(2.5));
  CHECK(clock.when_s(3) == Approx(101));
}

TEST_CASE("a held clock stands still and remembers when it came there") {
  PlaybackClock clock;
  clock.start(0, 10);
  clock.hold(0.5);
  CHECK(clock.media_s(99) == Approx(0.5));
  CHECK(clock.when_s(0.4) == Approx(10.4));
}

TEST_CASE("between two buffers of the audio the clock runs on") {
  PlaybackClock clock;
  CHECK(clock.follow(0, 50) == Followed::kStarted);
  // A player with buffers of 21 ms, asked 60 times a second.
  double last = 0;
  for (int tick = 1; tick < 600; ++tick) {
    const double now = 50 + tick / 60.0;
    const double position = std::floor((now - 50) / 0.0213) * 0.0213;
    CHECK(clock.follow(position, now) == Followed::kSmooth);
    const double media = clock.media_s(now);
    CHECK(media >= last);
    CHECK(std::abs(media - (now - 50)) < 0.03);
    last = media;
  }
}

TEST_CASE("a drifting audio clock is followed") {
  PlaybackClock clock;
  for (int tick = 0; tick <= 3000; ++tick) // a sound card that is 0.1 % slow
    clock.follow(tick / 50.0 * 0.999, tick / 50.0);
  CHECK(clock.media_s(60) == Approx(59.94).epsilon(0.0005));
}

TEST_CASE("a paused player stops the clock, and going on is no jump") {
  PlaybackClock clock;
  clock.follow(1, 0);
  clock.follow(1.02, 0.02);
  for (int tick = 2; tick < 100; ++tick)
    clock.follow(1.02, tick * 0.02);
  CHECK(clock.media_s(3) == Approx(1.02 + PlaybackClock::kRunOn).epsilon(0.01));
  CHECK(clock.follow(1.04, 3) == Followed::kSmooth);
}

TEST_CASE("a seek is a jump, in both directions") {
  PlaybackClock clock;
  clock.follow(1, 0);
  CHECK(clock.follow(5, 0.02) == Followed::kJumped);
  CHECK(clock.media_s(0.02) == Approx(5));
  CHECK(clock.follow(0.5, 0.04) == Followed::kJumped);
  CHECK(clock.media_s(0.04) == Approx(0.5));
}

TEST_CASE("a small step back of the player does not turn the clock back") {
  PlaybackClock clock;
  clock.follow(1, 0);
  const double before = clock.media_s(0.1);
  CHECK(clock.follow(1.05, 0.1) == Followed::kSmooth);
  CHECK(clock.media_s(0.1) >= before);
  CHECK(clock.media_s(0.101) >= before);
}

TEST_CASE("a stopped player's clock can run free") {
  PlaybackClock clock;
  clock.follow(1, 0);
  clock.run_free(0.1);
  CHECK(clock.media_s(2) == Approx(3));
}

#include "event_queue.h"
#include "reconnect_policy.h"
#include "rest_easer.h"
#include "settings.h"

#include "faces.h"

#include <doctest/doctest.h>

#include <string>

using namespace posecast::core;
using doctest::Approx;

TEST_CASE("events come in their order, and the oldest go where too many wait") {
  Counters counters;
  EventQueue events(counters);
  Event event;
  for (std::uint32_t i = 0; i < EventQueue::kCapacity + 3; ++i) {
    event.utterance = i;
    events.push(event);
  }
  CHECK(counters.events_dropped == 3);
  for (std::uint32_t i = 3; i < EventQueue::kCapacity + 3; ++i) {
    REQUIRE(events.pop(event));
    CHECK(event.utterance == i);
  }
  CHECK_FALSE(events.pop(event));
}

TEST_CASE("a long message is cut and ended") {
  Event event;
  event.set_message(std::string(1000, 'x'));
  CHECK(std::string(event.message.data()).size() == kMessageCapacity - 1);
  event.set_message("short");
  CHECK(std::string(event.message.data()) == "short");
}

TEST_CASE("waits double up to a second, with jitter, and begin anew after a success") {
  ReconnectPolicy policy(1);
  double expected_s = ReconnectPolicy::kFirstWait;
  double total_s = 0;
  for (std::uint32_t i = 0; i < 40; ++i) {
    const double wait_s = policy.next_wait_s();
    CHECK(wait_s >= expected_s * (1 - ReconnectPolicy::kJitter));
    CHECK(wait_s <= expected_s * (1 + ReconnectPolicy::kJitter));
    CHECK(wait_s < 2); // a server that is back is found within 2 s
    CHECK(policy.num_failures() == i + 1);
    expected_s = std::min(2 * expected_s, ReconnectPolicy::kLongestWait);
    total_s += wait_s;
  }
  CHECK(total_s != Approx(0.1 + 0.2 + 0.4 + 0.8 + 36)); // it does jitter
  policy.succeeded();
  CHECK(policy.next_wait_s() < 0.126);
}

TEST_CASE("two clients do not come at the same time") {
  ReconnectPolicy one(1);
  ReconnectPolicy other(2);
  CHECK(one.next_wait_s() != other.next_wait_s());
}

TEST_CASE("a face is held, then eases to rest in 200 ms") {
  RestEaser easer;
  Face face;
  CHECK_FALSE(easer.face_at(0, face));
  easer.show(test::face_of(0.8), 10);
  CHECK(easer.face_at(10 + RestEaser::kHold - 0.001, face));
  CHECK(face.weights[0] == 0.8F);
  CHECK_FALSE(easer.has_eased());
  easer.face_at(10 + RestEaser::kHold + 0.1, face);
  CHECK(face.weights[0] == Approx(0.4));
  CHECK(easer.has_eased());
  easer.face_at(10 + RestEaser::kHold + 0.2, face);
  CHECK(face == Face{});
}

TEST_CASE("steps of the easing come at the rate of frames and end at rest") {
  for (const double rate_hz : {25.0, 30.0, 50.0, 60.0}) {
    CAPTURE(rate_hz);
    RestEaser easer;
    easer.show(test::face_of(1), 5);
    Face face;
    double due_s = 0;
    CHECK_FALSE(easer.next_step(5.0999, rate_hz, face, due_s));
    int num_steps = 0;
    float last = 1;
    while (easer.next_step(9, rate_hz, face, due_s)) {
      CHECK(due_s == Approx(5.1 + num_steps / rate_hz));
      CHECK(face.weights[0] < last);
      last = face.weights[0];
      ++num_steps;
    }
    CHECK(num_steps == static_cast<int>(0.2 * rate_hz + 0.5));
    CHECK(face == Face{});
  }
}

TEST_CASE("a face at rest does not ease") {
  RestEaser easer;
  easer.show({}, 5);
  Face face;
  double due_s = 0;
  CHECK_FALSE(easer.next_step(9, 25, face, due_s));
}

TEST_CASE("a change of settings takes the place of what it sets and leaves the rest") {
  Settings settings;
  settings.style_name = "cheerful";
  settings.head = 0.5F;
  settings.curve_adjustments = {{"jawOpen", 1.2F, {}, {}, {}}, {"tongueOut", 0.0F, {}, {}, {}}};
  Settings change;
  change.style_vector = StyleVector{{1, 2}, {}, {}, {}, {}};
  change.seed = 9;
  change.curve_adjustments = {{"jawOpen", {}, 0.1F, {}, {}}};
  settings.merge(change);
  CHECK_FALSE(settings.style_name);
  CHECK(settings.style_vector->values.size() == 2);
  CHECK(settings.head == 0.5F);
  CHECK(settings.seed == 9);
  REQUIRE(settings.curve_adjustments.size() == 2);
  CHECK(settings.curve_adjustments[0].curve_name == "tongueOut");
  CHECK_FALSE(settings.curve_adjustments[1].multiplier);
}

#include "session_rig.h"

#include <limits>

using namespace posecast::core;
using test::options_of;
using Rig = test::SessionRig;
using doctest::Approx;
namespace v1 = posecast::v1;

TEST_CASE("an utterance goes on at a border of frames after the connection was lost") {
  Rig rig;
  const std::uint64_t seed = 1000;
  rig.connect(0);
  rig.push(1);
  rig.session.end_utterance();
  rig.push(1.01);
  rig.sent(0);
  rig.session.handle(test::frames(0, 0, 20), 0.1); // 5 frames of it and all of the next are lost
  rig.session.end_stream(0.2);
  rig.session.report_break(14, "gone", 1);
  CHECK(rig.session.state() == State::kReconnecting);
  CHECK(rig.session.last_error() == "gone");
  CHECK(rig.session.counters().samples_lost == 16000 - 20 * 640 + 16160);
  const auto ends = rig.events(EventKind::kUtteranceEnd);
  REQUIRE(ends.size() == 1);
  CHECK(ends[0].was_lost);
  CHECK(ends[0].num_frames == 20);

  rig.push(1);
  rig.session.end_utterance();
  const auto config = rig.connect(1, test::header(25, 52, 1001));
  CHECK(config.config().settings().seed() == seed + 1); // the server's utterance 0 is our 1
  CHECK(rig.session.counters().reconnections == 1);
  rig.sent_s = 0;
  CHECK(rig.sent(1).size() == 1);
  CHECK(rig.sent_s == Approx(0.97)); // 1.01 s is 25.25 frames: it goes on with frame 26, at 1.04 s
  rig.session.handle(test::frames(0, 0, 25), 1.1);
  rig.session.handle(test::end(0, 25), 1.1);
  const auto keys = rig.poll(3);
  REQUIRE(keys.size() == 45);
  CHECK(keys[19] == FrameKey{0, 19});
  CHECK(keys[20] == FrameKey{1, 26});
  CHECK(keys[44] == FrameKey{1, 50});
  CHECK(rig.events(EventKind::kUtteranceEnd).at(0).num_frames == 51);
}

TEST_CASE("an interrupt without a connection needs no server") {
  Rig rig;
  rig.connect(0);
  rig.push(2);
  rig.sent(0);
  rig.session.handle(test::frames(0, 0, 50), 0);
  rig.poll(0.41);
  rig.session.end_stream(0.41);
  rig.session.report_break(14, "gone", 1);
  rig.session.interrupt(std::nullopt, 0.41);
  const auto ends = rig.events(EventKind::kUtteranceEnd);
  REQUIRE(ends.size() == 1);
  CHECK(ends[0].was_interrupted);
  CHECK(rig.poll(1.5).empty());
  CHECK(rig.events(EventKind::kUtterancePlayed).size() == 1);
  rig.connect(2);
  CHECK(rig.sent(2).empty());
  rig.push(1);
  rig.sent(2);
  rig.session.handle(test::frames(0, 0, 10), 2.1);
  rig.now_s = 2.1;
  CHECK(rig.poll(2.2).at(0) == FrameKey{1, 0});
}

TEST_CASE("a connection that is lost before the easing frames leaves nothing waiting") {
  Rig rig;
  rig.connect(0);
  rig.push(2);
  rig.sent(0);
  rig.session.handle(test::frames(0, 0, 50), 0);
  rig.poll(0.41);
  rig.session.interrupt(std::nullopt, 0.41);
  rig.sent(0.41);
  rig.session.end_stream(0.42);
  CHECK(rig.events(EventKind::kUtteranceEnd).size() == 1);
  rig.poll(1);
  CHECK(rig.events(EventKind::kUtterancePlayed).size() == 1);
}

TEST_CASE("of a live microphone, old audio is not sent after a reconnection") {
  Options options = options_of();
  options.latency_mode = LatencyMode::kRealtime;
  Rig rig(options);
  rig.connect(0);
  rig.session.end_stream(1);
  rig.session.report_break(14, "gone", 1);
  rig.push(5);
  rig.connect(6);
  rig.sent(6);
  CHECK(rig.sent_s == Approx(0.48)); // half a second, from the next border of frames on
  CHECK(rig.session.counters().samples_lost == 72320);
}

TEST_CASE("headers that this client cannot follow are refused with the reason") {
  for (const auto& header : {test::header(30), test::header(25, 0), test::header(25, 65)}) {
    Rig rig;
    v1::AnimateRequest config;
    rig.session.begin_stream(0, config);
    CHECK_FALSE(rig.session.handle(header, 0));
    CHECK_FALSE(rig.session.last_error().empty());
  }
  auto axes = test::header();
  axes.mutable_header()->mutable_rig()->set_coordinate_system(v1::COORDINATE_SYSTEM_UNSPECIFIED);
  Rig rig;
  v1::AnimateRequest config;
  rig.session.begin_stream(0, config);
  CHECK_FALSE(rig.session.handle(axes, 0));
}

TEST_CASE("malformed frames are counted and not shown; weights are held in 0..1") {
  Rig rig;
  rig.connect(0);
  rig.push(1);
  rig.sent(0);
  auto response = test::frames(0, 0, 6);
  auto& frames = *response.mutable_frames();
  frames.mutable_frames(1)->add_weights(0);
  frames.mutable_frames(2)->set_weights(3, std::numeric_limits<float>::quiet_NaN());
  frames.mutable_frames(3)->mutable_head()->set_x(std::numeric_limits<float>::infinity());
  frames.mutable_frames(4)->set_index(std::numeric_limits<std::uint64_t>::max());
  frames.mutable_frames(5)->set_weights(0, 7);
  frames.mutable_frames(5)->mutable_head()->set_w(2);
  rig.session.handle(response, 0);
  rig.session.handle(test::frames(99, 0, 5), 0); // an utterance that was never sent
  CHECK(rig.session.counters().frames_malformed == 4);
  ShownFrame shown;
  REQUIRE(rig.session.poll(0.17, shown));
  CHECK(shown.frame.key.index == 0);
  REQUIRE(rig.session.poll(1, shown));
  CHECK(shown.frame.key.index == 5);
  CHECK(shown.frame.face.weights[0] == 1);
  CHECK(shown.frame.face.head == Quaternion{});
}

TEST_CASE("a server that does not answer in time is overdue, a silent microphone is not") {
  Rig rig;
  v1::AnimateRequest config;
  rig.session.begin_stream(10, config);
  CHECK(rig.session.overdue(14.9).empty());
  CHECK_FALSE(rig.session.overdue(15.1).empty());
  rig.session.handle(test::header(), 15);
  CHECK(rig.session.overdue(1000).empty());
  rig.push(1);
  rig.sent(1000);
  CHECK(rig.session.overdue(2000).empty()); // the window is not full
  rig.session.end_utterance();
  rig.sent(2000);
  CHECK(rig.session.overdue(2014).empty());
  CHECK_FALSE(rig.session.overdue(2016).empty());
  rig.session.handle(test::frames(0, 0, 25), 2016);
  CHECK(rig.session.overdue(2030).empty());
  rig.session.handle(test::end(0, 25), 2030);
  CHECK(rig.session.overdue(5000).empty());
}

TEST_CASE("a server that swallows audio is overdue") {
  Rig rig;
  rig.connect(0);
  rig.push(5);
  rig.sent(0);
  CHECK(rig.session.overdue(14).empty());
  CHECK_FALSE(rig.session.overdue(15.1).empty());
}

TEST_CASE("the state tells waiting, receiving, behind and failed") {
  Rig rig;
  CHECK(rig.session.state() == State::kConnecting);
  rig.session.report_break(14, "not there", 1);
  CHECK(rig.session.state() == State::kConnecting);
  rig.connect(0);
  CHECK(rig.session.state() == State::kWaiting);
  rig.push(1);
  rig.sent(0);
  rig.session.handle(test::frames(0, 0, 5), 0);
  CHECK(rig.session.state() == State::kReceiving);
  rig.poll(1);
  CHECK(rig.session.state() == State::kBehind);
  rig.session.fail(3, "wrong");
  CHECK(rig.session.state() == State::kFailed);
  const auto errors = rig.events(EventKind::kError);
  REQUIRE(errors.size() == 1);
  CHECK(errors[0].status == 3);
  CHECK(std::string(errors[0].message.data()) == "wrong");
}

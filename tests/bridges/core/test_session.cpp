#include "messages.h"
#include "session.h"

#include <doctest/doctest.h>

#include <limits>

using namespace posecast::core;
using doctest::Approx;
namespace v1 = posecast::v1;

namespace {

Options options_of(bool follows_audio = false) {
  Options options;
  options.address = "test:1";
  options.sample_rate_hz = 16000;
  options.follows_audio = follows_audio;
  return options;
}

struct Rig {
  explicit Rig(const Options& options = options_of()) : session(options) {}

  v1::AnimateRequest connect(double at_s, const v1::AnimateResponse& header = test::header()) {
    v1::AnimateRequest config;
    session.begin_stream(at_s, config);
    CHECK(session.handle(header, at_s));
    return config;
  }
  std::size_t push(double duration_s) {
    const std::vector<std::int16_t> values(static_cast<std::size_t>(duration_s * 16000), 100);
    return session.push_audio(values);
  }
  /// What the session wants to send; audio is only counted.
  std::vector<v1::AnimateRequest> sent(double at_s) {
    std::vector<v1::AnimateRequest> requests;
    v1::AnimateRequest request;
    while (session.next_request(at_s, request)) {
      if (request.has_audio())
        sent_s += static_cast<double>(request.audio().data().size()) / 32000;
      else
        requests.push_back(request);
    }
    return requests;
  }
  std::vector<FrameKey> poll(double until_s) {
    std::vector<FrameKey> keys;
    for (; now_s < until_s; now_s += 0.004) {
      ShownFrame shown;
      while (session.poll(now_s, shown))
        if (!shown.is_local)
          keys.push_back(shown.frame.key);
    }
    return keys;
  }
  std::vector<Event> events(EventKind kind) {
    std::vector<Event> found;
    Event event;
    while (session.poll_event(event))
      if (event.kind == kind)
        found.push_back(event);
    return found;
  }

  Session session;
  double sent_s = 0;
  double now_s = 0;
};

} // namespace

TEST_CASE("the first message is the configuration") {
  Options options = options_of();
  options.num_channels = 2;
  options.latency_mode = LatencyMode::kRealtime;
  options.idles = true;
  options.look_ahead_ms = 80;
  options.settings.style_name = "cheerful";
  options.settings.seed = 7;
  options.settings.head = 0.5F;
  options.settings.smoothing_head_s = 0.1F;
  options.settings.curve_adjustments = {{"jawOpen", 1.5F, {}, {}, 0.9F}};
  Rig rig(options);
  const v1::AnimateConfig config = rig.connect(0).config();
  CHECK(config.audio_format().encoding() == v1::AUDIO_ENCODING_PCM_S16LE);
  CHECK(config.audio_format().sample_rate_hz() == 16000);
  CHECK(config.audio_format().num_channels() == 2);
  CHECK(config.idles());
  const v1::AnimationSettings& settings = config.settings();
  CHECK(settings.style_name() == "cheerful");
  CHECK(settings.seed() == 7);
  CHECK(settings.frame_rate_hz() == 25);
  CHECK(settings.latency_mode() == v1::LATENCY_MODE_REALTIME);
  CHECK(settings.look_ahead_ms() == 80);
  CHECK(settings.strengths().head() == 0.5F);
  CHECK_FALSE(settings.strengths().has_blinks());
  CHECK(settings.smoothing().head_s() == 0.1F);
  REQUIRE(settings.curve_adjustments_size() == 1);
  CHECK(settings.curve_adjustments(0).maximum() == 0.9F);
  CHECK_FALSE(settings.curve_adjustments(0).has_offset());
}

TEST_CASE("what is unset is left to the server") {
  Rig rig;
  const v1::AnimationSettings settings = rig.connect(0).config().settings();
  CHECK_FALSE(settings.has_seed());
  CHECK_FALSE(settings.has_strengths());
  CHECK_FALSE(settings.has_smoothing());
  CHECK_FALSE(settings.has_look_ahead_ms());
  CHECK(settings.style_case() == v1::AnimationSettings::STYLE_NOT_SET);
}

TEST_CASE("a style vector is sent with what belongs to it") {
  Options options = options_of();
  options.settings.style_vector = StyleVector{{1, 2, 3}, 0.4F, {}, {}, 0.3F};
  Rig rig(options);
  const v1::StyleVector style = rig.connect(0).config().settings().style_vector();
  CHECK(style.values_size() == 3);
  CHECK(style.blink_rate_hz() == 0.4F);
  CHECK_FALSE(style.has_gaze_range());
  CHECK(style.head_tempo_hz() == 0.3F);
}

TEST_CASE("nothing is sent before the header") {
  Rig rig;
  rig.push(1);
  v1::AnimateRequest config;
  rig.session.begin_stream(0, config);
  CHECK(rig.sent(0).empty());
  CHECK(rig.sent_s == 0);
  rig.session.handle(test::header(), 0);
  rig.sent(0);
  CHECK(rig.sent_s == Approx(1));
}

TEST_CASE("no more audio is under way than an interrupt can overtake") {
  Rig rig;
  rig.connect(0);
  rig.push(25);
  rig.sent(0);
  CHECK(rig.sent_s == Approx(Session::kMaxInFlightS));
  rig.session.handle(test::frames(0, 0, 100), 0);
  rig.sent(0);
  CHECK(rig.sent_s == Approx(Session::kMaxInFlightS + 4));
}

TEST_CASE("frames that wait to be shown hold the audio back") {
  Rig rig;
  rig.connect(0);
  rig.push(29);
  rig.sent(0);
  for (std::uint64_t i = 0; static_cast<double>(i + 1) <= rig.sent_s; ++i) {
    rig.session.handle(test::frames(0, i * 25, i * 25 + 25), 0.01); // as soon as it can
    rig.sent(0.01);
  }
  CHECK(rig.sent_s > 19);
  CHECK(rig.sent_s < 20.5);
  CHECK(rig.session.counters().frames_dropped == 0);
  rig.poll(4); // what was shown makes room
  rig.sent(4);
  CHECK(rig.sent_s > 23);
}

TEST_CASE("an interrupt names the frame that would be shown next, in the server's numbers") {
  Rig rig;
  rig.connect(0);
  rig.push(2);
  rig.session.end_utterance();
  rig.push(2);
  rig.sent(0);
  rig.session.handle(test::frames(0, 0, 50), 0);
  rig.session.handle(test::end(0, 50), 0);
  rig.poll(0.41);
  rig.session.interrupt(std::nullopt, 0.41);
  const auto requests = rig.sent(0.41);
  REQUIRE(requests.size() == 1);
  CHECK(requests[0].interrupt().utterance_index() == 0);
  CHECK(requests[0].interrupt().frame_index() == 11);
  CHECK(rig.session.utterance() == 2);
  rig.session.handle(test::frames(1, 0, 20), 0.42); // was on its way
  rig.session.handle(test::easing(0, 11, 16), 0.43);
  rig.session.handle(test::end(1, 20, true), 0.43);
  rig.push(1);
  rig.sent(0.44);
  rig.session.handle(test::frames(2, 0, 10), 0.5);
  const auto keys = rig.poll(1.5);
  REQUIRE(keys.size() == 15);
  CHECK(keys[0] == FrameKey{0, 11});
  CHECK(keys[4] == FrameKey{0, 15});
  CHECK(keys[5] == FrameKey{2, 0});
  const auto ends = rig.events(EventKind::kUtteranceEnd);
  REQUIRE(ends.size() == 2);
  CHECK_FALSE(ends[0].was_interrupted);
  CHECK(ends[1].was_interrupted);
  CHECK(ends[1].utterance == 1);
}

TEST_CASE("an interrupt before the first frame names none") {
  Rig rig;
  rig.connect(0);
  rig.push(1);
  rig.sent(0);
  rig.session.interrupt(std::nullopt, 0);
  const auto requests = rig.sent(0);
  REQUIRE(requests.size() == 1);
  CHECK_FALSE(requests[0].interrupt().has_frame_index());
  CHECK_FALSE(requests[0].interrupt().has_utterance_index());
}

TEST_CASE("an interrupt at a frame that did not come names the last that did") {
  Rig rig;
  rig.connect(0);
  rig.push(2);
  rig.sent(0);
  rig.session.handle(test::frames(0, 0, 10), 0);
  rig.session.interrupt(FrameKey{0, 500}, 0);
  CHECK(rig.sent(0).at(0).interrupt().frame_index() == 10);
}

TEST_CASE("an interrupt of nothing asks nothing") {
  Rig rig;
  rig.connect(0);
  rig.session.interrupt(std::nullopt, 0);
  CHECK(rig.sent(0).empty());
  CHECK(rig.session.utterance() == 0);
  CHECK(rig.events(EventKind::kUtteranceEnd).empty());
}

TEST_CASE("utterances that were never sent are ended here, each once") {
  Rig rig;
  rig.connect(0);
  rig.push(15); // more than may be under way: its end stays in the queue
  rig.session.end_utterance();
  rig.push(1);
  rig.session.end_utterance();
  rig.push(1);
  rig.sent(0);
  rig.session.interrupt(std::nullopt, 0);
  CHECK(rig.sent(0).size() == 1);
  rig.session.handle(test::end(0, 0, true), 0);
  const auto ends = rig.events(EventKind::kUtteranceEnd);
  REQUIRE(ends.size() == 3);
  for (const Event& end : ends)
    CHECK(end.was_interrupted);
  CHECK(rig.session.utterance() == 3);
  // The server's next utterance is its second, and our fourth.
  rig.push(1);
  rig.session.end_utterance();
  rig.sent(0.1);
  rig.session.handle(test::frames(1, 0, 25), 0.1);
  CHECK(rig.poll(0.2).at(0) == FrameKey{3, 0});
}

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

TEST_CASE("an update keeps its place, and holds for later streams") {
  Rig rig;
  rig.connect(0);
  rig.push(0.5);
  Settings settings;
  settings.style_name = "tired";
  settings.seed = 50;
  rig.session.update(settings);
  rig.push(0.5);
  v1::AnimateRequest request;
  std::string order;
  while (rig.session.next_request(0, request)) {
    order += request.has_audio() ? "a" : "u";
    if (request.has_update()) {
      CHECK(request.update().settings().style_name() == "tired");
      CHECK(request.update().settings().seed() == 50);
      CHECK(request.update().settings().frame_rate_hz() == 0);
    }
  }
  CHECK(order == "aaaaauaaaaa");
  rig.session.end_stream(1);
  rig.session.report_break(14, "gone", 1);
  CHECK(rig.connect(1).config().settings().style_name() == "tired");
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

TEST_CASE("idle frames are shown with the number of the utterance that comes next") {
  Rig rig;
  rig.connect(0);
  auto idle = test::frames(0, 0, 5);
  idle.mutable_frames()->set_is_idle(true);
  rig.session.handle(idle, 0);
  CHECK(rig.session.state() == State::kWaiting);
  ShownFrame shown;
  REQUIRE(rig.session.poll(0.1, shown));
  CHECK(shown.frame.kind == FrameKind::kIdle);
  CHECK(shown.frame.key == FrameKey{0, 0});
}

TEST_CASE("samples that are refused are counted") {
  Options options = options_of();
  options.max_audio_s = 1;
  Rig rig(options);
  CHECK(rig.push(3) == 16000);
  CHECK(rig.session.counters().samples_pushed == 16000);
  CHECK(rig.session.counters().samples_refused == 32000);
}

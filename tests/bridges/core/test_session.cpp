#include "session_rig.h"

using namespace posecast::core;
using test::options_of;
using Rig = test::SessionRig;
using doctest::Approx;
namespace v1 = posecast::v1;

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

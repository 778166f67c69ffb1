#include "Voice.h"
#include "fake_core.h"

#include <doctest/doctest.h>

#include <cmath>

using namespace posecast::plugin;
using doctest::Approx;

namespace {

void say_second(Voice& voice) {
  const std::vector<float> samples(48000, 0.1F);
  voice.say(samples.data(), samples.size(), 1, 48000);
}

std::vector<VoiceEvent> events_of(Voice& voice) {
  std::vector<VoiceEvent> events;
  for (VoiceEvent event; voice.poll_event(event);)
    events.push_back(event);
  return events;
}

std::size_t num_playable(Voice& voice) {
  std::vector<std::int16_t> out;
  voice.take_playable(out);
  return out.size();
}

VoiceOptions elsewhere() {
  VoiceOptions options;
  options.is_heard_here = false;
  return options;
}

} // namespace

TEST_CASE("a voice opens with what its connection says") {
  const CoreFunctions functions = fake_functions();
  {
    Voice voice(&functions, "");
    VoiceOptions options;
    options.connection.address = "host:9";
    options.connection.token = "secret";
    options.connection.style = "cheerful";
    options.connection.style_strength = 0.5;
    options.connection.frame_rate_hz = 60;
    options.connection.latency = Latency::kRealtime;
    CHECK(voice.open(options) == "");
    CHECK(voice.is_usable());
    CHECK(fake_core.address == "host:9");
    CHECK(fake_core.token == "secret");
    CHECK(fake_core.style_name == "cheerful");
    CHECK(fake_core.style_strength == 0.5F);
    CHECK(fake_core.options.sample_rate_hz == kFeedRateHz);
    CHECK(fake_core.options.frame_rate_hz == 60);
    CHECK(fake_core.options.latency_mode == POSECAST_MODE_REALTIME);
    CHECK(fake_core.options.clock == POSECAST_CLOCK_AUDIO);
    CHECK(fake_core.options.idles == 1);
    CHECK(fake_core.options.root_certificates_pem == nullptr);
    CHECK(voice.open(elsewhere()) == "");
    CHECK(fake_core.options.clock == POSECAST_CLOCK_STEADY);
    CHECK(fake_core.num_open == 1);
  }
  CHECK(fake_core.num_open == 0);
}

TEST_CASE("speech is heard when its face is there, and the face follows what "
          "is heard") {
  const CoreFunctions functions = fake_functions();
  Voice voice(&functions, "");
  VoiceOptions options;
  options.output_latency_s = 0.05;
  REQUIRE(voice.open(options) == "");
  say_second(voice);
  voice.end_line();
  voice.tick(0, 0);
  CHECK(fake_core.samples.size() == kFeedRateHz);
  CHECK(fake_core.utterance == 1);
  CHECK(num_playable(voice) == 0);
  fake_core.add_event(POSECAST_EVENT_FIRST_FRAME, 0);
  voice.tick(0.1, 0);
  CHECK(num_playable(voice) == kPlayRateHz);
  voice.tick(0.2, 4800);
  voice.tick(0.26, 9600);
  REQUIRE(fake_core.position);
  CHECK(fake_core.position->first == 0);
  CHECK(fake_core.position->second == Approx(0.1));
  CHECK(voice.is_speaking());
  voice.tick(1.2, kPlayRateHz);
  voice.tick(1.3, kPlayRateHz);
  CHECK_FALSE(voice.is_speaking());
  const std::vector<VoiceEvent> events = events_of(voice);
  REQUIRE(events.size() == 2);
  CHECK(events[0].kind == VoiceEvent::Kind::kFirstFrame);
  CHECK(events[1].kind == VoiceEvent::Kind::kEnd);
  CHECK(events[1].utterance == 0);
  CHECK_FALSE(events[1].was_interrupted);
}

TEST_CASE("without library or server speech is heard all the same") {
  const CoreFunctions functions = fake_functions();
  for (const bool has_library : {false, true}) {
    Voice voice(has_library ? &functions : nullptr, "no library");
    fake_core.state = POSECAST_STATE_FAILED;
    CHECK(voice.open({}) == (has_library ? "" : "no library"));
    CHECK_FALSE(voice.is_usable());
    say_second(voice);
    voice.end_line();
    voice.tick(0, 0);
    CHECK(num_playable(voice) == 0);
    voice.tick(1.5, 0);
    CHECK(num_playable(voice) == kPlayRateHz);
    voice.tick(2.6, kPlayRateHz);
    voice.tick(2.7, kPlayRateHz);
    CHECK_FALSE(voice.is_speaking());
    const std::vector<VoiceEvent> events = events_of(voice);
    REQUIRE(events.size() == 1);
    CHECK(events[0].utterance == -1);
  }
}

TEST_CASE("an interrupt ends all lines at once") {
  const CoreFunctions functions = fake_functions();
  Voice voice(&functions, "");
  voice.open({});
  say_second(voice);
  voice.end_line();
  voice.tick(0, 0);
  say_second(voice);
  voice.interrupt();
  CHECK(fake_core.num_interrupts == 1);
  CHECK_FALSE(voice.is_speaking());
  const std::vector<VoiceEvent> events = events_of(voice);
  REQUIRE(events.size() == 2);
  CHECK(events[0].was_interrupted);
  CHECK(events[0].utterance == 0);
  CHECK(events[1].utterance == -1);
  voice.tick(0.1, 0);
  CHECK(num_playable(voice) == 0);
}

TEST_CASE("a microphone goes to the server at its rate, and its end ends the "
          "utterance") {
  const CoreFunctions functions = fake_functions();
  Voice voice(&functions, "");
  voice.open(elsewhere());
  const auto ring = voice.begin_capture();
  const std::vector<float> block(2 * 441, 0.1F);
  for (int i = 0; i < 100; ++i) {
    ring->write(block.data(), 441, 2, 44100);
    voice.tick(i * 0.01, 0);
  }
  CHECK(fake_core.samples.size() > kFeedRateHz - 100);
  CHECK(fake_core.utterance == 0);
  voice.end_capture();
  CHECK(fake_core.samples.size() == kFeedRateHz);
  CHECK(fake_core.utterance == 1);
  voice.begin_capture();
  voice.end_capture();
  CHECK(fake_core.utterance == 1);
}

TEST_CASE("what of a microphone is lost is told, and not what of a line must wait") {
  const CoreFunctions functions = fake_functions();
  Voice voice(&functions, "");
  voice.open(elsewhere());
  const auto ring = voice.begin_capture();
  const std::vector<float> block(16000, 0.1F);
  fake_core.room = 1000;
  ring->write(block.data(), block.size(), 1, kFeedRateHz);
  voice.tick(0, 0);
  CHECK(voice.status().samples_lost == 15000);
  say_second(voice);
  voice.end_line();
  voice.tick(0.1, 0);
  CHECK(voice.status().samples_lost == 15000);
  CHECK(voice.is_speaking());
  fake_core.room = 1000000;
  voice.tick(0.2, 0);
  CHECK_FALSE(voice.is_speaking());
}

TEST_CASE("an utterance of what is heard elsewhere ends when its face is over") {
  const CoreFunctions functions = fake_functions();
  Voice voice(&functions, "");
  voice.open(elsewhere());
  say_second(voice);
  voice.end_line();
  voice.tick(0, 0);
  CHECK_FALSE(voice.is_speaking());
  CHECK(events_of(voice).empty());
  fake_core.add_event(POSECAST_EVENT_UTTERANCE_PLAYED, 0);
  voice.tick(1, 0);
  const std::vector<VoiceEvent> events = events_of(voice);
  REQUIRE(events.size() == 1);
  CHECK(events[0].kind == VoiceEvent::Kind::kEnd);
  fake_core.state = POSECAST_STATE_FAILED;
  say_second(voice);
  CHECK_FALSE(voice.is_speaking());
}

TEST_CASE("the header's names are known, and errors are told") {
  const CoreFunctions functions = fake_functions();
  Voice voice(&functions, "");
  voice.open({});
  CHECK(voice.layout().num_curves() == 0);
  fake_core.curve_names = {"jawOpen", "mouthClose"};
  fake_core.add_event(POSECAST_EVENT_HEADER, 0);
  fake_core.add_event(POSECAST_EVENT_ERROR, 0, "bad token");
  voice.tick(0, 0);
  CHECK(voice.layout().find("JawOpen") == 0);
  const std::vector<VoiceEvent> events = events_of(voice);
  REQUIRE(events.size() == 1);
  CHECK(events[0].kind == VoiceEvent::Kind::kError);
  CHECK(events[0].message == "bad token");
}

TEST_CASE("events that nobody takes do not pile up") {
  const CoreFunctions functions = fake_functions();
  Voice voice(&functions, "");
  voice.open({});
  for (std::uint32_t i = 0; i < 1000; ++i)
    fake_core.add_event(POSECAST_EVENT_FIRST_FRAME, i);
  voice.tick(0, 0);
  const std::vector<VoiceEvent> events = events_of(voice);
  CHECK(events.size() == 256);
  CHECK(events.back().utterance == 999);
}

TEST_CASE("frames come with a head in Unreal's axes") {
  const CoreFunctions functions = fake_functions();
  Voice voice(&functions, "");
  posecast_frame frame{};
  CHECK_FALSE(voice.poll_frame(frame));
  CHECK_FALSE(voice.sample(frame));
  voice.open({});
  posecast_frame given{};
  given.index = 5;
  given.head[0] = static_cast<float>(std::sin(0.1));
  given.head[3] = static_cast<float>(std::cos(0.1));
  fake_core.frames = {given};
  CHECK(voice.sample(frame));
  CHECK(voice.poll_frame(frame));
  CHECK(frame.index == 5);
  CHECK(voice.head_of(frame).pitch == Approx(-11.459).epsilon(1e-3));
  CHECK_FALSE(voice.poll_frame(frame));
}

TEST_CASE("the style changes at once, or the fault is told") {
  const CoreFunctions functions = fake_functions();
  Voice voice(&functions, "");
  CHECK(voice.set_style("tired", 1) == "");
  voice.open({});
  CHECK(voice.set_style("cheerful:0.6,tired:0.4", 1.5) == "");
  CHECK(fake_core.updated_style == "cheerful:0.6,tired:0.4");
  CHECK(fake_core.style_strength == 1.5F);
  CHECK(voice.set_style("cheerful", 3) == "style_strength '3'; allowed: 0 to 2");
  fake_core.last_error = "unknown";
  CHECK(voice.set_style("nobody", 1) == "unknown");
}

TEST_CASE("the status tells what is wrong, wherever it is") {
  const CoreFunctions functions = fake_functions();
  Voice without(nullptr, "no library");
  CHECK(status_text(without.status()) == "failed: no library");
  Voice voice(&functions, "");
  CHECK(voice.status().condition == Condition::kClosed);
  VoiceOptions options;
  options.connection.address = "nowhere";
  CHECK(voice.open(options) != "");
  CHECK(status_text(voice.status()).find("failed: address 'nowhere'") == 0);
  options.fault = "no certificates";
  CHECK(voice.open(options) == "no certificates");
  CHECK(status_text(voice.status()) == "failed: no certificates");
  fake_core.refuses_to_open = "no such file";
  CHECK(voice.open({}) == "no such file");
  CHECK(voice.status().detail == "no such file");
  fake_core.refuses_to_open = "";
  CHECK(voice.open({}) == "");
  fake_core.last_error = "old trouble";
  CHECK(status_text(voice.status()) ==
        "waiting for speech; connected to 127.0.0.1:50051; 7 frames were late");
  fake_core.state = POSECAST_STATE_RECONNECTING;
  CHECK(status_text(voice.status()).find("reconnecting to 127.0.0.1:50051: old trouble") == 0);
  voice.close();
  CHECK(voice.status().condition == Condition::kClosed);
}

#include "allocations.h"
#include "fake_server.h"
#include "speaker.h"

#include <algorithm>
#include <cmath>
#include <limits>

using namespace posecast::core;
using namespace posecast::core::test;
using doctest::Approx;

namespace {

std::string create_fault(const posecast_options& options) {
  posecast_client* client = nullptr;
  char error[256] = "";
  const std::int32_t result = posecast_create(&options, &client, error, sizeof error);
  CHECK((result == POSECAST_NOTHING) == (client != nullptr));
  posecast_destroy(client);
  return result == POSECAST_NOTHING ? "" : error;
}

} // namespace

TEST_CASE("options out of range are refused with value and range") {
  CHECK(create_fault(options_for("127.0.0.1:1")).empty());
  const auto fault = [](auto change) {
    posecast_options options = options_for("127.0.0.1:1");
    change(options);
    return create_fault(options);
  };
  CHECK(fault([](auto& o) { o.struct_size = 8; }).find("struct_size 8") != std::string::npos);
  CHECK(fault([](auto& o) { o.address = nullptr; }) == "no address; expected: host:port");
  CHECK(fault([](auto& o) { o.sample_rate_hz = 0; }) ==
        "sample_rate_hz 0; allowed: 8000 to 192000");
  CHECK(fault([](auto& o) { o.sample_rate_hz = 200000; }) ==
        "sample_rate_hz 200000; allowed: 8000 to 192000");
  CHECK(fault([](auto& o) { o.num_channels = 3; }) == "num_channels 3; allowed: 1 to 2");
  CHECK(fault([](auto& o) { o.frame_rate_hz = 24; }) ==
        "frame_rate_hz 24; allowed: 25, 30, 50, 60");
  CHECK(fault([](auto& o) { o.latency_mode = 4; }) == "latency_mode 4; allowed: 0 to 3");
  CHECK(fault([](auto& o) { o.clock = 2; }) == "clock 2; allowed: 0 to 1");
  CHECK(fault([](auto& o) { o.window_frames = 101; }) == "window_frames 101; allowed: 0 to 100");
  CHECK(fault([](auto& o) { o.max_audio_ms = 999; }) ==
        "max_audio_ms 999; allowed: 1000 to 600000");
  CHECK(fault([](auto& o) { o.max_frames_ms = 1; }) == "max_frames_ms 1; allowed: 6000 to 50000");
  CHECK(fault([](auto& o) { o.start_delay_ms = 5001; }) ==
        "start_delay_ms 5001; allowed: 1 to 5000");
  CHECK(posecast_create(nullptr, nullptr, nullptr, 0) == POSECAST_INVALID_ARGUMENT);
}

TEST_CASE("settings are read field by field, and only those that are set") {
  posecast_curve_adjustment adjustment{};
  adjustment.struct_size = sizeof adjustment;
  adjustment.fields = POSECAST_ADJUST_MAXIMUM;
  adjustment.curve_name = "jawOpen";
  adjustment.maximum = 0.5F;
  const float style[] = {1, 2};
  posecast_settings given{};
  given.struct_size = sizeof given;
  given.fields = POSECAST_SET_HEAD | POSECAST_SET_STYLE_VECTOR | POSECAST_SET_GAZE_RANGE |
                 POSECAST_SET_SEED | POSECAST_SET_SMOOTHING_HEAD | POSECAST_SET_SAMPLING_STEPS;
  given.head = 0.25F;
  given.blinks = 9; // not set
  given.style_values = style;
  given.num_style_values = 2;
  given.gaze_range = 0.2F;
  given.seed = 77;
  given.smoothing_head_s = 0.125F;
  given.sampling_steps = 3;
  given.curve_adjustments = &adjustment;
  given.num_curve_adjustments = 1;
  Settings settings;
  CHECK(read_settings(given, settings).empty());
  CHECK(settings.head == 0.25F);
  CHECK_FALSE(settings.blinks);
  CHECK(settings.seed == 77);
  CHECK(settings.smoothing_head_s == 0.125F);
  CHECK(settings.sampling_steps == 3);
  REQUIRE(settings.style_vector);
  CHECK(settings.style_vector->values == std::vector<float>{1, 2});
  CHECK(settings.style_vector->gaze_range == 0.2F);
  CHECK_FALSE(settings.style_vector->blink_rate_hz);
  REQUIRE(settings.curve_adjustments.size() == 1);
  CHECK(settings.curve_adjustments[0].maximum == 0.5F);
  CHECK_FALSE(settings.curve_adjustments[0].minimum);
}

TEST_CASE("settings that contradict themselves are refused") {
  posecast_settings given{};
  Settings settings;
  CHECK_FALSE(read_settings(given, settings).empty()); // no struct_size
  given.struct_size = sizeof given;
  given.fields = POSECAST_SET_STYLE_VECTOR;
  CHECK_FALSE(read_settings(given, settings).empty()); // no values
  const float style[] = {1, 2};
  given.style_values = style;
  given.num_style_values = 2;
  given.style_name = "cheerful";
  given.fields |= POSECAST_SET_STYLE_NAME;
  CHECK_FALSE(read_settings(given, settings).empty()); // both
  given.fields = 0;
  given.num_curve_adjustments = 1;
  CHECK_FALSE(read_settings(given, settings).empty()); // no array
  posecast_curve_adjustment adjustment{};
  given.curve_adjustments = &adjustment;
  CHECK_FALSE(read_settings(given, settings).empty()); // no name
}

TEST_CASE("without a client, and with structs that are too small, nothing happens") {
  posecast_frame frame{};
  posecast_event event{};
  posecast_stats stats{};
  posecast_place place{};
  CHECK(posecast_poll(nullptr, &frame) == POSECAST_INVALID_ARGUMENT);
  CHECK(posecast_end_utterance(nullptr) == POSECAST_INVALID_ARGUMENT);
  CHECK(posecast_update(nullptr, nullptr) == POSECAST_INVALID_ARGUMENT);
  CHECK(posecast_interrupt(nullptr, nullptr) == POSECAST_INVALID_ARGUMENT);
  CHECK(posecast_push_audio_i16(nullptr, nullptr, 0) == POSECAST_INVALID_ARGUMENT);
  CHECK(posecast_state(nullptr) == POSECAST_INVALID_ARGUMENT);
  CHECK(posecast_current_utterance(nullptr) == 0);
  CHECK(posecast_curve_count(nullptr) == 0);
  posecast_destroy(nullptr);
  Speaker speaker(options_for("127.0.0.1:1"));
  CHECK(posecast_poll(speaker.client, &frame) == POSECAST_INVALID_ARGUMENT);
  CHECK(posecast_sample(speaker.client, nullptr) == POSECAST_INVALID_ARGUMENT);
  CHECK(posecast_poll_event(speaker.client, &event) == POSECAST_INVALID_ARGUMENT);
  CHECK(posecast_get_stats(speaker.client, &stats) == POSECAST_INVALID_ARGUMENT);
  CHECK(posecast_interrupt(speaker.client, &place) == POSECAST_INVALID_ARGUMENT);
  CHECK(posecast_update(speaker.client, nullptr) == POSECAST_INVALID_ARGUMENT);
  CHECK(posecast_push_audio_i16(speaker.client, nullptr, 5) == POSECAST_INVALID_ARGUMENT);
  CHECK(posecast_set_audio_position(speaker.client, 0, 1) == POSECAST_INVALID_ARGUMENT);
  CHECK(speaker.last_error() == "the client was not created with POSECAST_CLOCK_AUDIO");
  CHECK(posecast_last_error(speaker.client, nullptr, 0) > 0);
}

TEST_CASE("a newer caller's longer struct is filled, the unknown rest with 0") {
  struct Longer {
    posecast_stats stats;
    std::uint64_t unknown;
  };
  Longer longer{};
  longer.unknown = 5;
  longer.stats.struct_size = sizeof longer;
  Speaker speaker(options_for("127.0.0.1:1"));
  speaker.push(1);
  CHECK(posecast_get_stats(speaker.client, &longer.stats) == POSECAST_NOTHING);
  CHECK(longer.stats.struct_size == sizeof longer);
  CHECK(longer.stats.samples_pushed == 16000);
  CHECK(longer.unknown == 0);
}

TEST_CASE("floats are taken as samples of full scale 1, clipped, and NaN is refused") {
  Speaker speaker(options_for("127.0.0.1:1"));
  std::vector<float> samples(5000, 0.5F);
  samples[7] = 99;
  CHECK(posecast_push_audio_f32(speaker.client, samples.data(), 5000) == 5000);
  samples[4999] = std::numeric_limits<float>::quiet_NaN();
  CHECK(posecast_push_audio_f32(speaker.client, samples.data(), 5000) == POSECAST_INVALID_ARGUMENT);
  CHECK(speaker.stats().samples_pushed == 5000);
}

TEST_CASE("floats beyond the queue are refused and counted, without a gap") {
  posecast_options options = options_for("127.0.0.1:1");
  options.max_audio_ms = 1000;
  options.num_channels = 2;
  Speaker speaker(options);
  const std::vector<float> samples(80000, 0.5F);
  CHECK(posecast_push_audio_f32(speaker.client, samples.data(), 40000) == 16000);
  CHECK(speaker.stats().samples_refused == 24000);
}

TEST_CASE("no exception leaves: memory that is not there is an error code") {
  Speaker speaker(options_for("127.0.0.1:1"));
  posecast_settings settings{};
  settings.struct_size = sizeof settings;
  settings.fields = POSECAST_SET_STYLE_NAME;
  settings.style_name = "a name that is too long for a string that needs no memory of its own";
  posecast_options options = options_for("127.0.0.1:1");
  posecast_client* client = nullptr;
  std::int32_t updated = 0;
  std::int32_t created = 0;
  {
    const NoMemory no_memory;
    updated = posecast_update(speaker.client, &settings);
    created = posecast_create(&options, &client, nullptr, 0);
  }
  CHECK(updated == POSECAST_OUT_OF_MEMORY);
  CHECK(created == POSECAST_OUT_OF_MEMORY);
  CHECK(client == nullptr);
}

TEST_CASE("pushing, polling and sampling allocate nothing and take microseconds") {
  FakeServer server;
  posecast_options options = options_for(server.address());
  options.connect_timeout_ms = options.idle_timeout_ms = 600000;
  Speaker speaker(options, 200);
  const std::vector<std::int16_t> values(3200, 100);
  const std::vector<float> floats(3200, 0.1F);
  posecast_frame frame{};
  frame.struct_size = sizeof frame;
  posecast_event event{};
  event.struct_size = sizeof event;
  REQUIRE(speaker.poll_until(POSECAST_EVENT_HEADER));
  std::uint64_t num_allocated = 0;
  std::vector<double> costs_us;
  costs_us.reserve(10000);
  while (costs_us.size() < 4000) {
    const std::uint64_t before = num_allocations();
    posecast_push_audio_i16(speaker.client, values.data(), 3200);
    posecast_push_audio_f32(speaker.client, floats.data(), 3200);
    posecast_sample(speaker.client, &frame);
    while (posecast_poll_event(speaker.client, &event) == POSECAST_HAS_ONE) {
    }
    while (true) {
      const double before_s = steady_s();
      if (posecast_poll(speaker.client, &frame) != POSECAST_HAS_ONE || costs_us.size() == 10000)
        break;
      costs_us.push_back((steady_s() - before_s) * 1e6);
    }
    num_allocated += num_allocations() - before;
    std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
  CHECK(num_allocated == 0);
  std::ranges::sort(costs_us);
  const double p50 = costs_us[costs_us.size() / 2];
  MESSAGE("poll: p50 " << p50 << " us a frame, p99 " << costs_us[costs_us.size() * 99 / 100]
                       << " us");
#ifdef NDEBUG
  CHECK(p50 < 20);
#endif
}

TEST_CASE("heads are converted for Unreal") {
  const float head[4] = {0, static_cast<float>(std::sin(0.1)), 0,
                         static_cast<float>(std::cos(0.1))};
  float quaternion[4];
  float rotator[3];
  posecast_unreal_quaternion(head, quaternion);
  posecast_unreal_rotator(head, rotator);
  CHECK(quaternion[2] == -head[1]);
  CHECK(quaternion[3] == head[3]);
  CHECK(rotator[1] == Approx(-11.459156));
}

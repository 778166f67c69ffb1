// A client of a fake server, by the C interface, on a clock that may be fast.
#pragma once

#include "abi_options.h"
#include "handle.h"

#include <doctest/doctest.h>

#include <chrono>
#include <cmath>
#include <list>
#include <string>
#include <thread>
#include <vector>

namespace posecast::core::test {

inline posecast_options options_for(const std::string& address) {
  static std::list<std::string> kept; // options hold no copy
  posecast_options options{};
  options.struct_size = sizeof options;
  options.address = kept.emplace_back(address).c_str();
  options.sample_rate_hz = 16000;
  return options;
}

/// Wait until something is so, for at most 20 s.
template <typename Condition> bool wait_until(Condition condition) {
  const double until_s = steady_s() + 20;
  while (!condition()) {
    if (steady_s() > until_s)
      return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

class Speaker {
public:
  explicit Speaker(const posecast_options& given, double speed = 1) {
    Options options;
    REQUIRE(read_options(given, options) == "");
    client = new posecast_client{Client(options, [speed] { return steady_s() * speed; })};
  }
  ~Speaker() { posecast_destroy(client); }
  Speaker(const Speaker&) = delete;
  Speaker& operator=(const Speaker&) = delete;

  int push(double duration_s) {
    const std::vector<std::int16_t> values(
        static_cast<std::size_t>(std::lround(duration_s * 16000)), 100);
    return posecast_push_audio_i16(client, values.data(),
                                   static_cast<std::uint32_t>(values.size()));
  }
  /// Take what is due now.
  void poll() {
    posecast_frame frame{};
    frame.struct_size = sizeof frame;
    while (posecast_poll(client, &frame) == POSECAST_HAS_ONE)
      frames.push_back(frame);
    posecast_event event{};
    event.struct_size = sizeof event;
    while (posecast_poll_event(client, &event) == POSECAST_HAS_ONE)
      events.push_back(event);
  }
  /// Poll until an event is there; false after 20 s.
  bool poll_until(std::uint32_t kind, std::uint32_t utterance = 0) {
    return wait_until([&] {
      poll();
      return num_events(kind, utterance) > 0;
    });
  }
  int num_events(std::uint32_t kind, std::uint32_t utterance = 0) const {
    int num = 0;
    for (const posecast_event& event : events)
      num += event.kind == kind && event.utterance == utterance;
    return num;
  }
  std::vector<std::uint64_t> indices(std::uint32_t utterance, std::uint32_t flags = 0) const {
    std::vector<std::uint64_t> result;
    for (const posecast_frame& frame : frames)
      if (frame.utterance == utterance && frame.flags == flags)
        result.push_back(frame.index);
    return result;
  }
  posecast_stats stats() const {
    posecast_stats stats{};
    stats.struct_size = sizeof stats;
    CHECK(posecast_get_stats(client, &stats) == POSECAST_NOTHING);
    return stats;
  }
  std::string last_error() const {
    char buffer[512];
    posecast_last_error(client, buffer, sizeof buffer);
    return buffer;
  }

  posecast_client* client = nullptr;
  std::vector<posecast_frame> frames;
  std::vector<posecast_event> events;
};

} // namespace posecast::core::test

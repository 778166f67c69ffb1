// A client core whose answers a test decides.
#pragma once

#include "CoreLibrary.h"

#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

struct FakeCore {
  std::string refuses_to_open;
  posecast_options options{};
  std::string address, token, style_name, updated_style;
  float style_strength = 0;
  std::vector<float> samples;
  std::uint32_t utterance = 0;
  std::size_t room = 100000000;
  int num_interrupts = 0;
  int num_open = 0;
  std::int32_t state = POSECAST_STATE_WAITING;
  std::string last_error;
  std::deque<posecast_event> events;
  std::deque<posecast_frame> frames;
  std::vector<std::string> curve_names;
  std::optional<std::pair<std::uint32_t, double>> position;

  void add_event(std::uint32_t kind, std::uint32_t of, const std::string& message = "");
};

extern FakeCore fake_core;
posecast::plugin::CoreFunctions fake_functions();

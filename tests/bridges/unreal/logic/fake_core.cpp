#include "fake_core.h"

#include "axes.h"

#include <algorithm>
#include <cstring>

FakeCore fake_core;

namespace {

posecast_client* a_client() {
  static char place;
  return reinterpret_cast<posecast_client*>(&place);
}

void copy_text(const std::string& text, char* to, std::uint32_t capacity) {
  const std::size_t size = std::min<std::size_t>(text.size(), capacity - 1);
  std::memcpy(to, text.data(), size);
  to[size] = 0;
}

std::int32_t give_text(const std::string& text, char* to, std::uint32_t capacity) {
  copy_text(text, to, capacity);
  return static_cast<std::int32_t>(text.size());
}

template <typename T> std::int32_t give_one(std::deque<T>& from, T* to) {
  if (from.empty())
    return POSECAST_NOTHING;
  const std::uint32_t struct_size = to->struct_size;
  *to = from.front();
  to->struct_size = struct_size;
  from.pop_front();
  return POSECAST_HAS_ONE;
}

std::int32_t create(const posecast_options* options, posecast_client** client, char* error,
                    std::uint32_t capacity) {
  fake_core.options = *options;
  fake_core.address = options->address;
  fake_core.token = options->token == nullptr ? "" : options->token;
  fake_core.style_name =
      options->settings->style_name == nullptr ? "" : options->settings->style_name;
  fake_core.style_strength = options->settings->style_strength;
  if (!fake_core.refuses_to_open.empty()) {
    copy_text(fake_core.refuses_to_open, error, capacity);
    return POSECAST_INVALID_ARGUMENT;
  }
  ++fake_core.num_open;
  *client = a_client();
  return POSECAST_NOTHING;
}

void destroy(posecast_client*) {
  --fake_core.num_open;
}

std::int32_t push_audio(posecast_client*, const float* samples, std::uint32_t num_samples) {
  if (fake_core.state == POSECAST_STATE_FAILED)
    return POSECAST_STREAM_FAILED;
  const std::size_t num_taken = std::min<std::size_t>(num_samples, fake_core.room);
  fake_core.room -= num_taken;
  fake_core.samples.insert(fake_core.samples.end(), samples, samples + num_taken);
  return static_cast<std::int32_t>(num_taken);
}

std::int32_t end_utterance(posecast_client*) {
  ++fake_core.utterance;
  return POSECAST_NOTHING;
}

std::uint32_t current_utterance(posecast_client*) {
  return fake_core.utterance;
}

std::int32_t interrupt(posecast_client*, const posecast_place*) {
  ++fake_core.num_interrupts;
  return POSECAST_NOTHING;
}

std::int32_t update(posecast_client*, const posecast_settings* settings) {
  fake_core.updated_style = settings->style_name == nullptr ? "" : settings->style_name;
  fake_core.style_strength = settings->style_strength;
  return fake_core.last_error.empty() ? POSECAST_NOTHING : POSECAST_INVALID_ARGUMENT;
}

std::int32_t set_audio_position(posecast_client*, std::uint32_t utterance, double time_s) {
  fake_core.position = {utterance, time_s};
  return POSECAST_NOTHING;
}

std::int32_t poll(posecast_client*, posecast_frame* frame) {
  return give_one(fake_core.frames, frame);
}

std::int32_t sample(posecast_client*, posecast_frame* frame) {
  if (fake_core.frames.empty())
    return POSECAST_NOTHING;
  *frame = fake_core.frames.front();
  return POSECAST_HAS_ONE;
}

std::int32_t poll_event(posecast_client*, posecast_event* event) {
  return give_one(fake_core.events, event);
}

std::int32_t state(posecast_client*) {
  return fake_core.state;
}

std::int32_t get_stats(posecast_client*, posecast_stats* stats) {
  stats->frames_late = 7;
  return POSECAST_NOTHING;
}

std::int32_t last_error(posecast_client*, char* to, std::uint32_t capacity) {
  return give_text(fake_core.last_error, to, capacity);
}

std::uint32_t curve_count(posecast_client*) {
  return static_cast<std::uint32_t>(fake_core.curve_names.size());
}

std::int32_t curve_name(posecast_client*, std::uint32_t index, char* to, std::uint32_t capacity) {
  return give_text(fake_core.curve_names.at(index), to, capacity);
}

void unreal_rotator(const float head[4], float pitch_yaw_roll[3]) {
  const auto rotator =
      posecast::core::rotator_of(posecast::core::to_unreal({head[0], head[1], head[2], head[3]}));
  pitch_yaw_roll[0] = static_cast<float>(rotator.pitch_deg);
  pitch_yaw_roll[1] = static_cast<float>(rotator.yaw_deg);
  pitch_yaw_roll[2] = static_cast<float>(rotator.roll_deg);
}

} // namespace

void FakeCore::add_event(std::uint32_t kind, std::uint32_t of, const std::string& message) {
  posecast_event event{};
  event.kind = kind;
  event.utterance = of;
  copy_text(message, event.message, sizeof event.message);
  events.push_back(event);
}

posecast::plugin::CoreFunctions fake_functions() {
  fake_core = FakeCore();
  return {create,     destroy,       push_audio,         end_utterance, current_utterance,
          interrupt,  update,        set_audio_position, poll,          sample,
          poll_event, state,         get_stats,          last_error,    curve_count,
          curve_name, unreal_rotator};
}

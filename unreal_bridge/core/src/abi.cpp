// The functions of posecast_core.h: every one checks what it is given, and lets no exception out.
#include "abi_options.h"
#include "axes.h"
#include "handle.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <new>

using namespace posecast::core;

// Old callers and new cores agree on these; a change of a size is a new version of the struct.
static_assert(sizeof(posecast_frame) == 312);
static_assert(sizeof(posecast_event) == 304);
static_assert(sizeof(posecast_stats) == 120);
static_assert(sizeof(posecast_place) == 16);
static_assert(sizeof(posecast_settings) == 112);
static_assert(sizeof(posecast_curve_adjustment) == 32);
static_assert(sizeof(posecast_options) == 120);
static_assert(POSECAST_MAX_CURVES == kMaxCurves);
static_assert(POSECAST_MESSAGE_CAPACITY == kMessageCapacity);

namespace {

std::int32_t write_text(const std::string& text, char* buffer, std::uint32_t capacity) {
  if (buffer != nullptr && capacity > 0) {
    const std::size_t length = std::min<std::size_t>(text.size(), capacity - 1);
    std::memcpy(buffer, text.data(), length);
    buffer[length] = '\0';
  }
  return static_cast<std::int32_t>(text.size());
}

/// What a failure is called. Only from within a catch.
std::int32_t code_of_exception() {
  try {
    throw;
  } catch (const std::bad_alloc&) {
    return POSECAST_OUT_OF_MEMORY;
  } catch (...) {
    return POSECAST_INTERNAL;
  }
}

std::int32_t refuse(posecast_client* client, const std::string& reason) {
  client->client.use([&](Session& session) { session.set_last_error(reason); });
  return POSECAST_INVALID_ARGUMENT;
}

template <typename Call> std::int32_t guarded(posecast_client* client, Call call) {
  if (client == nullptr)
    return POSECAST_INVALID_ARGUMENT;
  try {
    return call(client->client);
  } catch (...) {
    return code_of_exception();
  }
}

/// Write a struct that the caller may know as a longer one: what is not known here is 0.
template <typename Struct> void write_struct(const Struct& written, Struct* to) {
  const std::uint32_t size = to->struct_size;
  std::memset(static_cast<void*>(to), 0, size);
  std::memcpy(static_cast<void*>(to), &written, sizeof written);
  to->struct_size = size;
}

template <typename Struct> bool is_complete(const Struct* given) {
  return given != nullptr && given->struct_size >= sizeof(Struct);
}

posecast_frame frame_of(const ShownFrame& shown, std::size_t num_curves) {
  posecast_frame frame{};
  frame.utterance = shown.frame.key.utterance;
  frame.index = shown.frame.key.index;
  frame.time_s = shown.time_s;
  frame.due_s = shown.due_s;
  if (shown.frame.kind == FrameKind::kIdle)
    frame.flags |= POSECAST_FRAME_IDLE;
  if (shown.frame.kind == FrameKind::kEasing)
    frame.flags |= POSECAST_FRAME_EASING;
  if (shown.is_local)
    frame.flags |= POSECAST_FRAME_LOCAL;
  frame.num_curves = static_cast<std::uint32_t>(num_curves);
  const Quaternion& head = shown.frame.face.head;
  frame.head[0] = head.x;
  frame.head[1] = head.y;
  frame.head[2] = head.z;
  frame.head[3] = head.w;
  std::ranges::copy(shown.frame.face.weights, frame.weights);
  return frame;
}

template <typename Take>
std::int32_t take_frame(posecast_client* client, posecast_frame* frame, Take take) {
  return guarded(client, [&](Client& inner) -> std::int32_t {
    if (!is_complete(frame))
      return refuse(client, "posecast_frame.struct_size is too small");
    ShownFrame shown;
    std::size_t num_curves = 0;
    const double now_s = inner.now_s();
    const bool has_one = inner.use([&](Session& session) {
      num_curves = session.curve_names().size();
      return take(session, now_s, shown);
    });
    if (!has_one)
      return POSECAST_NOTHING;
    write_struct(frame_of(shown, num_curves), frame);
    return POSECAST_HAS_ONE;
  });
}

posecast_event event_of(const Event& event) {
  posecast_event written{};
  written.kind = static_cast<std::uint32_t>(event.kind);
  if (event.was_interrupted)
    written.flags |= POSECAST_EVENT_WAS_INTERRUPTED;
  if (event.was_lost)
    written.flags |= POSECAST_EVENT_WAS_LOST;
  written.utterance = event.utterance;
  written.num_frames = event.num_frames;
  written.seed = event.seed;
  written.audio_duration_s = event.audio_duration_s;
  written.status = event.status;
  written.attempt = event.attempt;
  std::ranges::copy(event.message, written.message);
  return written;
}

posecast_stats stats_of(const Session& session, double now_s) {
  const Counters& counters = session.counters();
  posecast_stats stats{};
  stats.frames_waiting = static_cast<std::uint32_t>(session.frames_waiting(now_s));
  stats.samples_waiting = session.samples_waiting();
  stats.samples_pushed = counters.samples_pushed;
  stats.samples_refused = counters.samples_refused;
  stats.samples_sent = counters.samples_sent;
  stats.samples_lost = counters.samples_lost;
  stats.frames_received = counters.frames_received;
  stats.frames_released = counters.frames_released;
  stats.frames_dropped = counters.frames_dropped;
  stats.frames_late = counters.frames_late;
  stats.frames_malformed = counters.frames_malformed;
  stats.events_dropped = counters.events_dropped;
  stats.underruns = counters.underruns;
  stats.clock_jumps = counters.clock_jumps;
  stats.reconnections = counters.reconnections;
  return stats;
}

std::int32_t push(Client& client, std::span<const std::int16_t> values) {
  return client.use_and_send([&](Session& session) -> std::int32_t {
    if (session.state() == State::kFailed)
      return POSECAST_STREAM_FAILED;
    return static_cast<std::int32_t>(session.push_audio(values));
  });
}

constexpr std::size_t kPiece = 1024;
// Far beyond what a server allows; a position beyond it is a mistake of the caller.
constexpr double kLongestUtteranceS = 1e6;

/// Floats are converted in pieces on the stack: audio threads must not allocate.
std::int32_t push_floats(Client& client, std::span<const float> values) {
  const std::size_t num_channels = client.options().num_channels;
  std::array<std::int16_t, kPiece> converted;
  std::int32_t num_taken = 0;
  while (!values.empty()) {
    const std::span<const float> piece = values.first(std::min(values.size(), kPiece));
    for (std::size_t i = 0; i < piece.size(); ++i)
      converted[i] = static_cast<std::int16_t>(
          std::lrint(std::clamp(piece[i] * 32768.0F, -32768.0F, 32767.0F)));
    const std::int32_t result = push(client, std::span(converted).first(piece.size()));
    if (result < 0)
      return result;
    num_taken += result;
    values = values.subspan(piece.size());
    if (static_cast<std::size_t>(result) * num_channels < piece.size())
      break; // full; a later piece must not fill a gap
  }
  if (!values.empty())
    client.use([&](Session& session) { session.count_refused(values.size() / num_channels); });
  return num_taken;
}

template <typename Push, typename Value>
std::int32_t push_checked(posecast_client* client, const Value* samples, std::uint32_t num_samples,
                          Push push_values) {
  return guarded(client, [&](Client& inner) -> std::int32_t {
    if (samples == nullptr || num_samples > std::numeric_limits<std::int32_t>::max())
      return refuse(client, "no samples, or more than 2^31 - 1");
    return push_values(inner,
                       std::span(samples, std::size_t{num_samples} * inner.options().num_channels));
  });
}

} // namespace

extern "C" {

std::uint32_t posecast_abi_version(void) {
  return POSECAST_ABI_VERSION;
}

std::int32_t posecast_create(const posecast_options* options, posecast_client** client, char* error,
                             std::uint32_t error_capacity) {
  try {
    if (options == nullptr || client == nullptr) {
      write_text("options and client must not be NULL", error, error_capacity);
      return POSECAST_INVALID_ARGUMENT;
    }
    *client = nullptr;
    Options read;
    const std::string fault = read_options(*options, read);
    write_text(fault, error, error_capacity);
    if (!fault.empty())
      return POSECAST_INVALID_ARGUMENT;
    *client = new posecast_client{Client(read, steady_s)};
    return POSECAST_NOTHING;
  } catch (...) {
    return code_of_exception();
  }
}

void posecast_destroy(posecast_client* client) {
  delete client;
}

std::int32_t posecast_push_audio_i16(posecast_client* client, const std::int16_t* samples,
                                     std::uint32_t num_samples) {
  return push_checked(client, samples, num_samples, push);
}

std::int32_t posecast_push_audio_f32(posecast_client* client, const float* samples,
                                     std::uint32_t num_samples) {
  return push_checked(client, samples, num_samples,
                      [&](Client& inner, std::span<const float> values) -> std::int32_t {
                        if (std::ranges::any_of(values, [](float v) { return std::isnan(v); }))
                          return refuse(client, "a sample is NaN");
                        return push_floats(inner, values);
                      });
}

std::int32_t posecast_end_utterance(posecast_client* client) {
  return guarded(client, [](Client& inner) {
    return inner.use_and_send([](Session& session) -> std::int32_t {
      if (session.state() == State::kFailed)
        return POSECAST_STREAM_FAILED;
      return session.end_utterance() ? POSECAST_NOTHING : POSECAST_QUEUE_FULL;
    });
  });
}

std::uint32_t posecast_current_utterance(posecast_client* client) {
  if (client == nullptr)
    return 0;
  return client->client.use([](Session& session) { return session.utterance(); });
}

std::int32_t posecast_interrupt(posecast_client* client, const posecast_place* place) {
  return guarded(client, [&](Client& inner) -> std::int32_t {
    if (place != nullptr && !is_complete(place))
      return refuse(client, "posecast_place.struct_size is too small");
    std::optional<FrameKey> from;
    if (place != nullptr)
      from = FrameKey{place->utterance, place->frame_index};
    const double now_s = inner.now_s();
    inner.use_and_send([&](Session& session) { session.interrupt(from, now_s); });
    return POSECAST_NOTHING;
  });
}

std::int32_t posecast_update(posecast_client* client, const posecast_settings* settings) {
  return guarded(client, [&](Client& inner) -> std::int32_t {
    Settings read;
    const std::string fault =
        settings == nullptr ? "settings must not be NULL" : read_settings(*settings, read);
    if (!fault.empty())
      return refuse(client, fault);
    return inner.use_and_send([&](Session& session) -> std::int32_t {
      if (session.state() == State::kFailed)
        return POSECAST_STREAM_FAILED;
      return session.update(read) ? POSECAST_NOTHING : POSECAST_QUEUE_FULL;
    });
  });
}

std::int32_t posecast_set_audio_position(posecast_client* client, std::uint32_t utterance,
                                         double time_s) {
  return guarded(client, [&](Client& inner) -> std::int32_t {
    if (!inner.options().follows_audio)
      return refuse(client, "the client was not created with POSECAST_CLOCK_AUDIO");
    if (!std::isfinite(time_s) || time_s > kLongestUtteranceS)
      return refuse(client, "the audio position is not a time of an utterance");
    const double now_s = inner.now_s();
    inner.use([&](Session& session) { session.follow(utterance, time_s, now_s); });
    return POSECAST_NOTHING;
  });
}

double posecast_now(posecast_client* client) {
  return client == nullptr ? 0 : client->client.now_s();
}

std::int32_t posecast_poll(posecast_client* client, posecast_frame* frame) {
  return take_frame(client, frame, [](Session& session, double now_s, ShownFrame& shown) {
    return session.poll(now_s, shown);
  });
}

std::int32_t posecast_sample(posecast_client* client, posecast_frame* frame) {
  return take_frame(client, frame, [](Session& session, double now_s, ShownFrame& shown) {
    return session.sample(now_s, shown);
  });
}

std::int32_t posecast_poll_event(posecast_client* client, posecast_event* event) {
  return guarded(client, [&](Client& inner) -> std::int32_t {
    if (!is_complete(event))
      return refuse(client, "posecast_event.struct_size is too small");
    Event taken;
    if (!inner.use([&](Session& session) { return session.poll_event(taken); }))
      return POSECAST_NOTHING;
    write_struct(event_of(taken), event);
    return POSECAST_HAS_ONE;
  });
}

std::int32_t posecast_state(posecast_client* client) {
  return guarded(client, [](Client& inner) {
    return inner.use([](Session& session) { return static_cast<std::int32_t>(session.state()); });
  });
}

std::int32_t posecast_get_stats(posecast_client* client, posecast_stats* stats) {
  return guarded(client, [&](Client& inner) -> std::int32_t {
    if (!is_complete(stats))
      return refuse(client, "posecast_stats.struct_size is too small");
    const double now_s = inner.now_s();
    write_struct(inner.use([&](Session& session) { return stats_of(session, now_s); }), stats);
    return POSECAST_NOTHING;
  });
}

std::int32_t posecast_last_error(posecast_client* client, char* buffer, std::uint32_t capacity) {
  return guarded(client, [&](Client& inner) {
    return inner.use(
        [&](Session& session) { return write_text(session.last_error(), buffer, capacity); });
  });
}

std::uint32_t posecast_curve_count(posecast_client* client) {
  if (client == nullptr)
    return 0;
  return client->client.use(
      [](Session& session) { return static_cast<std::uint32_t>(session.curve_names().size()); });
}

std::int32_t posecast_curve_name(posecast_client* client, std::uint32_t index, char* buffer,
                                 std::uint32_t capacity) {
  return guarded(client, [&](Client& inner) {
    return inner.use([&](Session& session) -> std::int32_t {
      if (index >= session.curve_names().size())
        return POSECAST_INVALID_ARGUMENT;
      return write_text(session.curve_names()[index], buffer, capacity);
    });
  });
}

void posecast_unreal_quaternion(const float head[4], float x_y_z_w[4]) {
  const Quaternion unreal = to_unreal({head[0], head[1], head[2], head[3]});
  x_y_z_w[0] = unreal.x;
  x_y_z_w[1] = unreal.y;
  x_y_z_w[2] = unreal.z;
  x_y_z_w[3] = unreal.w;
}

void posecast_unreal_rotator(const float head[4], float pitch_yaw_roll[3]) {
  const Rotator rotator = rotator_of(to_unreal({head[0], head[1], head[2], head[3]}));
  pitch_yaw_roll[0] = static_cast<float>(rotator.pitch_deg);
  pitch_yaw_roll[1] = static_cast<float>(rotator.yaw_deg);
  pitch_yaw_roll[2] = static_cast<float>(rotator.roll_deg);
}

} // extern "C"

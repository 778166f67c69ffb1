#include "Voice.h"

namespace posecast::plugin {

namespace {

/// Events that nobody takes are not kept for ever.
constexpr std::size_t kMostEvents = 256;
constexpr std::size_t kNameCapacity = 128;

const char* text_or_null(const std::string& text) {
  return text.empty() ? nullptr : text.c_str();
}

posecast_settings style_settings(const std::string& name, double strength) {
  posecast_settings settings{};
  settings.struct_size = sizeof settings;
  settings.fields = POSECAST_SET_STYLE_STRENGTH;
  settings.style_strength = static_cast<float>(strength);
  if (!name.empty()) {
    settings.fields |= POSECAST_SET_STYLE_NAME;
    settings.style_name = name.c_str();
  }
  return settings;
}

posecast_options core_options(const VoiceOptions& given) {
  const Connection& connection = given.connection;
  posecast_options options{};
  options.struct_size = sizeof options;
  options.sample_rate_hz = kFeedRateHz;
  options.num_channels = 1;
  options.frame_rate_hz = connection.frame_rate_hz;
  options.latency_mode = static_cast<std::uint32_t>(connection.latency);
  options.clock = given.is_heard_here ? POSECAST_CLOCK_AUDIO : POSECAST_CLOCK_STEADY;
  options.idles = connection.idles ? 1 : 0;
  options.uses_tls = connection.uses_tls ? 1 : 0;
  options.address = connection.address.c_str();
  options.token = text_or_null(connection.token);
  options.root_certificates_pem = text_or_null(given.root_certificates_pem);
  options.server_name = text_or_null(connection.server_name);
  return options;
}

} // namespace

/// Speech on its way into the core; without one nothing is taken.
class Voice::CoreSink : public SpeechSink {
public:
  CoreSink(const CoreFunctions* functions, posecast_client* client)
      : functions_(functions), client_(client) {}
  std::size_t push(const float* samples, std::size_t num_samples) override {
    if (client_ == nullptr)
      return 0;
    // A second at a time, so that a count always fits.
    const std::int32_t num_taken = functions_->push_audio_f32(
        client_, samples,
        static_cast<std::uint32_t>(num_samples < kFeedRateHz ? num_samples : kFeedRateHz));
    return num_taken > 0 ? static_cast<std::size_t>(num_taken) : 0;
  }
  void end() override {
    if (client_ != nullptr)
      functions_->end_utterance(client_);
  }
  std::uint32_t utterance() override {
    return client_ == nullptr ? 0 : functions_->current_utterance(client_);
  }

private:
  const CoreFunctions* functions_;
  posecast_client* client_;
};

Voice::Voice(const CoreFunctions* functions, std::string library_fault)
    : functions_(functions), library_fault_(std::move(library_fault)) {}

Voice::~Voice() {
  close();
}

std::string Voice::open(const VoiceOptions& options) {
  close();
  options_ = options;
  lines_ = SpeechLines({options.is_heard_here, options.most_wait_s});
  if (functions_ == nullptr)
    return library_fault_;
  open_fault_ = options.fault.empty() ? check_connection(options.connection) : options.fault;
  if (!open_fault_.empty())
    return open_fault_;
  const posecast_settings settings =
      style_settings(options_.connection.style, options_.connection.style_strength);
  posecast_options core = core_options(options_);
  core.settings = &settings;
  char error[POSECAST_MESSAGE_CAPACITY] = "";
  if (functions_->create(&core, &client_, error, sizeof error) < 0) {
    client_ = nullptr;
    open_fault_ = error;
  }
  return open_fault_;
}

void Voice::close() {
  end_capture();
  lines_.clear();
  heard_.clear();
  events_.clear();
  open_fault_.clear();
  num_lost_ = 0;
  if (client_ != nullptr)
    functions_->destroy(client_);
  client_ = nullptr;
}

bool Voice::is_usable() const {
  return client_ != nullptr && functions_->state(client_) != POSECAST_STATE_FAILED;
}

void Voice::say(const float* samples, std::size_t num_samples, std::uint32_t num_channels,
                std::uint32_t sample_rate_hz) {
  if (!options_.is_heard_here && !is_usable())
    return; // neither seen nor heard
  lines_.say(samples, num_samples, num_channels, sample_rate_hz);
}

void Voice::end_line() {
  lines_.end();
}

void Voice::interrupt() {
  for (const std::int64_t utterance : lines_.utterances())
    add_event({VoiceEvent::Kind::kEnd, utterance, true, {}});
  lines_.clear();
  heard_.clear();
  num_played_ = 0;
  cutter_.begin();
  if (client_ != nullptr)
    functions_->interrupt(client_, nullptr);
}

std::string Voice::set_style(const std::string& name, double strength) {
  options_.connection.style = name;
  options_.connection.style_strength = strength;
  const std::string fault = check_connection(options_.connection);
  if (!fault.empty() || client_ == nullptr)
    return fault;
  const posecast_settings settings = style_settings(name, strength);
  return functions_->update(client_, &settings) < 0 ? last_error() : std::string();
}

std::shared_ptr<CaptureRing> Voice::begin_capture() {
  end_capture();
  capture_ = std::make_shared<CaptureRing>();
  return capture_;
}

void Voice::end_capture() {
  if (capture_ == nullptr)
    return;
  feed_capture();
  captured_.clear();
  if (capture_resampler_)
    capture_resampler_->finish(captured_);
  capture_resampler_.reset();
  capture_.reset();
  push_captured(captured_);
  if (client_ != nullptr && !cutter_.is_empty())
    functions_->end_utterance(client_);
  cutter_.begin();
}

/// What a microphone heard goes to the server at once; what it does not take is lost and counted.
void Voice::feed_capture() {
  captured_.clear();
  const std::uint32_t rate_hz = capture_->read(captured_);
  if (captured_.empty())
    return;
  if (!capture_resampler_ || capture_resampler_->from_hz() != rate_hz)
    capture_resampler_ = std::make_unique<Resampler>(rate_hz, kFeedRateHz);
  std::vector<float> resampled;
  capture_resampler_->push(captured_.data(), captured_.size(), resampled);
  push_captured(resampled);
}

void Voice::push_captured(const std::vector<float>& samples) {
  if (client_ == nullptr || samples.empty())
    return;
  const std::int32_t num_taken = functions_->push_audio_f32(
      client_, samples.data(), static_cast<std::uint32_t>(samples.size()));
  num_lost_ += samples.size() - static_cast<std::size_t>(num_taken > 0 ? num_taken : 0);
  if (!cutter_.is_cut_behind(samples.data(), samples.size()))
    return;
  functions_->end_utterance(client_);
  cutter_.begin();
}

void Voice::tick(double now_s, std::uint64_t num_played) {
  now_s_ = now_s;
  num_played_ = num_played;
  if (client_ != nullptr && capture_ != nullptr)
    feed_capture();
  CoreSink sink(functions_, client_);
  lines_.feed(sink);
  if (client_ != nullptr)
    read_events();
  const std::uint64_t num_heard = heard_.update(now_s, num_played, options_.output_latency_s);
  if (client_ != nullptr && options_.is_heard_here)
    if (const auto place = lines_.place(num_heard))
      functions_->set_audio_position(client_, place->utterance, place->time_s);
  for (const std::int64_t utterance : lines_.take_finished(num_heard, sink))
    if (options_.is_heard_here)
      add_event({VoiceEvent::Kind::kEnd, utterance, false, {}});
}

void Voice::take_playable(std::vector<std::int16_t>& out) {
  lines_.take_playable(now_s_, num_played_, out);
}

void Voice::read_events() {
  posecast_event event{};
  event.struct_size = sizeof event;
  while (functions_->poll_event(client_, &event) == POSECAST_HAS_ONE)
    read_event(event);
}

void Voice::read_event(const posecast_event& event) {
  switch (event.kind) {
  case POSECAST_EVENT_HEADER:
    read_curve_names();
    break;
  case POSECAST_EVENT_FIRST_FRAME:
    lines_.set_ready(event.utterance);
    add_event({VoiceEvent::Kind::kFirstFrame, event.utterance, false, {}});
    break;
  case POSECAST_EVENT_UTTERANCE_PLAYED:
    if (!options_.is_heard_here) // else it ends when it was heard
      add_event({VoiceEvent::Kind::kEnd, event.utterance, false, {}});
    break;
  case POSECAST_EVENT_ERROR:
    add_event({VoiceEvent::Kind::kError, -1, false, event.message});
    break;
  default:
    break;
  }
}

void Voice::read_curve_names() {
  std::vector<std::string> names;
  char name[kNameCapacity] = "";
  for (std::uint32_t i = 0; i < functions_->curve_count(client_); ++i)
    names.emplace_back(functions_->curve_name(client_, i, name, sizeof name) < 0 ? "" : name);
  layout_.set_curves(names);
}

void Voice::add_event(VoiceEvent event) {
  if (events_.size() == kMostEvents)
    events_.pop_front();
  events_.push_back(std::move(event));
}

bool Voice::poll_event(VoiceEvent& event) {
  if (events_.empty())
    return false;
  event = std::move(events_.front());
  events_.pop_front();
  return true;
}

bool Voice::poll_frame(posecast_frame& frame) {
  frame.struct_size = sizeof frame;
  return client_ != nullptr && functions_->poll(client_, &frame) == POSECAST_HAS_ONE;
}

bool Voice::sample(posecast_frame& frame) {
  frame.struct_size = sizeof frame;
  return client_ != nullptr && functions_->sample(client_, &frame) == POSECAST_HAS_ONE;
}

HeadRotator Voice::head_of(const posecast_frame& frame) const {
  float pitch_yaw_roll[3] = {0, 0, 0};
  if (functions_ != nullptr)
    functions_->unreal_rotator(frame.head, pitch_yaw_roll);
  return {pitch_yaw_roll[0], pitch_yaw_roll[1], pitch_yaw_roll[2]};
}

std::string Voice::last_error() const {
  char error[POSECAST_MESSAGE_CAPACITY] = "";
  return functions_->last_error(client_, error, sizeof error) < 0 ? "" : error;
}

StatusFacts Voice::status() const {
  StatusFacts facts;
  facts.address = options_.connection.address;
  if (functions_ == nullptr || !open_fault_.empty()) {
    facts.condition = functions_ == nullptr ? Condition::kNoLibrary : Condition::kFailed;
    facts.detail = functions_ == nullptr ? library_fault_ : open_fault_;
    return facts;
  }
  if (client_ == nullptr)
    return facts;
  facts.condition = condition_of_state(functions_->state(client_));
  const bool has_trouble = facts.condition == Condition::kFailed ||
                           facts.condition == Condition::kReconnecting ||
                           facts.condition == Condition::kConnecting;
  facts.detail = has_trouble ? last_error() : "";
  posecast_stats stats{};
  stats.struct_size = sizeof stats;
  if (functions_->get_stats(client_, &stats) == POSECAST_NOTHING) {
    facts.frames_dropped = stats.frames_dropped;
    facts.frames_late = stats.frames_late;
    facts.underruns = stats.underruns;
  }
  facts.samples_lost = num_lost_ + (capture_ != nullptr ? capture_->num_lost() : 0);
  return facts;
}

} // namespace posecast::plugin

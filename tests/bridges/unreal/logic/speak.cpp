// Speaks a raw file through the plugin's voice and the real core, as a
// component does it, and prints each frame of Live Link's values beside the
// place that is heard: a JSON line a frame.
#include "Voice.h"

#include <dlfcn.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <thread>

#include "Pcm.h"

using namespace posecast::plugin;

namespace {

double now_s() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Consumes what it was given in blocks, as an audio device does.
class FakeDevice {
public:
  void give(std::size_t num_samples) { num_given_ += num_samples; }
  std::uint64_t num_played(double at_s) {
    while (at_s >= next_block_s_) {
      num_played_ = std::min<std::uint64_t>(num_given_, num_played_ + kBlock);
      next_block_s_ += static_cast<double>(kBlock) / kPlayRateHz;
    }
    return num_played_;
  }

private:
  static constexpr std::uint64_t kBlock = 1024;
  std::uint64_t num_given_ = 0;
  std::uint64_t num_played_ = 0;
  double next_block_s_ = now_s();
};

bool print_events(Voice& voice) {
  bool is_over = false;
  for (VoiceEvent event; voice.poll_event(event);) {
    std::printf("{\"event\": %d, \"utterance\": %lld, \"message\": \"%s\"}\n",
                static_cast<int>(event.kind), static_cast<long long>(event.utterance),
                event.message.c_str());
    is_over = is_over || event.kind != VoiceEvent::Kind::kFirstFrame;
  }
  return is_over;
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 4)
    return 2;
  void* library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
  CoreFunctions functions;
  std::string fault =
      library == nullptr
          ? missing_library_text(argv[1])
          : find_functions(
                argv[1], [&](const char* name) { return dlsym(library, name); }, functions);
  VoiceOptions options;
  if (fault.empty())
    fault = read_connection(argv[2], options.connection);
  Voice voice(&functions, "");
  if (fault.empty())
    fault = voice.open(options);
  if (!fault.empty()) {
    std::fprintf(stderr, "%s\n", fault.c_str());
    return 1;
  }
  std::ifstream file(argv[3], std::ios::binary);
  const std::vector<char> raw{std::istreambuf_iterator<char>(file), {}};
  const std::vector<std::uint8_t> bytes(raw.begin(), raw.end());
  const std::vector<float> samples = read_pcm16(bytes.data(), bytes.size());
  voice.say(samples.data(), samples.size(), 1, kFeedRateHz);
  voice.end_line();

  FakeDevice device;
  const double begun_s = now_s();
  for (bool is_over = false; !is_over && now_s() < begun_s + 60;) {
    const std::uint64_t num_played = device.num_played(now_s());
    voice.tick(now_s(), num_played);
    std::vector<std::int16_t> playable;
    voice.take_playable(playable);
    device.give(playable.size());
    posecast_frame frame{};
    while (voice.poll_frame(frame)) {
      const PropertyValues values = voice.layout().values(
          frame.weights, frame.num_curves, voice.head_of(frame), options.connection.head_scale);
      std::printf("{\"flags\": %u, \"index\": %llu, \"heard_s\": %.4f, \"values\": [", frame.flags,
                  static_cast<unsigned long long>(frame.index),
                  static_cast<double>(num_played) / kPlayRateHz);
      for (std::size_t i = 0; i < values.size(); ++i)
        std::printf("%s%.6f", i == 0 ? "" : ", ", static_cast<double>(values[i]));
      std::printf("]}\n");
    }
    is_over = print_events(voice);
    std::this_thread::sleep_for(std::chrono::milliseconds(8));
  }
  std::printf("{\"status\": \"%s\"}\n", status_text(voice.status()).c_str());
  voice.close();
  return 0;
}

// A client that does what it is told, line by line, and tells in JSON what it gets. For
// test_core.py.
//
//   drive ADDRESS PCM [OPTION=NUMBER...]
//
// PCM is a file of 16-bit samples at 16 kHz. Each command is answered by lines with what came
// meanwhile, and one with "done".
#include <posecast_core.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace {

constexpr double kPollS = 0.002;

class Driver {
public:
  Driver(const char* address, const char* pcm, const std::map<std::string, unsigned>& given) {
    std::ifstream file(pcm, std::ios::binary);
    const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
    samples_.resize(bytes.size() / 2);
    std::copy_n(bytes.data(), samples_.size() * 2, reinterpret_cast<char*>(samples_.data()));
    posecast_settings settings{};
    settings.struct_size = sizeof settings;
    posecast_options options{};
    options.struct_size = sizeof options;
    options.address = address;
    options.sample_rate_hz = 16000;
    options.settings = &settings;
    for (const auto& [name, value] : given) {
      const std::map<std::string, std::uint32_t*> fields = {
          {"mode", &options.latency_mode},          {"clock", &options.clock},
          {"rate", &options.frame_rate_hz},         {"idles", &options.idles},
          {"start_delay", &options.start_delay_ms}, {"max_frames", &options.max_frames_ms},
          {"max_audio", &options.max_audio_ms}};
      if (name == "seed") {
        settings.seed = value;
        settings.fields |= POSECAST_SET_SEED;
      } else {
        *fields.at(name) = value;
      }
    }
    char error[256];
    if (posecast_create(&options, &client_, error, sizeof error) < 0)
      throw std::runtime_error(error);
  }
  ~Driver() { posecast_destroy(client_); }
  Driver(const Driver&) = delete;
  Driver& operator=(const Driver&) = delete;

  int push(double from_s, double until_s) {
    const auto first = static_cast<std::size_t>(std::lround(from_s * 16000));
    const std::size_t end =
        std::min(samples_.size(), static_cast<std::size_t>(std::lround(until_s * 16000)));
    return posecast_push_audio_i16(client_, samples_.data() + first,
                                   static_cast<std::uint32_t>(end - first));
  }
  int end() { return posecast_end_utterance(client_); }
  int interrupt() { return posecast_interrupt(client_, nullptr); }
  int style(const std::string& name) {
    posecast_settings settings{};
    settings.struct_size = sizeof settings;
    settings.fields = POSECAST_SET_STYLE_NAME;
    settings.style_name = name.c_str();
    return posecast_update(client_, &settings);
  }
  /// Poll for a time; with an utterance, as if its audio were played from `from_s` on.
  int run(double duration_s, int utterance = -1, double from_s = 0) {
    const double begun_s = posecast_now(client_);
    while (posecast_now(client_) - begun_s < duration_s) {
      if (utterance >= 0)
        posecast_set_audio_position(client_, static_cast<std::uint32_t>(utterance),
                                    from_s + posecast_now(client_) - begun_s);
      poll();
    }
    return 0;
  }
  /// Poll until an event of an utterance is there.
  int until(std::uint32_t kind, std::uint32_t utterance, double timeout_s) {
    const double begun_s = posecast_now(client_);
    while (posecast_now(client_) - begun_s < timeout_s)
      if (poll(kind, utterance))
        return 1;
    return 0;
  }
  /// Look at events only.
  int wait(double duration_s) {
    std::this_thread::sleep_for(std::chrono::duration<double>(duration_s));
    return 0;
  }
  int state() { return posecast_state(client_); }
  int stats() {
    posecast_stats s{};
    s.struct_size = sizeof s;
    const int result = posecast_get_stats(client_, &s);
    std::cout << "{\"stats\": {\"frames_waiting\": " << s.frames_waiting
              << ", \"frames_received\": " << s.frames_received
              << ", \"frames_dropped\": " << s.frames_dropped
              << ", \"frames_late\": " << s.frames_late
              << ", \"frames_malformed\": " << s.frames_malformed
              << ", \"samples_pushed\": " << s.samples_pushed
              << ", \"samples_sent\": " << s.samples_sent
              << ", \"samples_lost\": " << s.samples_lost
              << ", \"samples_refused\": " << s.samples_refused
              << ", \"underruns\": " << s.underruns << ", \"reconnections\": " << s.reconnections
              << "}}\n";
    return result;
  }
  int names() {
    std::cout << "{\"names\": [";
    for (std::uint32_t i = 0; i < posecast_curve_count(client_); ++i) {
      char name[64];
      posecast_curve_name(client_, i, name, sizeof name);
      std::cout << (i == 0 ? "" : ", ") << '"' << name << '"';
    }
    std::cout << "]}\n";
    return 0;
  }

private:
  bool poll(std::uint32_t kind = 0, std::uint32_t utterance = 0) {
    posecast_frame frame{};
    frame.struct_size = sizeof frame;
    while (posecast_poll(client_, &frame) == POSECAST_HAS_ONE)
      print(frame);
    posecast_event event{};
    event.struct_size = sizeof event;
    bool is_found = false;
    while (posecast_poll_event(client_, &event) == POSECAST_HAS_ONE) {
      print(event);
      is_found |= event.kind == kind && event.utterance == utterance;
    }
    std::this_thread::sleep_for(std::chrono::duration<double>(kPollS));
    return is_found;
  }
  void print(const posecast_frame& frame) {
    std::cout << "{\"frame\": {\"utterance\": " << frame.utterance << ", \"index\": " << frame.index
              << ", \"flags\": " << frame.flags << ", \"time_s\": " << frame.time_s
              << ", \"lag_s\": " << posecast_now(client_) - frame.due_s << ", \"values\": [";
    for (std::uint32_t i = 0; i < frame.num_curves; ++i)
      std::cout << frame.weights[i] << ", ";
    std::cout << frame.head[0] << ", " << frame.head[1] << ", " << frame.head[2] << ", "
              << frame.head[3] << "]}}\n";
  }
  void print(const posecast_event& event) {
    std::cout << "{\"event\": {\"kind\": " << event.kind << ", \"utterance\": " << event.utterance
              << ", \"flags\": " << event.flags << ", \"num_frames\": " << event.num_frames
              << ", \"status\": " << event.status << ", \"at_s\": " << posecast_now(client_)
              << "}}\n";
  }

  posecast_client* client_ = nullptr;
  std::vector<std::int16_t> samples_;
};

int obey(Driver& driver, std::istringstream& line) {
  std::string command;
  std::string text;
  double a = 0;
  double b = 0;
  double c = 0;
  line >> command;
  if (command == "style")
    line >> text;
  line >> a >> b >> c;
  if (command == "push")
    return driver.push(a, b);
  if (command == "end")
    return driver.end();
  if (command == "interrupt")
    return driver.interrupt();
  if (command == "style")
    return driver.style(text);
  if (command == "run")
    return driver.run(a);
  if (command == "play")
    return driver.run(a, static_cast<int>(b), c);
  if (command == "until")
    return driver.until(static_cast<std::uint32_t>(a), static_cast<std::uint32_t>(b), c);
  if (command == "wait")
    return driver.wait(a);
  if (command == "state")
    return driver.state();
  if (command == "stats")
    return driver.stats();
  if (command == "names")
    return driver.names();
  throw std::runtime_error("unknown command " + command);
}

} // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fputs("usage: drive ADDRESS PCM [OPTION=NUMBER...]\n", stderr);
    return 2;
  }
  std::map<std::string, unsigned> options;
  for (int i = 3; i < argc; ++i) {
    const std::string argument = argv[i];
    const std::size_t border = argument.find('=');
    options[argument.substr(0, border)] =
        static_cast<unsigned>(std::stoul(argument.substr(border + 1)));
  }
  std::cout.precision(9);
  Driver driver(argv[1], argv[2], options);
  std::string line;
  while (std::getline(std::cin, line)) {
    std::istringstream words(line);
    const int result = obey(driver, words);
    std::cout << "{\"done\": " << result << "}" << std::endl;
  }
  return 0;
}

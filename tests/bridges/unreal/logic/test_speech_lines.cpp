#include "SpeechLines.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace posecast::plugin;
using doctest::Approx;

namespace {

/// Takes as much as it has room for, and remembers it utterance by utterance.
class FakeSink : public SpeechSink {
public:
  std::size_t room = 1000000;
  std::uint32_t current = 4;
  std::vector<std::vector<float>> utterances{{}};

  std::size_t push(const float* samples, std::size_t num_samples) override {
    const std::size_t num_taken = std::min(room, num_samples);
    utterances.back().insert(utterances.back().end(), samples, samples + num_taken);
    room -= num_taken;
    return num_taken;
  }
  void end() override {
    ++current;
    utterances.emplace_back();
  }
  std::uint32_t utterance() override { return current; }
};

void say(SpeechLines& lines, double seconds, float level = 0.1F) {
  const std::vector<float> samples(static_cast<std::size_t>(seconds * 48000), level);
  lines.say(samples.data(), samples.size(), 1, 48000);
}

std::vector<std::int16_t> taken(SpeechLines& lines, double now_s, std::uint64_t num_played) {
  std::vector<std::int16_t> out;
  lines.take_playable(now_s, num_played, out);
  return out;
}

} // namespace

TEST_CASE("a line is fed whole, at the server's rate, and ended") {
  SpeechLines lines({});
  FakeSink sink;
  say(lines, 0.5);
  lines.feed(sink);
  CHECK(sink.current == 4);
  say(lines, 0.5);
  lines.end();
  lines.feed(sink);
  CHECK(sink.current == 5);
  CHECK(sink.utterances[0].size() == kFeedRateHz);
  CHECK(lines.utterances() == std::vector<std::int64_t>{4});
  lines.feed(sink);
  CHECK(sink.current == 5);
}

TEST_CASE("where the server takes no more, lines wait and keep their order") {
  SpeechLines lines({});
  FakeSink sink;
  sink.room = 1000;
  say(lines, 0.25);
  lines.end();
  say(lines, 0.25);
  lines.end();
  lines.feed(sink);
  CHECK(sink.utterances.size() == 1);
  CHECK(lines.utterances() == std::vector<std::int64_t>{4, -1});
  sink.room = 1000000;
  lines.feed(sink);
  CHECK(lines.utterances() == std::vector<std::int64_t>{4, 5});
  CHECK(sink.utterances[0].size() == 4000);
  CHECK(sink.utterances[1].size() == 4000);
}

TEST_CASE("a line is heard once its face is ready") {
  SpeechLines lines({});
  FakeSink sink;
  say(lines, 1);
  lines.end();
  lines.feed(sink);
  CHECK(taken(lines, 10.0, 0).empty());
  lines.set_ready(3);
  CHECK(taken(lines, 10.1, 0).empty());
  CHECK_FALSE(lines.place(0));
  lines.set_ready(4);
  CHECK(taken(lines, 10.2, 0).size() == kPlayRateHz);
  CHECK(taken(lines, 10.3, 0).empty());
  REQUIRE(lines.place(0));
  CHECK(lines.place(24000)->utterance == 4);
  CHECK(lines.place(24000)->time_s == Approx(0.5));
}

TEST_CASE("a line is heard without a face when it was waited for long enough") {
  SpeechLines lines({true, 0.5});
  say(lines, 1);
  lines.end();
  CHECK(taken(lines, 10.0, 0).empty());
  CHECK(taken(lines, 10.4, 0).empty());
  CHECK(taken(lines, 10.6, 0).size() == kPlayRateHz);
  CHECK_FALSE(lines.place(100)); // the server does not know of it
}

TEST_CASE("the next line waits from when it is its turn") {
  SpeechLines lines({true, 0.5});
  FakeSink sink;
  say(lines, 1);
  lines.end();
  say(lines, 1);
  lines.end();
  lines.feed(sink);
  lines.set_ready(4);
  CHECK(taken(lines, 0, 0).size() == kPlayRateHz);
  CHECK(taken(lines, 0.9, 40000).empty());
  CHECK(taken(lines, 1.0, kPlayRateHz).empty());
  CHECK(taken(lines, 1.4, kPlayRateHz).empty());
  CHECK(taken(lines, 1.5, kPlayRateHz).size() == kPlayRateHz);
  CHECK(lines.place(kPlayRateHz - 1)->utterance == 4);
  CHECK(lines.place(kPlayRateHz)->utterance == 5);
  CHECK(lines.place(kPlayRateHz)->time_s == 0);
}

TEST_CASE("synthesis is heard as it comes, and stands still where it does not") {
  SpeechLines lines({});
  FakeSink sink;
  say(lines, 0.5);
  lines.feed(sink);
  lines.set_ready(4);
  std::size_t num_taken = taken(lines, 0, 0).size();
  CHECK(num_taken > 23900); // all but what the resampler still needs
  CHECK(lines.take_finished(num_taken, sink).empty());
  say(lines, 0.5);
  lines.end();
  num_taken += taken(lines, 0.6, num_taken).size();
  CHECK(num_taken == kPlayRateHz);
  lines.feed(sink);
  CHECK(lines.take_finished(kPlayRateHz - 1, sink).empty());
  CHECK(lines.take_finished(kPlayRateHz, sink) == std::vector<std::int64_t>{4});
  CHECK(lines.num_lines() == 0);
}

TEST_CASE("a line that was heard before it was fed is ended, or was never begun") {
  SpeechLines lines({true, 0});
  FakeSink sink;
  sink.room = 100;
  say(lines, 1);
  lines.end();
  say(lines, 1);
  lines.end();
  lines.feed(sink);
  taken(lines, 0, 0);
  taken(lines, 1, kPlayRateHz);
  CHECK(lines.take_finished(2 * kPlayRateHz, sink) == std::vector<std::int64_t>{4, -1});
  CHECK(sink.current == 5);
}

TEST_CASE("where lines are heard elsewhere nothing is kept for the player") {
  SpeechLines lines({false, 1});
  FakeSink sink;
  say(lines, 1);
  lines.end();
  CHECK(taken(lines, 100, 0).empty());
  CHECK(lines.take_finished(0, sink).empty());
  lines.feed(sink);
  CHECK(lines.take_finished(0, sink) == std::vector<std::int64_t>{4});
}

TEST_CASE("an end without speech is none, and another format within a line is "
          "no gap") {
  SpeechLines lines({});
  FakeSink sink;
  lines.end();
  lines.say(nullptr, 0, 1, 48000);
  CHECK(lines.num_lines() == 0);
  say(lines, 0.5);
  const std::vector<float> stereo(2 * 11025, 0.1F);
  lines.say(stereo.data(), stereo.size(), 2, 22050);
  lines.end();
  lines.feed(sink);
  CHECK(sink.utterances[0].size() == kFeedRateHz);
  lines.clear();
  CHECK(lines.num_lines() == 0);
}

#include "outbox.h"

#include <doctest/doctest.h>

#include <numeric>

using namespace posecast::core;
using Kind = Outgoing::Kind;

namespace {

std::vector<std::int16_t> ramp(std::size_t size, std::int16_t first = 0) {
  std::vector<std::int16_t> values(size);
  std::iota(values.begin(), values.end(), first);
  return values;
}

} // namespace

TEST_CASE("audio leaves in its order, in pieces, across the ring's border") {
  Outbox outbox(10, 1);
  Outgoing piece;
  std::int16_t next = 0;
  std::int16_t expected = 0;
  for (int round = 0; round < 20; ++round) {
    CHECK(outbox.push(ramp(7, next)) == 7);
    next = static_cast<std::int16_t>(next + 7);
    while (outbox.pop(3, piece)) {
      CHECK(piece.kind == Kind::kAudio);
      CHECK(piece.first_sample == static_cast<std::uint64_t>(expected));
      for (const std::int16_t value : piece.values)
        CHECK(value == expected++);
    }
  }
  CHECK(expected == 140);
}

TEST_CASE("a full queue takes what it can, whole samples only") {
  Outbox outbox(4, 2);
  CHECK(outbox.push(ramp(6)) == 3);
  CHECK(outbox.push(ramp(6)) == 1);
  CHECK(outbox.push(ramp(2)) == 0);
  CHECK(outbox.num_samples() == 4);
}

TEST_CASE("ends and updates keep their place among the audio") {
  Outbox outbox(100, 1);
  Settings settings;
  settings.seed = 5;
  outbox.push(ramp(5));
  outbox.update(settings);
  outbox.push(ramp(4));
  outbox.end_utterance();
  CHECK(outbox.utterance() == 1);
  outbox.push(ramp(3));
  Outgoing piece;
  std::vector<Kind> kinds;
  std::vector<std::uint32_t> utterances;
  std::vector<std::size_t> sizes;
  while (outbox.pop(50, piece)) {
    kinds.push_back(piece.kind);
    utterances.push_back(piece.utterance);
    sizes.push_back(piece.values.size());
    if (piece.kind == Kind::kUpdate)
      CHECK(piece.settings.seed == 5);
  }
  CHECK(kinds == std::vector{Kind::kAudio, Kind::kUpdate, Kind::kAudio, Kind::kEnd, Kind::kAudio});
  CHECK(utterances == std::vector<std::uint32_t>{0, 0, 0, 0, 1});
  CHECK(sizes == std::vector<std::size_t>{5, 0, 4, 0, 3});
  CHECK(outbox.empty());
}

TEST_CASE("an interrupt drops audio and ends, keeps updates, and begins a new utterance") {
  Outbox outbox(100, 1);
  Settings settings;
  settings.seed = 5;
  outbox.push(ramp(5));
  outbox.end_utterance();
  outbox.push(ramp(4));
  outbox.update(settings);
  outbox.push(ramp(4));
  outbox.interrupt();
  CHECK(outbox.utterance() == 2);
  CHECK(outbox.num_samples() == 0);
  outbox.push(ramp(2));
  Outgoing piece;
  CHECK(outbox.pop(50, piece));
  CHECK(piece.kind == Kind::kUpdate);
  CHECK(outbox.pop(50, piece));
  CHECK(piece.utterance == 2);
  CHECK(piece.first_sample == 0);
  CHECK(piece.values.size() == 2);
}

TEST_CASE("an interrupt of nothing begins no new utterance") {
  Outbox outbox(100, 1);
  outbox.interrupt();
  CHECK(outbox.utterance() == 0);
  outbox.push(ramp(5));
  outbox.end_utterance();
  outbox.interrupt();
  CHECK(outbox.utterance() == 1);
}

TEST_CASE("too many ends are refused") {
  Outbox outbox(10, 1);
  for (std::size_t i = 0; i < Outbox::kMostMarks; ++i)
    CHECK(outbox.end_utterance());
  CHECK_FALSE(outbox.end_utterance());
  CHECK_FALSE(outbox.update({}));
  CHECK(outbox.utterance() == Outbox::kMostMarks);
}

TEST_CASE("stale audio is dropped from the front and its samples are counted as gone") {
  Outbox outbox(100, 1);
  outbox.push(ramp(20));
  CHECK(outbox.drop_stale(5) == 15);
  CHECK(outbox.front_sample() == 15);
  Outgoing piece;
  CHECK(outbox.pop(50, piece));
  CHECK(piece.values == ramp(5, 15));
  CHECK(outbox.drop_stale(5) == 0);
}

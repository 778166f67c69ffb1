#include "faces.h"
#include "frame_buffer.h"

#include <doctest/doctest.h>

using namespace posecast::core;
using test::end_of;
using test::frame_of;
using Pushed = FrameBuffer::Pushed;

TEST_CASE("frames are found by utterance and index") {
  FrameBuffer buffer(8);
  buffer.push(frame_of(0, 3));
  buffer.push(end_of(0, 4));
  buffer.push(frame_of(1, 0));
  CHECK(buffer.find({0, 3})->face == test::face_of(3.0 / 1024));
  CHECK(buffer.find({0, 4}) == nullptr); // an end is no frame
  CHECK(buffer.find({1, 0}) != nullptr);
  CHECK(buffer.find({1, 1}) == nullptr);
  CHECK(buffer.count_before({1, 0}) == 2);
  CHECK(buffer.count_before({9, 0}) == 3);
}

TEST_CASE("the oldest goes where the buffer is full, however often it wraps") {
  FrameBuffer buffer(5);
  int num_dropped = 0;
  for (std::uint64_t i = 0; i < 23; ++i)
    num_dropped += buffer.push(frame_of(0, i)) == Pushed::kStoredAndDroppedOldest;
  CHECK(num_dropped == 18);
  CHECK(buffer.size() == 5);
  for (std::uint64_t i = 0; i < 5; ++i)
    CHECK(buffer[i].key.index == 18 + i);
}

TEST_CASE("what is older or known already is not taken") {
  FrameBuffer buffer(4);
  buffer.push(frame_of(1, 5));
  CHECK(buffer.push(frame_of(1, 5)) == Pushed::kOutOfOrder);
  CHECK(buffer.push(frame_of(0, 9)) == Pushed::kOutOfOrder);
  CHECK(buffer.push(frame_of(1, 6)) == Pushed::kStored);
  CHECK(buffer.size() == 2);
}

TEST_CASE("frames before and from a key are forgotten") {
  FrameBuffer buffer(6);
  for (std::uint64_t i = 0; i < 9; ++i)
    buffer.push(frame_of(0, i)); // 3..8 are left, wrapped
  buffer.drop_before({0, 5});
  buffer.drop_from({0, 8});
  CHECK(buffer.size() == 3);
  CHECK(buffer[0].key.index == 5);
  CHECK(buffer.back().key.index == 7);
  buffer.drop_before({7, 0});
  CHECK(buffer.empty());
  CHECK(buffer.push(frame_of(0, 0)) == Pushed::kStored);
}

// Frames in their order, in memory that never grows.
#pragma once

#include "face.h"

#include <vector>

namespace posecast::core {

/// A ring of frames with rising keys. Where it is full, the oldest goes.
class FrameBuffer {
public:
  explicit FrameBuffer(std::size_t capacity);

  enum class Pushed { kStored, kStoredAndDroppedOldest, kOutOfOrder };
  Pushed push(const Frame& frame);

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  /// The i-th oldest.
  const Frame& operator[](std::size_t i) const { return slots_[slot_of(i)]; }
  const Frame& back() const { return (*this)[size_ - 1]; }

  /// How many frames lie before a key.
  std::size_t count_before(FrameKey key) const;
  /// The frame with a key, or null. An end is no frame.
  const Frame* find(FrameKey key) const;

  /// Forget all frames before a key.
  void drop_before(FrameKey key);
  /// Forget all frames from a key on.
  void drop_from(FrameKey key) { size_ = count_before(key); }
  void clear() { size_ = 0; }

private:
  std::size_t slot_of(std::size_t i) const { return (first_ + i) % slots_.size(); }

  std::vector<Frame> slots_;
  std::size_t first_ = 0;
  std::size_t size_ = 0;
};

} // namespace posecast::core

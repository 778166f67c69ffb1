#include "frame_buffer.h"

#include <algorithm>

namespace posecast::core {

FrameBuffer::FrameBuffer(std::size_t capacity) : slots_(std::max<std::size_t>(capacity, 2)) {}

FrameBuffer::Pushed FrameBuffer::push(const Frame& frame) {
  if (!empty() && frame.key <= back().key)
    return Pushed::kOutOfOrder;
  const bool is_full = size_ == slots_.size();
  if (is_full) {
    first_ = slot_of(1);
    --size_;
  }
  slots_[slot_of(size_)] = frame;
  ++size_;
  return is_full ? Pushed::kStoredAndDroppedOldest : Pushed::kStored;
}

std::size_t FrameBuffer::count_before(FrameKey key) const {
  std::size_t low = 0;
  std::size_t high = size_;
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    if ((*this)[middle].key < key)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

const Frame* FrameBuffer::find(FrameKey key) const {
  const std::size_t i = count_before(key);
  if (i == size_ || (*this)[i].key != key || (*this)[i].kind == FrameKind::kEnd)
    return nullptr;
  return &(*this)[i];
}

void FrameBuffer::drop_before(FrameKey key) {
  const std::size_t num_dropped = count_before(key);
  first_ = slot_of(num_dropped);
  size_ -= num_dropped;
}

} // namespace posecast::core

#include "event_queue.h"

#include <algorithm>

namespace posecast::core {

void Event::set_message(std::string_view text) {
  const std::size_t length = std::min(text.size(), message.size() - 1);
  std::copy_n(text.begin(), length, message.begin());
  message[length] = '\0';
}

void EventQueue::push(const Event& event) {
  if (size_ == kCapacity) {
    first_ = (first_ + 1) % kCapacity;
    --size_;
    ++counters_.events_dropped;
  }
  events_[(first_ + size_) % kCapacity] = event;
  ++size_;
}

bool EventQueue::pop(Event& event) {
  if (size_ == 0)
    return false;
  event = events_[first_];
  first_ = (first_ + 1) % kCapacity;
  --size_;
  return true;
}

} // namespace posecast::core

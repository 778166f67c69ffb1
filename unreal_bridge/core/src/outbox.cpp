#include "outbox.h"

#include <algorithm>

namespace posecast::core {

Outbox::Outbox(std::size_t capacity_samples, std::size_t num_channels)
    : ring_(std::max<std::size_t>(capacity_samples, 1) * num_channels),
      num_channels_(num_channels) {}

std::size_t Outbox::push(std::span<const std::int16_t> values) {
  const std::size_t room = ring_.size() - num_values_;
  const std::size_t num_taken = std::min(values.size(), room) / num_channels_ * num_channels_;
  const std::size_t begin = (first_ + num_values_) % ring_.size();
  const std::size_t until_wrap = std::min(num_taken, ring_.size() - begin);
  std::copy_n(values.begin(), until_wrap, ring_.begin() + static_cast<std::ptrdiff_t>(begin));
  std::copy_n(values.begin() + static_cast<std::ptrdiff_t>(until_wrap), num_taken - until_wrap,
              ring_.begin());
  num_values_ += num_taken;
  num_unmarked_ += num_taken;
  num_pushed_ += num_taken / num_channels_;
  return num_taken / num_channels_;
}

bool Outbox::end_utterance() {
  if (marks_.size() >= kMostMarks)
    return false;
  marks_.push_back({Outgoing::Kind::kEnd, num_unmarked_, {}});
  num_unmarked_ = 0;
  num_pushed_ = 0;
  ++utterance_;
  return true;
}

bool Outbox::update(const Settings& settings) {
  if (marks_.size() >= kMostMarks)
    return false;
  marks_.push_back({Outgoing::Kind::kUpdate, num_unmarked_, settings});
  num_unmarked_ = 0;
  return true;
}

bool Outbox::pop(std::size_t max_samples, Outgoing& piece) {
  piece.utterance = front_utterance_;
  piece.first_sample = front_sample_;
  const std::size_t num_values = std::min(num_values_first(), max_samples * num_channels_);
  if (num_values > 0) {
    piece.kind = Outgoing::Kind::kAudio;
    piece.values.resize(num_values);
    const std::size_t until_wrap = std::min(num_values, ring_.size() - first_);
    const auto begin = ring_.begin() + static_cast<std::ptrdiff_t>(first_);
    std::copy_n(begin, until_wrap, piece.values.begin());
    std::copy_n(ring_.begin(), num_values - until_wrap,
                piece.values.begin() + static_cast<std::ptrdiff_t>(until_wrap));
    drop_values(num_values);
    return true;
  }
  if (marks_.empty())
    return false;
  piece.kind = marks_.front().kind;
  piece.values.clear();
  piece.settings = std::move(marks_.front().settings);
  marks_.pop_front();
  if (piece.kind == Outgoing::Kind::kEnd) {
    ++front_utterance_;
    front_sample_ = 0;
  }
  return true;
}

bool Outbox::has_audio_first() const {
  return num_values_first() > 0;
}

void Outbox::interrupt() {
  std::erase_if(marks_, [](const Mark& mark) { return mark.kind == Outgoing::Kind::kEnd; });
  for (Mark& mark : marks_)
    mark.num_values_before = 0;
  num_values_ = num_unmarked_ = 0;
  if (is_open())
    ++utterance_;
  num_pushed_ = 0;
  front_utterance_ = utterance_;
  front_sample_ = 0;
}

std::size_t Outbox::drop_stale(std::size_t max_samples) {
  // An update within the audio stays where it is: what is dropped is what lies before it.
  const std::size_t most = max_samples * num_channels_;
  const std::size_t num_first = num_values_first();
  const std::size_t num_dropped = num_first > most ? num_first - most : 0;
  drop_values(num_dropped);
  return num_dropped / num_channels_;
}

void Outbox::drop_values(std::size_t num_values) {
  first_ = (first_ + num_values) % ring_.size();
  num_values_ -= num_values;
  front_sample_ += num_values / num_channels_;
  if (marks_.empty())
    num_unmarked_ -= num_values;
  else
    marks_.front().num_values_before -= num_values;
}

} // namespace posecast::core

#include "sent_utterances.h"

#include <algorithm>
#include <utility>

namespace posecast::core {

SentUtterance& SentUtterances::open(std::uint32_t utterance, std::uint64_t first_frame) {
  while (sent_.size() >= kMostKept && sent_.front().state == SentUtterance::State::kEnded)
    sent_.pop_front();
  SentUtterance sent;
  sent.server_index = next_server_index_++;
  sent.utterance = utterance;
  sent.first_frame = first_frame;
  return sent_.emplace_back(sent);
}

const SentUtterance* SentUtterances::current() const {
  if (sent_.empty() || sent_.back().state != SentUtterance::State::kOpen)
    return nullptr;
  return &sent_.back();
}

SentUtterance* SentUtterances::current() {
  return const_cast<SentUtterance*>(std::as_const(*this).current());
}

void SentUtterances::stop_all() {
  for (SentUtterance& sent : sent_)
    if (sent.state != SentUtterance::State::kEnded)
      sent.state = SentUtterance::State::kWasStopped;
}

SentUtterance* SentUtterances::by_server_index(std::uint32_t server_index) {
  const auto found = std::ranges::find(sent_, server_index, &SentUtterance::server_index);
  return found == sent_.end() ? nullptr : &*found;
}

SentUtterance* SentUtterances::by_utterance(std::uint32_t utterance) {
  const auto found = std::ranges::find(sent_, utterance, &SentUtterance::utterance);
  return found == sent_.end() ? nullptr : &*found;
}

bool SentUtterances::has_unended() const {
  return std::ranges::any_of(
      sent_, [](const auto& sent) { return sent.state != SentUtterance::State::kEnded; });
}

bool SentUtterances::has_owed_end() const {
  return std::ranges::any_of(sent_, [](const auto& sent) {
    return sent.state == SentUtterance::State::kIsEnding ||
           sent.state == SentUtterance::State::kWasStopped;
  });
}

double SentUtterances::in_flight_s(double sample_rate_hz, double frame_rate_hz) const {
  double total_s = 0;
  for (const SentUtterance& sent : sent_) {
    if (sent.state == SentUtterance::State::kEnded ||
        sent.state == SentUtterance::State::kWasStopped)
      continue;
    const double sent_s = static_cast<double>(sent.num_samples) / sample_rate_hz;
    const double shown_s = static_cast<double>(sent.num_frames) / frame_rate_hz;
    total_s += std::max(0.0, sent_s - shown_s);
  }
  return total_s;
}

} // namespace posecast::core

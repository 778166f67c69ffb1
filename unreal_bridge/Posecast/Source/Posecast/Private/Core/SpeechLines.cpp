#include "SpeechLines.h"

#include "Pcm.h"

namespace posecast::plugin {

namespace {

std::int64_t number_of(const std::optional<std::uint32_t>& utterance) {
  return utterance ? std::int64_t{*utterance} : -1;
}

void append_pcm16(const std::vector<float>& samples, std::vector<std::int16_t>& out) {
  for (const float sample : samples)
    out.push_back(to_pcm16(sample));
}

} // namespace

void SpeechLines::say(const float* samples, std::size_t num_samples, std::uint32_t num_channels,
                      std::uint32_t sample_rate_hz) {
  if (num_samples == 0)
    return;
  if (lines_.empty() || lines_.back().is_complete)
    lines_.emplace_back();
  Line& line = lines_.back();
  if (converter_ && converter_->to_feed.from_hz() != sample_rate_hz)
    finish_converter(line);
  if (!converter_)
    converter_ = std::make_unique<Converter>(sample_rate_hz);
  const std::vector<float> mono = mix_to_mono(samples, num_samples, num_channels);
  converter_->to_feed.push(mono.data(), mono.size(), line.to_feed);
  if (!options_.are_heard)
    return;
  converted_.clear();
  converter_->to_play.push(mono.data(), mono.size(), converted_);
  append_pcm16(converted_, line.to_play);
}

void SpeechLines::end() {
  if (lines_.empty() || lines_.back().is_complete)
    return;
  finish_converter(lines_.back());
  lines_.back().is_complete = true;
}

void SpeechLines::finish_converter(Line& line) {
  if (!converter_)
    return;
  converter_->to_feed.finish(line.to_feed);
  if (options_.are_heard) {
    converted_.clear();
    converter_->to_play.finish(converted_);
    append_pcm16(converted_, line.to_play);
  }
  converter_.reset();
}

void SpeechLines::clear() {
  lines_.clear();
  converter_.reset();
  num_taken_ = 0;
}

void SpeechLines::feed(SpeechSink& sink) {
  for (Line& line : lines_) {
    if (line.is_fed)
      continue;
    while (line.num_fed < line.to_feed.size()) {
      const std::uint32_t utterance = sink.utterance();
      const std::size_t num_taken =
          sink.push(line.to_feed.data() + line.num_fed, line.to_feed.size() - line.num_fed);
      if (num_taken == 0)
        return; // the next line must not overtake this one
      if (!line.utterance)
        line.utterance = utterance;
      line.num_fed += num_taken;
    }
    if (!line.is_complete)
      return;
    if (line.num_fed > 0)
      sink.end();
    line.is_fed = true;
  }
}

void SpeechLines::set_ready(std::uint32_t utterance) {
  for (Line& line : lines_)
    if (line.utterance == utterance)
      line.is_ready = true;
}

void SpeechLines::take_playable(double now_s, std::uint64_t num_played,
                                std::vector<std::int16_t>& out) {
  if (!options_.are_heard)
    return;
  for (Line& line : lines_) {
    if (!line.begins_at && !may_begin(line, now_s, num_played))
      return;
    if (!line.begins_at)
      line.begins_at = num_taken_;
    out.insert(out.end(), line.to_play.begin() + static_cast<std::ptrdiff_t>(line.num_taken),
               line.to_play.end());
    num_taken_ += line.to_play.size() - line.num_taken;
    line.num_taken = line.to_play.size();
    if (!line.is_complete)
      return;
  }
}

/// Whether the line's face is ready, or was waited for since it was the line's turn.
bool SpeechLines::may_begin(Line& line, double now_s, std::uint64_t num_played) const {
  if (line.is_ready)
    return true;
  if (line.to_play.empty() || num_played < num_taken_)
    return false;
  if (!line.waits_since_s)
    line.waits_since_s = now_s;
  return now_s - *line.waits_since_s >= options_.most_wait_s;
}

std::optional<SpeechLines::Place> SpeechLines::place(std::uint64_t num_heard) const {
  for (auto line = lines_.rbegin(); line != lines_.rend(); ++line) {
    if (!line->begins_at || num_heard < *line->begins_at)
      continue;
    if (!line->utterance)
      return std::nullopt;
    return Place{*line->utterance, static_cast<double>(num_heard - *line->begins_at) / kPlayRateHz};
  }
  return std::nullopt;
}

bool SpeechLines::is_over(const Line& line, std::uint64_t num_heard) const {
  if (!line.is_complete)
    return false;
  return options_.are_heard ? line.begins_at && num_heard >= *line.begins_at + line.to_play.size()
                            : line.is_fed;
}

std::vector<std::int64_t> SpeechLines::take_finished(std::uint64_t num_heard, SpeechSink& sink) {
  std::vector<std::int64_t> finished;
  while (!lines_.empty() && is_over(lines_.front(), num_heard)) {
    Line& line = lines_.front();
    if (line.num_fed > 0 && !line.is_fed)
      sink.end(); // a face for what was heard long ago is of no use
    finished.push_back(number_of(line.utterance));
    lines_.pop_front();
  }
  return finished;
}

std::vector<std::int64_t> SpeechLines::utterances() const {
  std::vector<std::int64_t> numbers;
  for (const Line& line : lines_)
    numbers.push_back(number_of(line.utterance));
  return numbers;
}

} // namespace posecast::plugin

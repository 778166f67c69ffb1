// How much has left the loudspeaker, of what an audio player has consumed.
#pragma once

#include <cstdint>
#include <deque>
#include <utility>

namespace posecast::plugin {

/// The same count, later by what the output buffers hold. It is told by time, because a player
/// that runs out of samples does not count on while the last ones are still on their way.
class HeardSamples {
public:
  void clear() { played_.clear(); }

  /// Returns: what had been played `latency_s` ago.
  std::uint64_t update(double now_s, std::uint64_t num_played, double latency_s) {
    played_.emplace_back(now_s, num_played);
    while (played_.size() > 1 && played_[1].first <= now_s - latency_s)
      played_.pop_front();
    return played_.front().first <= now_s - latency_s ? played_.front().second : 0;
  }

private:
  std::deque<std::pair<double, std::uint64_t>> played_;
};

} // namespace posecast::plugin

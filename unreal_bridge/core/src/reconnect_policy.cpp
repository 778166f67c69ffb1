#include "reconnect_policy.h"

#include <algorithm>

namespace posecast::core {

double ReconnectPolicy::next_wait_s() {
  const std::uint32_t num_doublings = std::min(num_failures_, 16U);
  ++num_failures_;
  const double wait_s =
      std::min(kLongestWait, kFirstWait * static_cast<double>(1U << num_doublings));
  std::uniform_real_distribution<double> jitter(1 - kJitter, 1 + kJitter);
  return wait_s * jitter(random_);
}

} // namespace posecast::core

// Counts what a thread allocates, and lets allocations fail.
#pragma once

#include <cstdint>

namespace posecast::core::test {

/// Calls of operator new by this thread.
std::uint64_t num_allocations();

/// While it lives, allocations of this thread fail.
class NoMemory {
public:
  NoMemory();
  ~NoMemory();
};

} // namespace posecast::core::test

#include "allocations.h"

#include <cstdlib>
#include <new>

namespace {

thread_local std::uint64_t count = 0;
thread_local bool fails = false;

} // namespace

void* operator new(std::size_t size) {
  ++count;
  if (fails)
    throw std::bad_alloc();
  if (void* memory = std::malloc(size == 0 ? 1 : size))
    return memory;
  throw std::bad_alloc();
}

void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++count;
  return fails ? nullptr : std::malloc(size == 0 ? 1 : size);
}

void operator delete(void* memory) noexcept {
  std::free(memory);
}

void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace posecast::core::test {

std::uint64_t num_allocations() {
  return count;
}

NoMemory::NoMemory() {
  fails = true;
}

NoMemory::~NoMemory() {
  fails = false;
}

} // namespace posecast::core::test

// Writes first inputs for fuzz_responses: streams as a good server sends them.
#include "messages.h"

#include <fstream>
#include <iostream>
#include <vector>

using namespace posecast::core::test;

namespace {

void write(const std::string& path, const std::vector<posecast::v1::AnimateResponse>& responses) {
  std::ofstream file(path, std::ios::binary);
  for (const auto& response : responses) {
    const std::string bytes = response.SerializeAsString();
    const char head[3] = {0, static_cast<char>(bytes.size() % 256),
                          static_cast<char>(bytes.size() / 256)};
    file.write(head, sizeof head);
    file << bytes;
  }
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: make_corpus FOLDER\n";
    return 2;
  }
  const std::string folder = std::string(argv[1]) + "/";
  const auto small = [](std::uint32_t utterance, std::uint64_t first, std::uint64_t end) {
    return frames(utterance, first, end, 3);
  };
  auto eased = small(0, 5, 10);
  eased.mutable_frames()->set_is_easing(true);
  auto idle = small(1, 0, 3);
  idle.mutable_frames()->set_is_idle(true);
  write(folder + "speech",
        {header(25, 3), small(0, 0, 5), small(0, 5, 10), end(0, 10), small(1, 0, 3)});
  write(folder + "interrupt", {header(25, 3), small(0, 0, 10), eased, end(0, 10, true), idle});
  return 0;
}

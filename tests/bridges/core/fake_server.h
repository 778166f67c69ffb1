// A server in this process that answers at once, and misbehaves as a test wants it to.
#pragma once

#include "messages.h"

#include <grpcpp/grpcpp.h>
#include <posecast/v1/face_animation_service.grpc.pb.h>

#include <atomic>
#include <memory>
#include <string>

namespace posecast::core::test {

/// What a fake server does.
struct Behaviour {
  /// Never answer the configuration.
  bool hangs = false;
  /// Answer the configuration and then nothing.
  bool is_silent = false;
  /// End each stream with this, before the header.
  grpc::Status refusal{};
  /// How many streams are refused; then it is friendly.
  int num_refusals = 1 << 30;
  /// Refuse the audio and not the configuration.
  bool refuses_audio = false;
  /// Expected in the metadata.
  std::string token{};
  std::uint32_t frame_rate_hz = 25;
};

class FakeServer : private v1::FaceAnimationService::Service {
public:
  explicit FakeServer(
      Behaviour behaviour = {}, std::string address = "127.0.0.1:0",
      std::shared_ptr<grpc::ServerCredentials> credentials = grpc::InsecureServerCredentials());
  ~FakeServer() override { kill(); }

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  /// Break all connections at once.
  void kill();
  int num_streams() const { return num_streams_; }
  std::string last_refused_token() const { return refused_token_; }

private:
  using Stream = grpc::ServerReaderWriter<v1::AnimateResponse, v1::AnimateRequest>;
  grpc::Status Animate(grpc::ServerContext* context, Stream* stream) override;
  void wait_for_kill(grpc::ServerContext& context) const;

  Behaviour behaviour_;
  std::atomic<int> num_streams_ = 0;
  std::atomic<bool> is_killed_ = false;
  std::string refused_token_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

} // namespace posecast::core::test

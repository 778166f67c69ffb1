#include "fake_server.h"

#include <chrono>
#include <stdexcept>
#include <thread>

namespace posecast::core::test {

namespace {

/// Answers the requests of one stream, at 16 kHz.
class Answerer {
public:
  explicit Answerer(std::uint32_t frame_rate_hz) : rate_hz_(frame_rate_hz) {}

  template <typename Write> void answer(const v1::AnimateRequest& request, Write write) {
    if (request.has_audio()) {
      is_open_ = true;
      num_samples_ += request.audio().data().size() / 2;
      const std::uint64_t known = num_samples_ * rate_hz_ / 16000;
      send(known, write);
    }
    if (request.has_end_of_utterance()) {
      send((num_samples_ * rate_hz_ + 15999) / 16000, write);
      finish(false, write);
    }
    if (request.has_interrupt() && (is_open_ || request.interrupt().has_frame_index())) {
      const v1::Interrupt& interrupt = request.interrupt();
      const std::uint32_t utterance =
          interrupt.has_utterance_index() ? interrupt.utterance_index() : utterance_;
      const std::uint64_t first =
          interrupt.has_frame_index() ? interrupt.frame_index() : num_frames_;
      write(easing(utterance, first, first + rate_hz_ / 5));
      if (utterance == utterance_)
        num_frames_ = first + rate_hz_ / 5;
      if (is_open_)
        finish(true, write);
    }
  }

private:
  template <typename Write> void send(std::uint64_t end, Write write) {
    if (end <= num_frames_)
      return;
    write(frames(utterance_, num_frames_, end));
    num_frames_ = end;
  }
  template <typename Write> void finish(bool was_interrupted, Write write) {
    write(end(utterance_, num_frames_, was_interrupted));
    ++utterance_;
    num_samples_ = num_frames_ = 0;
    is_open_ = false;
  }

  std::uint32_t rate_hz_;
  std::uint32_t utterance_ = 0;
  std::uint64_t num_samples_ = 0;
  std::uint64_t num_frames_ = 0;
  bool is_open_ = false;
};

} // namespace

FakeServer::FakeServer(Behaviour behaviour, std::string address,
                       std::shared_ptr<grpc::ServerCredentials> credentials)
    : behaviour_(std::move(behaviour)) {
  grpc::ServerBuilder builder;
  builder.AddListeningPort(address, std::move(credentials), &port_);
  builder.RegisterService(this);
  server_ = builder.BuildAndStart();
  if (!server_ || port_ == 0)
    throw std::runtime_error("no server at " + address);
}

void FakeServer::kill() {
  is_killed_ = true;
  server_->Shutdown(std::chrono::system_clock::now());
  server_->Wait();
}

grpc::Status FakeServer::Animate(grpc::ServerContext* context, Stream* stream) {
  const int index = num_streams_++;
  const auto& metadata = context->client_metadata();
  const auto token = metadata.find("authorization");
  const std::string given =
      token == metadata.end() ? "" : std::string(token->second.data(), token->second.size());
  if (!behaviour_.token.empty() && given != "Bearer " + behaviour_.token) {
    refused_token_ = given;
    return {grpc::StatusCode::UNAUTHENTICATED, "wrong token"};
  }
  v1::AnimateRequest request;
  stream->Read(&request);
  if (behaviour_.hangs)
    wait_for_kill(*context);
  const bool refuses = !behaviour_.refusal.ok() && index < behaviour_.num_refusals;
  if (refuses && !behaviour_.refuses_audio)
    return behaviour_.refusal;
  stream->Write(header(behaviour_.frame_rate_hz));
  if (behaviour_.is_silent)
    wait_for_kill(*context);
  if (refuses && stream->Read(&request))
    return behaviour_.refusal;
  Answerer answerer(behaviour_.frame_rate_hz);
  while (stream->Read(&request))
    answerer.answer(request, [&](const auto& response) { stream->Write(response); });
  return grpc::Status::OK;
}

void FakeServer::wait_for_kill(grpc::ServerContext& context) const {
  while (!is_killed_ && !context.IsCancelled())
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
}

} // namespace posecast::core::test

#include "animate_call.h"

#include <grpcpp/grpcpp.h>
#include <posecast/v1/face_animation_service.grpc.pb.h>

namespace posecast::core {

namespace {

using Stream = grpc::ClientReaderWriter<v1::AnimateRequest, v1::AnimateResponse>;

std::shared_ptr<grpc::Channel> connect(const Options& options) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  std::shared_ptr<grpc::ChannelCredentials> credentials = grpc::InsecureChannelCredentials();
  if (options.uses_tls) {
    grpc::SslCredentialsOptions tls;
    tls.pem_root_certs = options.root_certificates_pem;
    tls.pem_cert_chain = options.client_certificate_pem;
    tls.pem_private_key = options.client_key_pem;
    credentials = grpc::SslCredentials(tls);
    if (!options.server_name.empty())
      arguments.SetSslTargetNameOverride(options.server_name);
  }
  return grpc::CreateCustomChannel(options.address, credentials, arguments);
}

bool may_retry(grpc::StatusCode code) {
  switch (code) {
  case grpc::StatusCode::INVALID_ARGUMENT:
  case grpc::StatusCode::NOT_FOUND:
  case grpc::StatusCode::PERMISSION_DENIED:
  case grpc::StatusCode::FAILED_PRECONDITION:
  case grpc::StatusCode::OUT_OF_RANGE:
  case grpc::StatusCode::UNIMPLEMENTED:
  case grpc::StatusCode::UNAUTHENTICATED:
    return false;
  default:
    return true;
  }
}

} // namespace

struct AnimateCall::Grpc {
  std::unique_ptr<v1::FaceAnimationService::Stub> stub;
  grpc::ClientContext context;
  std::unique_ptr<Stream> stream;
};

AnimateCall::AnimateCall(const Options& options) : grpc_(std::make_unique<Grpc>()) {
  grpc_->stub = v1::FaceAnimationService::NewStub(connect(options));
  grpc_->context.set_initial_metadata_corked(true);
  if (!options.token.empty())
    grpc_->context.AddMetadata("authorization", "Bearer " + options.token);
}

AnimateCall::~AnimateCall() = default;

bool AnimateCall::open(const v1::AnimateRequest& config) {
  grpc_->stream = grpc_->stub->Animate(&grpc_->context);
  return grpc_->stream->Write(config);
}

bool AnimateCall::write(const v1::AnimateRequest& request) {
  return grpc_->stream->Write(request);
}

bool AnimateCall::read(v1::AnimateResponse& response) {
  return grpc_->stream->Read(&response);
}

void AnimateCall::cancel() {
  grpc_->context.TryCancel();
}

Outcome AnimateCall::finish() {
  const grpc::Status status = grpc_->stream->Finish();
  const std::string reason =
      status.ok() ? "the server has ended the stream" : status.error_message();
  return {status.error_code(), reason, may_retry(status.error_code())};
}

} // namespace posecast::core

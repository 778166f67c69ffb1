// One Animate call over gRPC, which no other file names.
#pragma once

#include "options.h"

#include <memory>

#include <posecast/v1/face_animation_service.pb.h>

namespace posecast::core {

/// How a stream ended.
struct Outcome {
  int status = 0;
  std::string reason;
  /// Whether another attempt may help.
  bool may_retry = true;
};

/// A call on a connection of its own: a shared one would have a back-off of its own. One thread
/// reads and one writes; any may cancel.
class AnimateCall {
public:
  explicit AnimateCall(const Options& options);
  ~AnimateCall();
  AnimateCall(const AnimateCall&) = delete;
  AnimateCall& operator=(const AnimateCall&) = delete;

  /// Connect and send the first message; blocks.
  bool open(const v1::AnimateRequest& config);
  /// False once the stream is over.
  bool write(const v1::AnimateRequest& request);
  bool read(v1::AnimateResponse& response);
  /// Ends everything that blocks.
  void cancel();
  /// After the last read and write.
  Outcome finish();

private:
  struct Grpc;
  std::unique_ptr<Grpc> grpc_;
};

} // namespace posecast::core
